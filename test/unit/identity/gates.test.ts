// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { servingGate } from '../../../src/identity/gates.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import { type Plan, planIdentity } from '../../../src/identity/plan.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time.ts';
import {
  anAuthorityView,
  anIssued,
  anObserved,
  aResolvedTrustDomain,
  aServiceIdentity,
  aTrustDomainView,
  NOW,
  SETTINGS,
} from '../../support/builders.ts';

const selecting = aTrustDomainView({
  resolved: aResolvedTrustDomain({ allowedNamespaces: { matchLabels: { team: 'payments' } } }),
});

describe('servingGate', () => {
  it('lets an identity through that nothing stands in the way of', () => {
    expect(servingGate(anObserved())).toBeUndefined();
    const labelled = { labels: { team: 'payments' }, terminating: false };
    expect(servingGate(anObserved({ trustDomain: selecting, namespace: labelled }))).toBeUndefined();
  });

  it.each<[string, Partial<Observed>, string]>([
    [
      'the namespace of the controller',
      { identity: aServiceIdentity({ metadata: { namespace: 'signet-system' } }) },
      'NamespaceReserved',
    ],
    ['a namespace that is being deleted', { namespace: { labels: {}, terminating: true } }, 'NamespaceTerminating'],
    ['no TrustDomain', { trustDomain: undefined }, 'TrustDomainNotFound'],
    [
      'a TrustDomain that is not served',
      { trustDomain: aTrustDomainView({ conflictsWith: 'older' }) },
      'TrustDomainConflict',
    ],
    ['a namespace that is not selected', { trustDomain: selecting }, 'NamespaceNotAllowed'],
    [
      'a TrustDomain that allows no namespace',
      { trustDomain: aTrustDomainView({ resolved: { ...selecting.resolved, allowedNamespaces: undefined as never } }) },
      'NamespaceNotAllowed',
    ],
  ])('stops at %s', (_, changes, reason) => {
    expect(servingGate(anObserved(changes))?.reason).toBe(reason);
  });

  it('refuses its own namespace whatever else is wrong, and even where a TrustDomain allows it', () => {
    const identity = aServiceIdentity({ metadata: { namespace: SETTINGS.ownNamespace } });
    const all = { identity, trustDomain: undefined, namespace: { labels: {}, terminating: true } };
    expect(servingGate(anObserved(all))?.reason).toBe('NamespaceReserved');
  });
});

function due(changes: Partial<Observed>): Plan {
  return planIdentity({ ...anIssued({ issuedAt: NOW - 40 * MINUTE }), ...changes }, NOW);
}

describe('what keeps a due issuance from happening', () => {
  it('is nothing where nothing is wrong', () => {
    expect(due({}).blocked).toBeUndefined();
    expect(due({}).actions.map((action) => action.kind)).toEqual(['IssueSVID']);
  });

  it.each<[string, Partial<Observed>, string]>([
    ['a missing ServiceAccount', { serviceAccountExists: false }, 'ServiceAccountNotFound'],
    [
      'an authority that is not there',
      { trustDomain: aTrustDomainView({ authority: undefined }) },
      'AuthorityUnavailable',
    ],
    [
      'an intermediate that signs no more',
      { trustDomain: aTrustDomainView({ authority: anAuthorityView({ signsUntil: NOW - 1 }) }) },
      'AuthorityUnavailable',
    ],
  ])('can be %s', (_, changes, reason) => {
    const plan = due(changes);
    expect(plan).toMatchObject({ actions: [], blocked: { reason }, cause: { reason: 'RenewalDue' } });
    // The SVID ends in 20 minutes: Ready has to turn False then.
    expect(plan.requeueAfter).toBe(20 * MINUTE);
  });

  it('can be spec.suspend', () => {
    const issued = anIssued({ issuedAt: NOW - 40 * MINUTE, identity: { spec: { suspend: true } } });
    expect(planIdentity(issued, NOW)).toMatchObject({ actions: [], blocked: { reason: 'Suspended' } });
  });

  it('still signs at the very moment the intermediate may sign last', () => {
    const authority = anAuthorityView({ signsUntil: NOW });
    expect(due({ trustDomain: aTrustDomainView({ authority }) }).actions).toHaveLength(1);
  });

  it.each([
    ['not yet issued', anObserved({ serviceAccountExists: false })],
    ['suspended from the start', anObserved({ identity: aServiceIdentity({ spec: { suspend: true } }) })],
  ])('needs no timer when a watch tells of the change: %s', (_, observed) => {
    expect(planIdentity(observed, NOW).requeueAfter).toBeUndefined();
  });

  it('does not matter while nothing is due', () => {
    const issued = anIssued({ issuedAt: NOW - MINUTE });
    const plan = planIdentity({ ...issued, serviceAccountExists: false }, NOW);
    expect(plan).toMatchObject({ actions: [] });
    expect(plan.blocked).toBeUndefined();
    expect(plan.requeueAfter).toBeLessThan(HOUR * 0.6);
    expect(plan.requeueAfter).toBeLessThan(DAY);
  });
});
