// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever anybody sends to the webhook: it never throws, and what comes back is a valid AdmissionReview for the uid that
 * was asked, or 400.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { EVERY_RULE } from '../../../hack/fuzz/every-rule.ts';
import { answerReview } from '../../../src/webhook/handler.ts';
import { JUDGED_KINDS } from '../../../src/webhook/judge.ts';
import type { JudgeSources } from '../../../src/webhook/sources.ts';
import { aRequest, bytesOf, handlerDeps, reviewOf } from '../../support/admission.ts';
import { policiesOf } from '../../unit/policy/subjects.ts';

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly message: string; readonly code: number };
  readonly warnings?: readonly string[];
}

const POLICIES = policiesOf({ all: EVERY_RULE, warned: { issue: { serviceAccounts: [] }, enforcement: 'Warn' } }, [
  'all',
  'warned',
]);
/** Of a namespace where Pods are judged. */
const LABELS = { labels: { 'signet.dev/enforce': '' }, annotations: {} };
const POLICED: Partial<JudgeSources> = {
  hasPolicies: () => true,
  policies: () => POLICIES,
  namespace: () => LABELS,
  liveNamespace: () => Promise.resolve(LABELS),
};

/** Fails unless the answer is one that an API server takes. */
async function answered(body: Uint8Array, uid?: string): Promise<void> {
  const identities = [{ name: 'i', serviceAccountName: 'somebody', secretName: 'checkout' }];
  const { deps } = handlerDeps({ ...POLICED, identities: () => identities });
  const answer = await answerReview(body, deps);
  if (answer.status === 400) return;
  expect(answer.status).toBe(200);
  const { apiVersion, kind, response } = JSON.parse(answer.body) as {
    apiVersion: string;
    kind: string;
    response: Response;
  };
  expect({ apiVersion, kind }).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
  if (uid !== undefined) expect(response.uid).toBe(uid);
  expect(typeof response.allowed).toBe('boolean');
  expect(response.allowed || (response.status?.message.length ?? 0) > 0).toBe(true);
  const warnings = response.warnings ?? [];
  expect(warnings.every((each) => each !== '' && each.isWellFormed())).toBe(true);
  expect(Array.from(warnings.join('')).length).toBeLessThanOrEqual(4096);
}

const name = fc.constantFrom(
  'spec',
  'metadata',
  'serviceAccountName',
  'services',
  'dnsNames',
  'ttl',
  'secret',
  'labels',
  'formats',
  'type',
  'mtls',
  'allowedClients',
  'trustDomain',
  'authority',
  'source',
  'selfSigned',
  'svid',
  'minTTL',
  'template',
  'containers',
  'env',
  'volumes',
  'secretName',
  'name',
  'annotations',
  'deletionTimestamp',
  '__proto__',
  'constructor',
  'rotation',
  'bundle',
  'match',
  'namespaces',
  'selector',
  'matchExpressions',
  'issue',
  'validations',
  'expression',
  'message',
  'enforcement',
  'ephemeralContainers',
  'projected',
  'sources',
  'volumeMounts',
);
const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string(),
    fc.constantFrom('1h', 'checkout', 'PEM', '*', 'example.org', 'Enforce', 'identity.ttlSeconds < 7', '1 +'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(name, tie('any'), { maxKeys: 6 }),
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('object')),
}));
const kind = fc.constantFrom(...JUDGED_KINDS, 'Other.example.org').map((text) => {
  const [own = '', ...group] = text.split('.');
  return { kind: own, group: group.join('.'), version: 'v1' };
});

it('any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => answered(bytes)),
    { numRuns: 500 },
  );
});

it('any JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), (text) => answered(Buffer.from(text))),
    { numRuns: 500 },
  );
});

it('a review in which anything is anything', async () => {
  const field = fc.constantFrom(
    'uid',
    'kind',
    'operation',
    'name',
    'namespace',
    'object',
    'oldObject',
    'dryRun',
    'userInfo',
    'subResource',
  );
  await fc.assert(
    fc.asyncProperty(field, value.any, (changed, to) => {
      const review = reviewOf(aRequest());
      return answered(bytesOf({ ...review, request: { ...(review['request'] as object), [changed]: to } }));
    }),
    { numRuns: 1000 },
  );
});

it('objects of every kind with anything in them', async () => {
  const operation = fc.constantFrom('CREATE' as const, 'UPDATE' as const);
  await fc.assert(
    fc.asyncProperty(kind, operation, value.object, value.object, (of, how, object, oldObject) => {
      const request = aRequest({ kind: of, operation: how, object, oldObject });
      return answered(bytesOf(reviewOf(request)), request.uid);
    }),
    { numRuns: 2000 },
  );
});

it.each([200, 300, 5_000, 100_000])('objects nested %d levels deep', async (depth) => {
  const text = JSON.stringify(reviewOf(aRequest({ operation: 'UPDATE', oldObject: {} }))).replace(
    '"spec":{',
    `"spec":{"x":${'['.repeat(depth)}${']'.repeat(depth)},`,
  );
  await answered(Buffer.from(text));
});
