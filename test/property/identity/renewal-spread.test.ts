// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { renewalTime } from '../../../src/identity/renewal.ts';
import { unitInterval } from '../../../src/identity/spread.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import { NOW } from '../../support/builders.ts';

const BUCKETS = 50;

/** Chi-squared of the counts against an even spread; with 49 degrees of freedom, one run in a million exceeds 105. */
function chiSquared(uids: readonly string[]): number {
  const counts = Array.from({ length: BUCKETS }, () => 0);
  for (const uid of uids) {
    const bucket = Math.floor(unitInterval(uid) * BUCKETS);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const expected = uids.length / BUCKETS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

it('spreads the renewals of any 2000 uids evenly over their window', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.uuid(), { minLength: 2000, maxLength: 2000 }), (uids) => {
      expect(chiSquared(uids)).toBeLessThan(105);
    }),
    { numRuns: 10 },
  );
});

it.each([
  ['counted up', (i: number) => `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`],
  ['that differ at the front', (i: number) => `${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`],
  ['that are short', (i: number) => String(i)],
])('spreads those of uids %s', (_, uid) => {
  expect(chiSquared(Array.from({ length: 20_000 }, (_, i) => uid(i)))).toBeLessThan(105);
});

it('does not renew at one moment what was issued at one moment', () => {
  const times = new Set(
    Array.from({ length: 10_000 }, (_, i) => Math.floor(renewalTime(NOW - MINUTE, NOW + HOUR, `uid-${i}`) / 1000)),
  );
  // 720 seconds of window for 10,000 identities: nearly every second of it is used.
  expect(times.size).toBeGreaterThan(700);
});
