// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { IdentityReason } from '../../../src/api/conditions.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { controllerLabels } from '../../../src/signals/controller-labels.ts';
import { identitiesReading } from '../../../src/signals/identity-readings.ts';
import { BACKDATE } from '../../../src/spiffe/svid.ts';
import { HOUR, type Instant, MINUTE } from '../../../src/time.ts';
import { aServiceIdentity, NOW } from '../../support/builders.ts';

interface Changes {
  readonly name?: string;
  /** Since its issuance; an SVID lives an hour. */
  readonly age?: number;
  readonly reason?: IdentityReason;
  readonly forbidden?: boolean;
  readonly suspend?: boolean;
}

function identity({
  name = 'checkout',
  age = 0,
  reason = 'Issued',
  forbidden,
  suspend,
}: Changes = {}): ServiceIdentity {
  const issued: Instant = NOW - age;
  const common = { message: '', observedGeneration: 1, lastTransitionTime: formatTimestamp(issued) };
  return aServiceIdentity({
    metadata: { name },
    spec: suspend === undefined ? {} : { suspend },
    status: {
      notBefore: formatTimestamp(issued - BACKDATE),
      notAfter: formatTimestamp(issued + HOUR),
      renewalTime: formatTimestamp(issued + HOUR / 2),
      conditions: [
        { type: 'Ready', status: 'True', reason, ...common },
        ...(forbidden === true ? [{ type: 'Forbidden' as const, status: 'True' as const, reason, ...common }] : []),
      ],
    },
  });
}

function read(identities: readonly ServiceIdentity[], limit = 0) {
  return identitiesReading(identities, { now: NOW, limit });
}

function counted(...identities: readonly ServiceIdentity[]): string[] {
  return (read(identities).svids ?? [])
    .filter(({ count }) => count > 0)
    .map(({ validity, renewable, count }) => `${count} ${validity} ${renewable ? 'renewable' : 'held'}`);
}

describe('an SVID', () => {
  it.each([
    ['before its planned renewal', 0.4 * HOUR, '1 current renewable'],
    ['a moment after it', HOUR / 2 + MINUTE / 2, '1 current renewable'],
    ['long after it', HOUR / 2 + 2 * MINUTE, '1 overdue renewable'],
    ['at its end', HOUR, '1 expired renewable'],
  ])('%s counts as what it is', (_, age, expected) => {
    expect(counted(identity({ age }))).toEqual([expected]);
  });

  it.each<[string, Changes]>([
    ['suspended', { suspend: true }],
    ['forbidden', { forbidden: true }],
    ['without its service account', { reason: 'ServiceAccountNotFound' }],
  ])('that is %s is nobody at fault for', (_, changes) => {
    expect(counted(identity({ ...changes, age: 0.9 * HOUR }))).toEqual(['1 overdue held']);
    expect(read([identity({ ...changes, age: 0.9 * HOUR })]).survival).toBeUndefined();
  });
});

it.each<[string, number, Changes]>([
  ['that is served', 0, {}],
  ['that keeps its SVID until it is due', 1, { forbidden: true }],
  ['that never got one', 1, { forbidden: true, reason: 'PolicyViolation' }],
  ['that is suspended as well', 0, { forbidden: true, suspend: true }],
  ['that never got one and is suspended', 0, { forbidden: true, reason: 'PolicyViolation', suspend: true }],
  ['that waits for its TrustDomain as well', 0, { forbidden: true, reason: 'TrustDomainNotFound' }],
])('of an identity %s, %d wait for a policy alone', (_, expected, changes) => {
  expect(read([identity(changes)]).forbidden).toBe(expected);
});

it('tells how long everybody is safe: until the first end, and the least share of a lifetime', () => {
  const { survival, survivalRatio, nearestExpiry } = read([identity(), identity({ age: HOUR / 4 })]);
  expect(survival).toBe(0.75 * HOUR);
  expect(survivalRatio).toBeCloseTo(0.75);
  expect(nearestExpiry).toBe(NOW + 0.75 * HOUR);
});

it('tells how long those have that have not expired', () => {
  const expired = identity({ age: 2 * HOUR, reason: 'Expired' });
  const { survival, survivalRatio } = read([expired, identity({ age: HOUR / 2 })]);
  expect(survival).toBe(HOUR / 2);
  expect(survivalRatio).toBeCloseTo(0.5);
  expect(read([expired])).toMatchObject({ survival: undefined, survivalRatio: undefined });
});

it('tells of single identities as many as were asked for, soonest end first', () => {
  const all = [identity({ name: 'a' }), identity({ name: 'b', age: MINUTE }), identity({ name: 'c', age: 2 * MINUTE })];
  expect(read(all, 2).expiries?.map(({ name }) => name)).toEqual(['c', 'b']);
  expect(read(all).expiries).toEqual([]);
});

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** Of a controller with everything that one may have, that has called what it may call, and that has seen it fail. */
async function scrape(count: number): Promise<string> {
  const labels = controllerLabels({ webhook: true, prober: true });
  const metrics = createMetrics(labels);
  for (const resource of [...labels.reflectors, 'leases', 'events', 'clustertrustbundles']) {
    for (const verb of VERBS) {
      for (const code of ['200', 'ERR_KUBE_TIMEOUT']) metrics.apiCall({ verb, resource, code, duration: 1 });
    }
  }
  const identities = Array.from({ length: count }, (_, i) => identity({ name: `id-${i}`, age: (i % 60) * MINUTE }));
  metrics.observe({ identities: () => read(identities) });
  return metrics.scrape();
}

function series(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

it('is as long a scrape for ten thousand identities as for ten', async () => {
  const [small, large] = [await scrape(10), await scrape(10_000)];
  expect(series(large) - series(small)).toBeLessThan(200);
  expect(Buffer.byteLength(large)).toBeLessThan(100_000);
});
