// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { lifetime, longestRetry, renewalTime } from '../../../src/identity/renewal.ts';
import { BACKDATE } from '../../../src/spiffe/svid.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { NOW } from '../../support/builders.ts';

describe('renewalTime', () => {
  it.each([20 * SECOND, 30 * SECOND, HOUR, DAY, 365 * DAY])(
    'lies between two and three fifths of a life of %i ms',
    (ttl) => {
      for (let i = 0; i < 500; i++) {
        const at = renewalTime(NOW - BACKDATE, NOW + ttl, `uid-${i}`);
        expect(at - NOW).toBeGreaterThanOrEqual(0.4 * ttl - 1);
        expect(at - NOW).toBeLessThan(0.6 * ttl);
      }
    },
  );

  it('is the same whenever it is asked for', () => {
    const first = renewalTime(NOW - BACKDATE, NOW + HOUR, 'some-uid');
    expect(renewalTime(NOW - BACKDATE, NOW + HOUR, 'some-uid')).toBe(first);
    expect(renewalTime(NOW - BACKDATE, NOW + HOUR, 'other')).not.toBe(first);
  });

  it('counts the life from issuance, not from the backdated notBefore', () => {
    expect(lifetime(NOW - BACKDATE, NOW + HOUR)).toBe(HOUR);
  });
});

describe('longestRetry', () => {
  it.each([
    ['nothing is stored', undefined, MINUTE],
    ['the stored SVID has expired', -SECOND, MINUTE],
    ['a day is left', DAY, 5 * MINUTE],
    ['ten minutes are left', 10 * MINUTE, MINUTE],
    ['ten seconds are left', 10 * SECOND, SECOND],
    ['less than that is left', SECOND, SECOND],
  ])('when %s', (_, left, expected) => {
    expect(longestRetry(left === undefined ? undefined : NOW + left, NOW)).toBe(expected);
  });
});
