// SPDX-License-Identifier: Apache-2.0
/**
 * Every message of the log with its level and what it tells, for the page of messages. A test holds it against the code.
 * @module
 */
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';

interface Message {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What it means, and what to do where something is. */
  readonly help: string;
}

interface Section {
  readonly title: string;
  readonly messages: Readonly<Record<string, Message>>;
}

const PROCESS: Section = {
  title: 'Process',
  messages: {
    Starting: { level: 'info', help: 'With the version and what it serves.' },
    'Process should be started otherwise': {
      level: 'warn',
      help: 'A flag of Node.js is missing with which nobody looks into its memory; `detail` names it. Start it as the image does.',
    },
    'Configuration has no effect': {
      level: 'warn',
      help: '`--trust-domain` is another than that of the TrustDomain `default`, which cannot be changed. Write that one, or create another TrustDomain.',
    },
    'Serving probes and metrics': { level: 'info', help: 'At this address and port.' },
    'Probe or scrape could not be answered': {
      level: 'warn',
      help: 'Whoever asked got an error; `err` says why. Report it where it comes again.',
    },
    'Metrics of a source could not be read': {
      level: 'warn',
      help: 'Those of `source` are missing from this scrape, and no others; of `counts`, something was not counted, and its counts are short until the process ends. Runbook: [metrics-incomplete](../runbooks/metrics-incomplete.md).',
    },
    'Credentials could not be read again': {
      level: 'warn',
      help: 'The token of the service account; the one before it is used on. See that it is still mounted.',
    },
    'The API server warns of a call': {
      level: 'warn',
      help: 'Each `detail` once an hour. `unknown field "status..."`: the CRD lacks a field that Signet writes, and it was dropped: what is told, counted and alerted by it is missing. Apply the CRDs of this version.',
    },
    'Event could not be written': {
      level: 'warn',
      help: 'It is lost; conditions, metrics and this log say the same. `err` says why: a right (`create` on `events.events.k8s.io`), a quota, or the API server.',
    },
    'Lease won, signing': { level: 'info', help: 'This replica signs from now on.' },
    'Lease lost or given up, standing by': { level: 'info', help: 'This replica no longer signs.' },
    'A call of the leader election failed': {
      level: 'warn',
      help: 'It is tried again until the Lease runs out. Runbook: [no-signer](../runbooks/no-signer.md).',
    },
    'A signing term could not begin as it should': {
      level: 'warn',
      help: 'Something was not read that should be; an authority that was not verified signs nothing. `err` says what to do.',
    },
    'Spans do not reach the collector and are dropped': {
      level: 'warn',
      help: 'Once, and again after ten minutes; `dropped` counts them. Runbook: [spans-dropped](../runbooks/spans-dropped.md).',
    },
    'Spans reach the collector again': { level: 'info', help: 'With how many were dropped.' },
    Stopped: { level: 'info', help: 'In good order; `unfinished` names what did not end in time.' },
    'Stopped by an error': { level: 'error', help: '`err` says what to do; the process ends with exit code 1.' },
  },
};

const WORK: Section = {
  title: 'Identities and controllers',
  messages: {
    'Issued X509-SVID': {
      level: 'info',
      help: 'It is signed and stored; `reason` is that of `signet_issuances_total`.',
    },
    'Secret was changed by somebody else': {
      level: 'info',
      help: 'And is healed. Runbook: [secrets-tampered](../runbooks/secrets-tampered.md).',
    },
    Reconciled: { level: 'debug', help: 'A run on one key, with its outcome and duration.' },
    'Reconcile will be tried again': {
      level: 'debug',
      help: 'Somebody wrote in between, or another replica signs now.',
    },
    'Reconcile failed and will be tried again': {
      level: 'warn',
      help: 'After its back-off, bounded by the remaining lifetime of the SVID; `err.code` says why. Runbook: [issuance-failing](../runbooks/issuance-failing.md).',
    },
    'Watch ended and will be opened again': {
      level: 'warn',
      help: 'By an error, after `wait` milliseconds. Where it lasts: [watch-stale](../runbooks/watch-stale.md).',
    },
    'Cache could not take up an object': {
      level: 'error',
      help: 'It could not be read, and is passed over until it changes; `err` says why. Report it.',
    },
    'Stored SVIDs work': { level: 'info', help: 'The prober, when this begins.' },
    'Stored SVIDs do not work': {
      level: 'warn',
      help: 'The prober, when this begins. Runbook: [handshakes-failing](../runbooks/handshakes-failing.md).',
    },
  },
};

