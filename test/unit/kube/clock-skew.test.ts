// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ClockSkew, exceedsSkew } from '../../../src/kube/clock-skew.ts';
import { HOUR, SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** One call to an API server whose clock is `ahead` of ours; `there` and `back` are the times on the way. */
async function call(clock: ManualClock, skew: ClockSkew, ahead: number, [there, back] = [1, 1]): Promise<void> {
  const sentAt = clock.now();
  await clock.advance(there);
  const date = Math.floor((clock.now() + ahead) / SECOND) * SECOND;
  await clock.advance(back);
  skew.observe({ date, sentAt, receivedAt: clock.now() });
}

async function calls(count: number, clock: ManualClock, skew: ClockSkew, ahead: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await call(clock, skew, ahead);
    await clock.advance(377);
  }
}

describe('skew', () => {
  it('is unknown before the first answer, and then no reason to refuse', () => {
    const skew = new ClockSkew(new ManualClock());
    expect(skew.skew()).toBeUndefined();
    expect(skew.refusal()).toBeUndefined();
  });

  it.each([0, 29 * SECOND, -29 * SECOND, HOUR, -HOUR])(
    'is known to a second when the server is %d ms ahead',
    async (ahead) => {
      const clock = new ManualClock();
      const skew = new ClockSkew(clock);
      await calls(20, clock, skew, ahead);
      expect(Math.abs((skew.skew() ?? Number.NaN) + ahead)).toBeLessThan(SECOND);
    },
  );

  it('takes the way there and back into account', async () => {
    const clock = new ManualClock();
    const skew = new ClockSkew(clock);
    await call(clock, skew, 0, [4 * SECOND, 4 * SECOND]);
    expect(Math.abs(skew.skew() ?? Number.NaN)).toBeLessThan(SECOND);
  });

  it('is not moved by a few odd answers, nor by calls that took too long', async () => {
    const clock = new ManualClock();
    const skew = new ClockSkew(clock);
    await calls(5, clock, skew, 0);
    await calls(4, clock, skew, HOUR);
    for (let i = 0; i < 20; i++) {
      await call(clock, skew, 0, [0, 25 * SECOND]);
    }
    expect(Math.abs(skew.skew() ?? Number.NaN)).toBeLessThan(SECOND);
  });

  it('follows a server that was put right', async () => {
    const clock = new ManualClock();
    const skew = new ClockSkew(clock);
    await calls(9, clock, skew, HOUR);
    await calls(9, clock, skew, 0);
    expect(Math.abs(skew.skew() ?? Number.NaN)).toBeLessThan(SECOND);
  });

  it('notices a jump of our own clock at once, before the next answer', async () => {
    const clock = new ManualClock();
    const skew = new ClockSkew(clock);
    await calls(3, clock, skew, 0);
    clock.jump(40 * SECOND);
    expect(skew.refusal()).toMatch(/^the clock of this machine is (39|40|41) s ahead of the API server's/);
    clock.jump(-80 * SECOND);
    expect(skew.refusal()).toMatch(/^the clock of this machine is (39|40|41) s behind the API server's/);
    clock.jump(40 * SECOND);
    expect(skew.refusal()).toBeUndefined();
  });

  it('ignores readings that cannot be', () => {
    const skew = new ClockSkew(new ManualClock());
    skew.observe({ date: Number.NaN, sentAt: 0, receivedAt: 1 });
    skew.observe({ date: 0, sentAt: 2, receivedAt: 1 });
    expect(skew.skew()).toBeUndefined();
  });
});

it.each([
  { skew: undefined, exceeds: false },
  { skew: 30 * SECOND, exceeds: false },
  { skew: 30 * SECOND + 1, exceeds: true },
  { skew: -30 * SECOND, exceeds: false },
  { skew: -30 * SECOND - 1, exceeds: true },
])('$skew ms of skew are too much: $exceeds', ({ skew, exceeds }) => {
  expect(exceedsSkew(skew)).toBe(exceeds);
});
