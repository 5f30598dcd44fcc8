// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import type { Outcome } from '../../../src/identity/outcome.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { readyCondition } from '../../../src/identity/ready.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import {
  anIssued,
  anObserved,
  aServiceIdentity,
  aTrustDomainView,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

const issued = anIssued();
const due = anIssued({ issuedAt: NOW - 40 * MINUTE });
const failure = { reason: 'WriteRefused', message: 'quota exceeded' } as const;

function ready(observed: Observed, more: Partial<Outcome> = {}, now = NOW) {
  const plan = planIdentity(observed, now);
  return readyCondition(observed.identity, { plan, ...more }, plan.stored, now);
}

describe('Ready', () => {
  it.each<[string, Observed, Partial<Outcome>, string, string]>([
    ['a good SVID', issued, {}, 'True', 'Issued'],
    ['a good SVID, suspended', respecified(issued, { suspend: true }), {}, 'True', 'Suspended'],
    ['a good SVID that is due and being renewed', due, {}, 'True', 'Issued'],
    ['a good SVID whose renewal is refused', due, { failure }, 'True', 'WriteRefused'],
    [
      'a good SVID whose ServiceAccount is gone',
      { ...due, serviceAccountExists: false },
      {},
      'True',
      'ServiceAccountNotFound',
    ],
    [
      'a good SVID, a renewal asked for while suspended',
      respecified(issued, { suspend: true, renewRequest: 'x' }),
      {},
      'True',
      'Suspended',
    ],
    [
      'a good SVID in a namespace that is being deleted',
      { ...issued, namespace: { labels: {}, terminating: true } },
      {},
      'True',
      'NamespaceTerminating',
    ],
    ['a good SVID without a TrustDomain', { ...issued, trustDomain: undefined }, {}, 'True', 'TrustDomainNotFound'],
    [
      'a good SVID of an authority that is not there',
      { ...due, trustDomain: aTrustDomainView({ authority: undefined }) },
      {},
      'True',
      'AuthorityUnavailable',
    ],
    ['a spec that breaks a rule', respecified(issued, { ttl: '1s' }), {}, 'False', 'InvalidSpec'],
    [
      'a Secret of somebody else',
      { ...issued, secret: { meta: { ...issued.secret.meta, uid: 'x', ownerReferences: [] }, content: undefined } },
      {},
      'False',
      'SecretConflict',
    ],
    ['nothing issued yet', anObserved(), {}, 'False', 'Pending'],
    ['nothing issued, refused', anObserved(), { failure }, 'False', 'WriteRefused'],
    [
      'nothing issued, no ServiceAccount',
      anObserved({ serviceAccountExists: false }),
      {},
      'False',
      'ServiceAccountNotFound',
    ],
    [
      'nothing issued, suspended',
      anObserved({ identity: aServiceIdentity({ spec: { suspend: true } }) }),
      {},
      'False',
      'Suspended',
    ],
    [
      'an SVID of another spec that cannot be replaced',
      { ...respecified(issued, { services: ['cart'] }), serviceAccountExists: false },
      {},
      'False',
      'ServiceAccountNotFound',
    ],
    [
      'a damaged Secret, held back',
      {
        ...touched(issued, { content: { svid: undefined as never } }),
        healing: [1, 2, 3, 4, 5].map((age) => NOW - age),
      },
      {},
      'False',
      'RepeatedEdits',
    ],
    [
      'only labels in dispute',
      { ...touched(issued, { meta: { labels: {} } }), healing: [1, 2, 3, 4, 5].map((age) => NOW - age) },
      {},
      'True',
      'RepeatedEdits',
    ],
    [
      'foreign anchors, held back',
      { ...touched(issued, { content: { filesDigest: 'rogue' } }), healing: [1, 2, 3, 4, 5].map((age) => NOW - age) },
      {},
      'False',
      'RepeatedEdits',
    ],
  ])('for %s', (_, observed, more, status, reason) => {
    expect(ready(observed, more)).toMatchObject({ type: 'Ready', status, reason });
  });

  it('turns False at the very notAfter, with what kept it from being renewed', () => {
    const end = NOW - 10 * MINUTE + HOUR;
    const gone = { ...issued, serviceAccountExists: false };
    expect(ready(gone, {}, end - 1)).toMatchObject({ status: 'True' });
    const expired = ready(gone, {}, end);
    expect(expired).toMatchObject({ status: 'False', reason: 'ServiceAccountNotFound' });
    expect(expired.message).toContain(formatTimestamp(end));
    expect(expired.message).toContain('ServiceAccount checkout does not exist');
  });

  it('is looked at again at that moment although nothing happens', () => {
    const gone = { ...due, serviceAccountExists: false };
    expect(planIdentity(gone, NOW).requeueAfter).toBe(20 * MINUTE);
  });

  it('turns False for an expired SVID that somebody touched, too', () => {
    expect(ready(touched(issued), {}, NOW + 2 * HOUR)).toMatchObject({ status: 'False', reason: 'Expired' });
  });
});
