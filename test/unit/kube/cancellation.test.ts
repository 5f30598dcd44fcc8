// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Cancellation } from '../../../src/kube/cancellation.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('stops at the deadline, once', async () => {
  const clock = new ManualClock();
  const cancellation = Cancellation.start(clock, 100, undefined);
  let stops = 0;
  cancellation.onStop(() => (stops += 1));
  await clock.advance(99);
  expect(cancellation.reason).toBeUndefined();
  await clock.advance(1);
  expect(cancellation.reason).toBe('deadline');
  expect(stops).toBe(1);
});

it('stops with the signal, even one that came before', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const early = Cancellation.start(clock, 100, controller.signal);
  let stops = 0;
  early.onStop(() => (stops += 1));
  controller.abort();
  expect(early.reason).toBe('canceled');
  expect(stops).toBe(1);
  expect(Cancellation.start(clock, 100, controller.signal).reason).toBe('canceled');
});

it('leaves nothing behind', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const cancellation = Cancellation.start(clock, 100, controller.signal);
  cancellation.onStop(() => expect.fail('disposed'));
  cancellation.dispose();
  controller.abort();
  expect(clock.timers).toBe(0);
  expect(cancellation.reason).toBeUndefined();
});

it('without its deadline still heeds the signal', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const cancellation = Cancellation.start(clock, 100, controller.signal);
  cancellation.lift();
  await clock.advance(1000);
  expect(cancellation.reason).toBeUndefined();
  controller.abort();
  expect(cancellation.reason).toBe('canceled');
});

it('sleeps, but not past the deadline or the signal', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const cancellation = Cancellation.start(clock, 100, controller.signal);
  await expect(cancellation.sleep(100)).resolves.toBe(false);
  const slept = cancellation.sleep(50);
  await clock.advance(50);
  await expect(slept).resolves.toBe(true);
  const woken = cancellation.sleep(49);
  controller.abort();
  await expect(woken).resolves.toBe(false);
  await expect(cancellation.sleep(1)).resolves.toBe(false);
});

it('gives up on work that comes too late', async () => {
  const clock = new ManualClock();
  const cancellation = Cancellation.start(clock, 100, undefined);
  await expect(cancellation.race(Promise.resolve('done'))).resolves.toBe('done');
  await expect(cancellation.race(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const late = cancellation.race(new Promise(() => undefined));
  await clock.advance(100);
  await expect(late).resolves.toBeUndefined();
});
