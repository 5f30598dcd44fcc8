// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Observed } from '../../../../src/identity/observed.ts';
import { answerOf, settledAfter } from '../../../../src/reconcilers/service-identity/settled.ts';
import { MINUTE, SECOND } from '../../../../src/time.ts';
import { anIssued, aTrustDomainView, NOW } from '../../../support/builders.ts';

const issued = anIssued();
const { identity, secret } = issued;
const settled = settledAfter(issued, { identity, secret: secret.meta }, { requeueAfter: MINUTE }, NOW);

it('answers the echo of a write with what is left of the wait', () => {
  expect(answerOf(settled, issued, NOW + SECOND)).toEqual({ requeueAfter: 59 * SECOND });
  const idle = settledAfter(issued, { identity, secret: secret.meta }, {}, NOW);
  expect(answerOf(idle, issued, NOW + SECOND)).toEqual({});
});

const { metadata } = identity;
const differences: Record<string, Partial<Observed>> = {
  'the identity was written since': { identity: { ...identity, metadata: { ...metadata, resourceVersion: '2000' } } },
  'the identity was made anew': { identity: { ...identity, metadata: { ...metadata, uid: 'another' } } },
  'the Secret was written since': { secret: { ...secret, meta: { ...secret.meta, resourceVersion: '2000' } } },
  'the Secret was made anew': { secret: { ...secret, meta: { ...secret.meta, uid: 'another' } } },
  'the Secret is gone': { secret: undefined },
  'the authority is another': { trustDomain: aTrustDomainView() },
  'the TrustDomain is gone': { trustDomain: undefined },
  'the namespace changed': { namespace: { labels: {}, terminating: true } },
  'the ServiceAccount is gone': { serviceAccountExists: false },
  'a policy forbids it now': { policy: { message: 'no', revoke: true, peers: false } },
  'an earlier Secret is to be deleted': { previousSecret: secret.meta },
};

it.each(Object.entries(differences))('asks for a whole look where %s', (_, difference) => {
  expect(answerOf(settled, { ...issued, ...difference }, NOW)).toBeUndefined();
});

it('answers for ten seconds, never past the time of the next look, and not when the clock was set back', () => {
  expect(answerOf(settled, issued, NOW + 10 * SECOND)).toBeDefined();
  expect(answerOf(settled, issued, NOW + 10 * SECOND + 1)).toBeUndefined();
  expect(answerOf(settled, issued, NOW - 1)).toBeUndefined();
  const soon = settledAfter(issued, { identity, secret: secret.meta }, { requeueAfter: SECOND }, NOW);
  expect(answerOf(soon, issued, NOW + SECOND - 1)).toEqual({ requeueAfter: 1 });
  expect(answerOf(soon, issued, NOW + SECOND)).toBeUndefined();
});
