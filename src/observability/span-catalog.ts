// SPDX-License-Identifier: Apache-2.0
/**
 * Every span with its attributes and what they mean. docs/reference/traces.md is written from it, and tests hold what is
 * exported against it.
 * @module
 */

export interface SpanKindEntry {
  readonly help: string;
  /** The span it is a part of, where it is one. */
  readonly within?: string;
  readonly attributes: readonly SpanAttribute[];
  /** Of OpenTelemetry; internal by default. */
  readonly kind?: 'server' | 'client';
  /** Left out where nothing was done in it, and nothing failed. */
  readonly quiet?: true;
}

/** Names of attributes: those of the semantic conventions where there is one, else ours. */
export const SPAN_ATTRIBUTES = {
  'signet.controller': 'As in metrics.',
  'signet.key': 'What is worked on: `namespace/name`, or `name` of what is cluster-wide.',
  'signet.queue_wait_ms': 'How long the key was ready before a worker took it.',
  'signet.retry': 'Failures of this key since it last succeeded: 0 for the first try.',
  'signet.outcome':
    'Of a run `success`, `requeue_after`, `error` or `canceled`; of a review and a handshake as in metrics.',
  'signet.correlation_id': '`<uid>:<generation>`, as in the audit stream: joins admission, issuance and status.',
  'signet.reason': 'Why the plan wants a new SVID, as in metrics.',
  'signet.renewal_time': 'When that was planned; only of a renewal.',
  'signet.spiffe_id': 'Of the SVID.',
  'signet.serial_number': 'Of the SVID, hexadecimal.',
  'signet.authority_id': 'Of the authority that signed.',
  'signet.key_algorithm': 'Of the new key.',
  'signet.trust_domain': 'Name of the TrustDomain.',
  'signet.step': 'The step that is taken, as in the log.',
  'signet.review_uid': 'Of the AdmissionReview; the audit log of the API server has it too.',
  'signet.object_kind': 'Of the object, as in metrics; `other` for what is not judged.',
  'signet.object_name': 'Of the object; empty where the API server makes it up.',
  'signet.operation': 'CREATE, UPDATE or DELETE.',
  'signet.dry_run': 'Whether nothing will be stored.',
  'signet.allowed': 'What was answered.',
  'signet.policies': 'Policies that have something against it, each with its rule.',
  'signet.identities': 'The two that shake hands.',
  'k8s.namespace.name': 'Of the object.',
  'http.response.status_code': 'Of the answer; absent where there was none.',
  'http.request.resend_count': 'How many attempts of this call came before; absent for the first.',
  'error.type':
    'Code of the error (docs/reference/messages.md), or name of a foreign one; of a call that was answered the status code, which is its message, too.',
} as const;
export type SpanAttribute = keyof typeof SPAN_ATTRIBUTES;

/** Of calls to the API server, which are named by verb and resource. */
export const API_CALL = '<verb> <resource>';

const CALL: SpanKindEntry = {
  help: 'One attempt of a call to the API server, such as `create secrets`; calls outside of other spans (watches, the Lease) and events have none.',
  within: 'any other',
  attributes: ['http.response.status_code', 'http.request.resend_count'],
  kind: 'client',
};

/** By their names. Any of them that failed has `error.type` as well. */
export const SPANS: Readonly<Record<string, SpanKindEntry>> = {
  reconcile: {
    help: 'One run of a controller on one key.',
    attributes: ['signet.controller', 'signet.key', 'signet.queue_wait_ms', 'signet.retry', 'signet.outcome'],
    quiet: true,
  },
  issue: {
    help: 'One issuance, a renewal too: from the decision until the SVID is stored.',
    within: 'reconcile',
    attributes: [
      'signet.reason',
      'signet.renewal_time',
      'signet.correlation_id',
      'k8s.namespace.name',
      'signet.object_name',
      'signet.spiffe_id',
      'signet.serial_number',
      'signet.authority_id',
    ],
  },
  mint: { help: 'Key, template and signature.', within: 'issue', attributes: ['signet.key_algorithm'] },
  verify: { help: 'The path check against the published bundle.', within: 'issue', attributes: [] },
  store: { help: 'Writing the Secret.', within: 'issue', attributes: [] },
  'authority step': {
    help: 'One step with the keys of an authority.',
    within: 'reconcile',
    attributes: ['signet.trust_domain', 'signet.step'],
  },
  review: {
    help: 'One admission review at the webhook.',
    attributes: [
      'signet.review_uid',
      'signet.object_kind',
      'signet.operation',
      'k8s.namespace.name',
      'signet.object_name',
      'signet.dry_run',
      'signet.correlation_id',
      'signet.outcome',
      'signet.allowed',
      'signet.policies',
    ],
    kind: 'server',
  },
  probe: { help: 'One round of the prober.', attributes: ['signet.identities', 'signet.outcome'] },
  handshake: { help: 'Mutual TLS 1.3 between the two stored SVIDs.', within: 'probe', attributes: [] },
  [API_CALL]: CALL,
};

/** Of a span by its name. */
export function spanEntry(name: string): SpanKindEntry {
  return SPANS[name] ?? CALL;
}
