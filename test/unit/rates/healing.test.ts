// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { healed, healingBlockedUntil, NO_HEALING } from '../../../src/rates/healing.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { NOW } from '../../support/builders.ts';

function history(...ages: readonly number[]): readonly number[] {
  return ages.map((age) => NOW - age);
}

describe('the healing budget', () => {
  it('lets five heals through at once and holds back the sixth', () => {
    let past = NO_HEALING;
    for (let i = 0; i < 5; i++) {
      expect(healingBlockedUntil(past, NOW + i)).toBeUndefined();
      past = healed(past, NOW + i);
    }
    expect(healingBlockedUntil(past, NOW + 5)).toBe(NOW + 10 * MINUTE);
  });

  it('opens again ten minutes after the oldest of the five, and not a moment before', () => {
    const past = history(9 * MINUTE, 8 * MINUTE, 7 * MINUTE, 6 * MINUTE, 5 * MINUTE);
    expect(healingBlockedUntil(past, NOW)).toBe(NOW + MINUTE);
    expect(healingBlockedUntil(past, NOW + MINUTE - 1)).toBe(NOW + MINUTE);
    expect(healingBlockedUntil(past, NOW + MINUTE)).toBeUndefined();
  });

  it('forgets what is older than the window', () => {
    expect(healed(history(11 * MINUTE, 10 * MINUTE, MINUTE), NOW)).toEqual([NOW - MINUTE, NOW]);
  });

  it('never keeps more than five moments', () => {
    let past = NO_HEALING;
    for (let i = 0; i < 50; i++) past = healed(past, NOW + i * SECOND);
    expect(past).toHaveLength(5);
  });

  it('does not hold back heals because of a clock that was ahead', () => {
    expect(healingBlockedUntil(history(-MINUTE, -MINUTE, -MINUTE, -MINUTE, -MINUTE), NOW)).toBeUndefined();
  });
});
