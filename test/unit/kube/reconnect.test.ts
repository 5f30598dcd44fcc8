// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { RECONNECT_TIMINGS, Reconnect } from '../../../src/kube/reconnect.ts';

const failed = { lived: 0, clean: false };

it('backs off from 0.8 s to 30 s, whatever the dice', () => {
  for (const random of [0, 0.5, 0.999]) {
    const reconnect = new Reconnect(RECONNECT_TIMINGS, () => random);
    const waits = Array.from({ length: 50 }, () => reconnect.wait(failed));
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(800);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(30_000);
    expect(waits[0]).toBeLessThanOrEqual(1600);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000);
  }
});

it('starts afresh after a connection that lived', () => {
  const reconnect = new Reconnect(RECONNECT_TIMINGS, () => 0);
  for (let i = 0; i < 10; i += 1) reconnect.wait(failed);
  expect(reconnect.wait({ lived: 60_000, clean: false })).toBe(800);
});

it('hardly waits after a watch that ended by its own timeout, but does after one that ended at once', () => {
  const reconnect = new Reconnect(RECONNECT_TIMINGS, () => 0.999);
  expect(reconnect.wait({ lived: 300_000, clean: true })).toBeLessThan(200);
  const waits = Array.from({ length: 10 }, () => reconnect.wait({ lived: 10, clean: true }));
  expect(waits.at(-1)).toBeGreaterThan(15_000);
});

it('waits as long as it was asked to', () => {
  const reconnect = new Reconnect(RECONNECT_TIMINGS, () => 0);
  expect(reconnect.wait({ ...failed, retryAfter: 45_000 })).toBeGreaterThanOrEqual(45_000);
});
