// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ReadySince } from '../../../src/signals/issuance-latency.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('counts from when a key was ready, until its run ends', async () => {
  const clock = new ManualClock();
  const ready = new ReadySince(clock);
  const waited: number[] = [];
  const queue = ready.queue({ added: () => undefined, retried: () => undefined, waited: (time) => waited.push(time) });
  const controller = ready.controller({ started: () => undefined, finished: () => undefined });
  queue.waited(3 * SECOND, 'shop/checkout');
  await clock.advance(SECOND);
  expect(ready.elapsed('shop/checkout')).toBe(4 * SECOND);
  expect(ready.elapsed('shop/other')).toBeUndefined();
  expect(waited).toEqual([3 * SECOND]);
  controller.finished({ key: 'shop/checkout', outcome: 'success', duration: 1 });
  expect(ready.elapsed('shop/checkout')).toBeUndefined();
});
