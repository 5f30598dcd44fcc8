// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { sameJSON } from '../../../src/api/equality.ts';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import type { Outcome } from '../../../src/identity/outcome.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { renewalTime } from '../../../src/identity/renewal.ts';
import { nextStatus } from '../../../src/identity/status.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import {
  anIssued,
  anObserved,
  aResolvedTrustDomain,
  aSecretMeta,
  aStoredSVID,
  aTrustDomainView,
  desiredOf,
  factsOf,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

const issued = anIssued();

function statusAfter(observed: Observed, more: Partial<Outcome> = {}, now = NOW) {
  const plan = planIdentity(observed, now);
  const secret = observed.secret === undefined ? {} : { secret: observed.secret.meta };
  return nextStatus(observed.identity, { plan, ...secret, ...more }, now);
}

function issuance(observed: Observed, clamped = false): Partial<Outcome> {
  const svid = aStoredSVID(desiredOf(observed), NOW, { fingerprint: 'f2', serialNumber: '40bb' });
  const written = aSecretMeta(observed, { uid: 'written', resourceVersion: '200' });
  return { issued: { facts: factsOf(svid), reason: 'FirstIssuance', clamped }, written };
}

describe('after an issuance', () => {
  const observed = anObserved({
    identity: { ...anObserved().identity, spec: { ...anObserved().identity.spec, renewRequest: 'r' } },
  });
  const status = statusAfter(observed, issuance(observed));

  it('says what was stored, where, and when it is renewed', () => {
    expect(status).toMatchObject({
      observedGeneration: 1,
      spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
      serialNumber: '40bb',
      fingerprint: 'f2',
      authorityID: 'authority-1',
      notBefore: formatTimestamp(NOW - MINUTE),
      notAfter: formatTimestamp(NOW + HOUR),
      renewalTime: formatTimestamp(renewalTime(NOW - MINUTE, NOW + HOUR, 'uid-checkout')),
      observedRenewRequest: 'r',
    });
    expect(status.conditions).toEqual([
      expect.objectContaining({
        type: 'Ready',
        status: 'True',
        reason: 'Issued',
        lastTransitionTime: formatTimestamp(NOW),
      }),
    ]);
  });

  it('records the Secret of the write, and of it no more than belongs there', () => {
    expect(status.secret).toEqual({ name: 'checkout-svid', uid: 'written', resourceVersion: '200' });
  });

  it('says so when the lifetime was cut, until the next one is not', () => {
    const clamped = statusAfter(observed, issuance(observed, true));
    expect(clamped.conditions?.[1]).toMatchObject({ type: 'Clamped', status: 'True', reason: 'IssuerLifetime' });
    const later = {
      ...issued,
      identity: { ...issued.identity, status: { ...issued.identity.status, conditions: clamped.conditions ?? [] } },
    };
    expect(statusAfter(later).conditions?.map(({ type }) => type)).toEqual(['Ready', 'Clamped']);
    expect(statusAfter(later, issuance(later)).conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });
});

describe('a lifetime outside the bounds of the TrustDomain', () => {
  const outside = anIssued({ identity: { spec: { ttl: '48h' } } });

  it('is cut, and status says so as long as it is', () => {
    const status = statusAfter(outside);
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'True' },
      { type: 'Clamped', status: 'True', reason: 'TrustDomainBounds' },
    ]);
    expect(status.conditions?.[1]?.message).toBe(
      'spec.ttl 48h is outside the bounds of TrustDomain default, 15m to 24h; SVIDs live 24h from the next issuance on; change spec.ttl or the bounds',
    );
    const settled = { ...outside, identity: { ...outside.identity, status } };
    expect(sameJSON(status, statusAfter(settled))).toBe(true);
    expect(statusAfter(respecified(settled, { ttl: '24h' })).conditions).toHaveLength(1);
  });

  it('keeps its renewals: narrower bounds make no SVID wrong', () => {
    const before = anIssued({ identity: { spec: { ttl: '2h' } }, issuedAt: NOW - HOUR });
    const trustDomain = aTrustDomainView({
      resolved: aResolvedTrustDomain({ svid: { defaultTTL: '1h', maxTTL: '1h' } }),
    });
    expect(statusAfter({ ...before, trustDomain }).conditions?.[0]).toMatchObject({ status: 'True', reason: 'Issued' });
    const renewed = planIdentity({ ...before, trustDomain }, NOW + 30 * MINUTE).actions[0];
    expect(renewed).toMatchObject({ reason: 'RenewalDue', desired: { svid: { ttl: HOUR } } });
  });

  it('is told after a cut by the issuer, which is true of the stored SVID', () => {
    const cut = statusAfter(outside, issuance(outside, true));
    expect(cut.conditions?.slice(1)).toMatchObject([{ type: 'Clamped', reason: 'IssuerLifetime' }]);
    const later = {
      ...outside,
      identity: { ...outside.identity, status: { ...outside.identity.status, conditions: cut.conditions ?? [] } },
    };
    expect(statusAfter(later).conditions?.slice(1)).toMatchObject([{ reason: 'IssuerLifetime' }]);
    expect(statusAfter(later, issuance(later)).conditions?.slice(1)).toMatchObject([{ reason: 'TrustDomainBounds' }]);
  });
});

