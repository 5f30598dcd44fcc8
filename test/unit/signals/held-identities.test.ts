// SPDX-License-Identifier: Apache-2.0
/**
 * An identity that waits for somebody else, past the end of its SVID: what status says and metrics count, from what is
 * observed on. It never becomes one that Signet should have renewed.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { HELD_REASONS, type IdentityReason } from '../../../src/api/conditions.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import type { Outcome } from '../../../src/identity/outcome.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { nextStatus } from '../../../src/identity/status.ts';
import { identitiesReading } from '../../../src/signals/identity-readings.ts';
import { HOUR, type Instant, MINUTE } from '../../../src/time.ts';
import {
  anIssued,
  aResolvedTrustDomain,
  aTrustDomainView,
  NOW,
  respecified,
  SETTINGS,
} from '../../support/builders.ts';

const issued = anIssued();
/** Of an SVID of an hour, issued ten minutes ago. */
const DUE: Instant = NOW + 30 * MINUTE;
const ENDED: Instant = NOW + 2 * HOUR;
const selecting = aResolvedTrustDomain({ allowedNamespaces: { matchLabels: { team: 'payments' } } });
const refused = { reason: 'WriteRefused', message: 'quota exceeded' } as const;

/** What each of them takes. */
const HELD: Partial<Record<IdentityReason, Observed>> = {
  Suspended: respecified(issued, { suspend: true }),
  InvalidSpec: respecified(issued, { ttl: '1s' }),
  ServiceAccountNotFound: { ...issued, serviceAccountExists: false },
  TrustDomainNotFound: { ...issued, trustDomain: undefined },
  TrustDomainConflict: { ...issued, trustDomain: aTrustDomainView({ conflictsWith: 'older' }) },
  NamespaceNotAllowed: { ...issued, trustDomain: aTrustDomainView({ resolved: selecting }) },
  NamespaceReserved: { ...issued, settings: { ...SETTINGS, ownNamespace: 'shop' } },
  NamespaceTerminating: { ...issued, namespace: { labels: {}, terminating: true } },
  SecretConflict: {
    ...issued,
    secret: { meta: { ...issued.secret.meta, uid: 'x', ownerReferences: [] }, content: undefined },
  },
  PolicyViolation: { ...issued, policy: { message: 'use Ed25519', revoke: false, peers: false } },
};

const OURS: [string, Observed, Partial<Outcome>][] = [
  ['without an authority', { ...issued, trustDomain: aTrustDomainView({ authority: undefined }) }, {}],
  ['whose write is refused', issued, { failure: refused }],
  ['that nothing is known to stand against', issued, {}],
];

/** What is written and counted of it then. */
function seen(observed: Observed, now: Instant, more: Partial<Outcome> = {}) {
  const status = nextStatus(observed.identity, { plan: planIdentity(observed, now), ...more }, now);
  const reading = identitiesReading([{ ...observed.identity, status }], { now, limit: 0 });
  const { validity, renewable } = reading.svids?.find(({ count }) => count > 0) ?? {};
  const states = Object.entries(reading.states).filter(([, count]) => count > 0);
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return { ready, validity, renewable, states, survival: reading.survival };
}

it('is tried for every reason there is', () => {
  expect(Object.keys(HELD).toSorted()).toEqual([...HELD_REASONS].toSorted());
});

describe.each(Object.entries(HELD))('an identity that is held: %s', (reason, observed) => {
  it('is held when its renewal is due', () => {
    expect(seen(observed, DUE)).toMatchObject({ renewable: false, states: [[reason, 1]], survival: undefined });
  });

  it('is held for the same reason when its SVID has ended', () => {
    const { ready, ...counted } = seen(observed, ENDED);
    expect(counted).toEqual({ validity: 'expired', renewable: false, states: [[reason, 1]], survival: undefined });
    expect(ready).toMatchObject({ status: 'False', reason });
    // Of a Secret that is somebody else's nothing is known to have ended.
    if (reason !== 'SecretConflict') expect(ready?.message).toMatch(/^the SVID expired at .+; not renewed because /);
  });
});

it.each(OURS)('an SVID %s that has ended is one that Signet should have renewed', (_, observed, more) => {
  const { ready, ...counted } = seen(observed, ENDED, more);
  expect(counted).toEqual({ validity: 'expired', renewable: true, states: [['Expired', 1]], survival: undefined });
  expect(ready).toMatchObject({ status: 'False', reason: 'Expired' });
});
