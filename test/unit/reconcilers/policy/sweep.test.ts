// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Sweep } from '../../../../src/reconcilers/policy/sweep.ts';
import { SECOND } from '../../../../src/time.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

describe('the sweep', () => {
  it('looks at a thousand identities a second, each once', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const sweep = new Sweep({ clock, enqueue: (key) => seen.push(key) });
    const keys = Array.from({ length: 1050 }, (_, index) => `shop/${index}`);
    sweep.add(keys);
    sweep.add(keys.slice(500));
    expect(seen).toHaveLength(100);
    await clock.advance(SECOND - 1);
    expect(seen).toHaveLength(1000);
    await clock.advance(SECOND);
    expect(new Set(seen).size).toBe(1050);
    expect(seen).toHaveLength(1050);
    expect(clock.timers).toBe(0);
  });

  it('forgets the rest when it is stopped', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const sweep = new Sweep({ clock, enqueue: (key) => seen.push(key) });
    sweep.add(Array.from({ length: 300 }, (_, index) => String(index)));
    sweep.stop();
    await clock.advance(10 * SECOND);
    expect(seen).toHaveLength(100);
    expect(clock.timers).toBe(0);
  });
});