describe('in steady state', () => {
  it.each<[string, Observed]>([
    ['nobody touched the Secret', issued],
    ['somebody wrote to the Secret and changed nothing of ours', touched(issued)],
  ])('it stays as it is when %s', (_, observed) => {
    expect(sameJSON(observed.identity.status, statusAfter(observed))).toBe(true);
  });

  it('and an hour later as well, but for what time itself changes', () => {
    const before = statusAfter(issued, {}, NOW + 1000);
    expect(sameJSON(issued.identity.status, before)).toBe(true);
  });
});

describe('the recorded Secret', () => {
  const tampered = touched(issued, { content: { filesDigest: 'rogue' } });
  const ref = issued.identity.status?.secret;

  it.each<[string, Observed, Partial<Outcome>]>([
    ['a patch that was refused', tampered, { failure: { reason: 'WriteRefused', message: 'quota' } }],
    ['a patch that failed', tampered, {}],
    ['an issuance that failed', touched(issued, { content: { formatsComplete: false } }), {}],
    ['a heal that is held back', { ...tampered, healing: [1, 2, 3, 4, 5].map((age) => NOW - age) }, {}],
  ])('is not the edited version after %s: it would count as known to be good', (_, observed, more) => {
    expect(statusAfter(observed, more).secret).toEqual(ref);
  });

  it('is the patched version after a patch', () => {
    const written = { ...issued.secret.meta, resourceVersion: '102' };
    expect(statusAfter(tampered, { written }).secret).toEqual({ ...ref, resourceVersion: '102' });
  });

  it('is a restored Secret that was found to be good', () => {
    const restored = touched(issued, { meta: { uid: 'restored', resourceVersion: '5' } });
    expect(statusAfter(restored).secret).toEqual({ name: 'checkout-svid', uid: 'restored', resourceVersion: '5' });
  });

  it('never lends its version to another SVID than the one it was recorded with', () => {
    const suspended = respecified(issued, { suspend: true }).identity;
    const putBack = touched(
      { ...issued, identity: suspended },
      { svid: { fingerprint: 'f0', dnsNames: ['cart.shop'] } },
    );
    const status = statusAfter(putBack);
    expect(status.fingerprint).toBe('f0');
    expect(status.secret).toEqual({ ...ref, resourceVersion: '0' });
    const next = { ...putBack, identity: { ...suspended, status } };
    expect(sameJSON(status, statusAfter(next))).toBe(true);
  });

  it('is the old name until the old Secret is gone', () => {
    const renamed = respecified(issued, { secret: { name: 'new' } }).identity;
    const observed: Observed = { ...issued, identity: renamed, secret: undefined, previousSecret: issued.secret.meta };
    const failed = statusAfter(observed, issuance(observed));
    expect(failed.secret).toEqual({ ...ref, resourceVersion: '0' });
    expect(failed.fingerprint).toBe('f2');
    expect(statusAfter(observed, { ...issuance(observed), released: true }).secret).toMatchObject({
      name: 'new',
      uid: 'written',
    });
  });

  it('stays when the Secret is gone or foreign', () => {
    expect(statusAfter({ ...issued, secret: undefined, absenceConfirmed: true }).secret).toEqual(ref);
    const foreign = { meta: { ...issued.secret.meta, uid: 'x', ownerReferences: [] }, content: undefined };
    expect(statusAfter({ ...issued, secret: foreign }).secret).toEqual(ref);
  });
});

describe('renewRequest', () => {
  it('is echoed by an issuance only', () => {
    const observed = respecified(issued, { renewRequest: 'new' });
    expect(statusAfter(observed).observedRenewRequest).toBeUndefined();
    expect(statusAfter(observed, issuance(observed)).observedRenewRequest).toBe('new');
  });
});

describe('conditions', () => {
  it('move lastTransitionTime only with their status', () => {
    const since = issued.identity.status?.conditions?.[0]?.lastTransitionTime;
    const due = { ...issued, serviceAccountExists: false };
    const blocked = statusAfter(due, {}, NOW + 40 * MINUTE).conditions?.[0];
    expect(blocked).toMatchObject({ status: 'True', reason: 'ServiceAccountNotFound', lastTransitionTime: since });
    const expired = statusAfter(due, {}, NOW + 2 * HOUR).conditions?.[0];
    expect(expired).toMatchObject({
      status: 'False',
      reason: 'ServiceAccountNotFound',
      lastTransitionTime: formatTimestamp(NOW + 2 * HOUR),
    });
  });

  it('carry the generation they were made from', () => {
    const identity = { ...issued.identity, metadata: { ...issued.identity.metadata, generation: 7 } };
    const status = statusAfter({ ...issued, identity });
    expect(status.observedGeneration).toBe(7);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([7]);
  });

  it('list Contended only while heals are held back', () => {
    const observed = touched(issued, { meta: { labels: {} } });
    const held = statusAfter({ ...observed, healing: [1, 2, 3, 4, 5].map((age) => NOW - age) });
    expect(held.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual(['Ready=True', 'Contended=True']);
    expect(statusAfter(observed).conditions).toHaveLength(1);
  });
});