const TRUST: Section = {
  title: 'Authorities and bundles',
  messages: {
    'Authority takes a step': { level: 'info', help: 'With the keys of a TrustDomain; `step` says which.' },
    'Rotation is in its next step': {
      level: 'info',
      help: 'With what it waits for, as [Rotation](../rotation.md) explains.',
    },
    'TrustDomain needs attention': {
      level: 'warn',
      help: 'A condition turned to trouble: look for its `reason` among those of a [TrustDomain](../resources/trust-domain.md); `detail` is its message.',
    },
    'ClusterTrustBundles could not be looked for': {
      level: 'warn',
      help: 'Whether the API server serves them is not known; it is asked again. `err` says why.',
    },
    ...Object.fromEntries(
      Object.values(ROTATION_EVENTS).map(({ type, message, meaning }) => [
        message,
        { level: type === 'Normal' ? ('info' as const) : ('warn' as const), help: meaning },
      ]),
    ),
  },
};

const ADMISSION: Section = {
  title: 'Admission',
  messages: {
    'Serving admission reviews': { level: 'info', help: 'The webhook, at this address and port.' },
    'Took up a serving certificate': { level: 'info', help: 'The webhook serves it from now on.' },
    'Serving certificate could not be taken up': {
      level: 'warn',
      help: 'The one before it is served on; `err` says why. Runbook: [webhook-certificate-expiring](../runbooks/webhook-certificate-expiring.md).',
    },
    'Webhook server has trouble': { level: 'warn', help: 'With a connection; the others go on. `err` says what.' },
    Refused: { level: 'info', help: 'A review; `detail` is what the user was told.' },
    'Review could not be judged yet': {
      level: 'warn',
      help: 'A review came before the caches were filled; `failurePolicy` decides. `detail` says what is waited for.',
    },
    'Review could not be judged': {
      level: 'error',
      help: '`failurePolicy` decides. Runbook: [admission-failing](../runbooks/admission-failing.md).',
    },
    'Admitted an object of a kind that is not judged': {
      level: 'warn',
      help: 'A webhook configuration asks about more than it should. Apply those of the chart again.',
    },
    'Refused a request that is not an admission review': {
      level: 'warn',
      help: 'Somebody else than an API server connects; keep them away with `networkPolicy.webhookFrom`.',
    },
    'Serving certificate of the webhook takes a step': {
      level: 'info',
      help: 'The controller wrote its Secret; `step` is that of `signet_webhook_certificate_steps_total`.',
    },
    'Wrote the caBundle of the webhook': { level: 'info', help: 'Into this configuration.' },
    'Webhook is not looked after': {
      level: 'warn',
      help: 'Its Secret is of somebody else, or edited over and over; `detail` says which.',
    },
    'Admission works': { level: 'info', help: 'The dry run was refused as it must be; when this begins.' },
    'Admission does not work: what the webhook must refuse would be admitted': {
      level: 'warn',
      help: 'The webhook is not asked, or passed over. [Admission](../admission.md#is-it-working) says what to do.',
    },
    'Admission does not work: the API server cannot reach the webhook': {
      level: 'warn',
      help: 'Runbook: [admission-not-proven](../runbooks/admission-not-proven.md).',
    },
    'Admission cannot be proven: something else refused the probe first': {
      level: 'warn',
      help: 'Another webhook or policy; `detail` has its words.',
    },
  },
};

const SECTIONS = [PROCESS, WORK, TRUST, ADMISSION] as const;

/** All of them, by their words. */
export function logMessages(): ReadonlyMap<string, Message> {
  return new Map(SECTIONS.flatMap(({ messages }) => Object.entries(messages)));
}

/** The tables, each under a heading. */
export function logTables(): string {
  return SECTIONS.map(section).join('\n');
}

function section({ title, messages }: Section): string {
  const rows = Object.entries(messages).map(([message, { level, help }]) => `| ${message} | ${level} | ${help} |`);
  return [`### ${title}`, '', '| Message | Level | Meaning |', '|---|---|---|', ...rows, ''].join('\n');
}
