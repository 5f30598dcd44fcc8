// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { CHANGES } from '../../../src/identity/gates.ts';
import type { Observed, TrustDomainView } from '../../../src/identity/observed.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { nextStatus } from '../../../src/identity/status.ts';
import { type Pace, paced, pacedUntil, UNPACED } from '../../../src/rates/pacing.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import {
  anAuthorityView,
  anIssued,
  anObserved,
  aTrustDomainView,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

function spent(issuances: number, now = NOW): Pace {
  let pace = UNPACED;
  for (let i = 0; i < issuances; i += 1) pace = paced(pace, now, CHANGES);
  return pace;
}

describe('the budget of changes', () => {
  it('lets five through at once, then one every half minute', () => {
    for (const count of [0, 1, 4]) expect(pacedUntil(spent(count), NOW, CHANGES)).toBeUndefined();
    expect(pacedUntil(spent(5), NOW, CHANGES)).toBe(NOW + 30 * SECOND);
    expect(pacedUntil(spent(5), NOW + 30 * SECOND - 1, CHANGES)).toBe(NOW + 30 * SECOND);
    expect(pacedUntil(spent(5), NOW + 30 * SECOND, CHANGES)).toBeUndefined();
    expect(pacedUntil(paced(spent(5), NOW + 30 * SECOND, CHANGES), NOW + 30 * SECOND, CHANGES)).toBe(NOW + MINUTE);
  });

  it('is whole again after two and a half minutes without a change', () => {
    let pace = spent(5);
    for (let i = 0; i < 5; i += 1) {
      expect(pacedUntil(pace, NOW + 150 * SECOND, CHANGES)).toBeUndefined();
      pace = paced(pace, NOW + 150 * SECOND, CHANGES);
    }
    expect(pacedUntil(pace, NOW + 150 * SECOND, CHANGES)).toBe(NOW + 3 * MINUTE);
  });

  it('is not given again because the clock was set back a little', () => {
    expect(pacedUntil(spent(5, NOW + SECOND), NOW, CHANGES)).toBe(NOW + 31 * SECOND);
  });

  it('does not hold back anything because of a clock that was ahead', () => {
    expect(pacedUntil(spent(5, NOW + HOUR), NOW, CHANGES)).toBeUndefined();
    expect(paced(spent(5, NOW + HOUR), NOW, CHANGES)).toBe(NOW + 30 * SECOND);
  });
});

describe('an issuance that follows a change of the spec', () => {
  const issued = anIssued();
  const changed = respecified(issued, { services: ['cart'] });
  const renamed = respecified(issued, { secret: { name: 'other' } });
  const busy = { pace: spent(5) };

  it.each([
    ['other services', changed],
    ['a renewRequest', respecified(issued, { renewRequest: 'now' })],
    ['another Secret', { ...renamed, secret: undefined, previousSecret: issued.secret.meta, absenceConfirmed: true }],
  ])('such as %s is counted, and waits when there were many', (_, observed) => {
    expect(planIdentity(observed, NOW).actions[0]).toMatchObject({ kind: 'IssueSVID', follows: true, heals: false });
    const held = planIdentity({ ...observed, ...busy }, NOW);
    expect(held).toMatchObject({ actions: [], blocked: { reason: 'RepeatedChanges', retryAfter: 30 * SECOND } });
    expect(held.blocked?.message).toContain(
      'kubectl get serviceidentity -n shop checkout -o yaml --show-managed-fields',
    );
    expect(held.requeueAfter).toBe(30 * SECOND);
    expect(planIdentity({ ...observed, ...busy }, NOW + 30 * SECOND).actions).not.toEqual([]);
  });

  it('says so: the SVID of an earlier spec is not Ready, one that was only to be renewed is', () => {
    const conditions = (observed: typeof issued) => {
      const plan = planIdentity(observed, NOW);
      return nextStatus(observed.identity, { plan }, NOW).conditions?.map(
        (one) => `${one.type}=${one.status} ${one.reason}`,
      );
    };
    const contended = 'Contended=True RepeatedChanges';
    expect(conditions({ ...changed, ...busy })).toEqual(['Ready=False RepeatedChanges', contended]);
    const asked = respecified(issued, { renewRequest: 'now' });
    expect(conditions({ ...asked, ...busy })).toEqual(['Ready=True RepeatedChanges', contended]);
  });

  it.each<[string, Partial<Observed>]>([
    ['its turn', busy],
    ['its ServiceAccount', { serviceAccountExists: false }],
    ['its TrustDomain', { trustDomain: undefined }],
    ['an authority', { trustDomain: { ...issued.trustDomain, authority: undefined } as TrustDomainView }],
    ['a policy', { policy: { message: 'a policy', revoke: false, peers: false } }],
  ])('is not taken for a heal because it waited for %s', (_, hindrance) => {
    const waiting = { ...changed, ...hindrance };
    const status = nextStatus(waiting.identity, { plan: planIdentity(waiting, NOW) }, NOW);
    expect(status.observedGeneration).toBe(changed.identity.metadata.generation);
    const next = { ...changed, identity: { ...changed.identity, status } };
    expect(planIdentity(next, NOW).actions).toMatchObject([{ kind: 'IssueSVID', follows: true, heals: false }]);
  });

  it('is tried when the SVID is due for renewal, whatever was spent', () => {
    const due = respecified(anIssued({ issuedAt: NOW - 40 * MINUTE }), { services: ['cart'] });
    expect(planIdentity({ ...due, ...busy }, NOW).actions).toMatchObject([{ reason: 'SpecChanged', follows: false }]);
    const soon = anIssued({ issuedAt: NOW - 23 * MINUTE });
    const renewal = Date.parse(soon.identity.status?.renewalTime ?? '');
    const shortly = renewal - 5 * SECOND;
    const plan = planIdentity({ ...respecified(soon, { services: ['cart'] }), pace: spent(5, shortly) }, shortly);
    expect(shortly + (plan.requeueAfter ?? HOUR)).toBeLessThanOrEqual(renewal + SECOND);
  });

  it.each([
    ['the first issuance', anObserved()],
    ['a renewal', anIssued({ issuedAt: NOW - 40 * MINUTE })],
    [
      'a new authority',
      {
        ...issued,
        trustDomain: aTrustDomainView({ authority: anAuthorityView({ id: 'b', knownIDs: new Set(['b']) }) }),
      },
    ],
    ['a heal, which has a budget of its own', touched(issued, { content: { formatsComplete: false } })],
  ])('is not %s', (_, observed) => {
    expect(planIdentity({ ...observed, ...busy }, NOW).actions).toMatchObject([{ kind: 'IssueSVID', follows: false }]);
  });
});
