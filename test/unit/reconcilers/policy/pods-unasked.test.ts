// SPDX-License-Identifier: Apache-2.0
/**
 * What the status of a policy says where nobody is asked about Pods.
 * @module
 */
import { expect, it } from 'vitest';
import type { IdentityPolicy, IdentityPolicySpec, IdentityPolicyStatus } from '../../../../src/api/identity-policy.ts';
import { compileExpression } from '../../../../src/cel/compile.ts';
import { PolicyBook } from '../../../../src/policy/book.ts';
import type { Admission } from '../../../../src/policy/status.ts';
import { MIN_WRITE_INTERVAL, reconcilePolicy } from '../../../../src/reconcilers/policy/reconcile.ts';
import { Tally } from '../../../../src/reconcilers/policy/tally.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const STRICT: IdentityPolicySpec = { mtls: { mode: 'Strict' } };
const WHO: IdentityPolicySpec = {
  validations: [{ name: 'who', expression: "request.operation == 'CREATE'", message: 'mend it' }],
};
const MISSING = 'x-workloads is not in the cluster; apply it';

/** What `NotEnforced` says of a policy over two namespaces, one of them with the label. */
function world(spec: IdentityPolicySpec) {
  const metadata = { name: 'p', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '' };
  const policies = new Map<string, IdentityPolicy>([['p', { metadata, spec }]]);
  const book = new PolicyBook(compileExpression);
  book.changed({ metadata, spec });
  const clock = new ManualClock();
  const common = { annotations: {}, terminating: false };
  const namespaces = new Map([
    ['labelled', { ...common, labels: { 'signet.dev/enforce': 'true' } }],
    ['other', { ...common, labels: {} }],
  ]);
  let status: IdentityPolicyStatus | undefined;
  return async (admission: Admission, podsUnasked: string | undefined) => {
    await reconcilePolicy('p', {
      policies,
      namespaces,
      book,
      tally: new Tally(),
      exempt: new Set(),
      admission: () => admission,
      podsUnasked: () => podsUnasked,
      complete: () => true,
      gate: { refusal: () => undefined },
      clock,
      writtenAt: new Map(),
      writeStatus: (policy, written) => {
        status = written;
        policies.set('p', { ...policy, status: written });
        return Promise.resolve();
      },
    });
    await clock.advance(MIN_WRITE_INTERVAL);
    return status?.conditions?.find(({ type }) => type === 'NotEnforced');
  };
}

it('a Strict policy is not enforced while the configuration about Pods is missing, whatever the labels', async () => {
  const told = world(STRICT);
  expect(await told('Judged', undefined)).toMatchObject({ reason: 'LabelMissing' });
  expect(await told('Judged', MISSING)).toMatchObject({
    status: 'True',
    reason: 'AdmissionOnly',
    message: `mtls.mode: Strict is judged at admission only, and ${MISSING}`,
  });
  expect(await told('Judged', undefined)).toMatchObject({ reason: 'LabelMissing' });
});

it('where admission judges nothing at all, that is what is said', async () => {
  const told = world(STRICT);
  expect(await told('PassedOver', MISSING)).toMatchObject({ reason: 'AdmissionPassedOver' });
  expect((await told('Absent', undefined))?.message).toContain('this controller looks after no webhook');
});

it('rules that need no Pods are enforced without it', async () => {
  expect(await world(WHO)('Judged', MISSING)).toBeUndefined();
  expect(await world({ ...WHO, ...STRICT })('Judged', MISSING)).toMatchObject({
    message: expect.stringMatching(/^mtls\.mode: Strict is judged/),
  });
});
