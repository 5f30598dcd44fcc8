// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { AccessCache } from '../../../src/kube/access-cache.ts';
import type { Access } from '../../../src/kube/cluster.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly cache: AccessCache;
  /** The `fresh` of every reading. */
  readonly readings: boolean[];
  readonly problems: unknown[];
  fail: boolean;
}

function bench(): Bench {
  const clock = new ManualClock();
  const readings: boolean[] = [];
  const problems: unknown[] = [];
  async function access(fresh: boolean): Promise<Access> {
    readings.push(fresh);
    await Promise.resolve();
    if (self.fail) throw new Error('unreadable');
    return { tls: {}, authorization: `Bearer ${readings.length}` };
  }
  const cluster = { server: 'https://x', namespace: 'x', access };
  const cache = new AccessCache({ cluster, clock, onProblem: (error) => problems.push(error) });
  const self = { clock, cache, readings, problems, fail: false };
  return self;
}

it('reads at most once a minute, and once for all who ask', async () => {
  const { clock, cache, readings } = bench();
  expect(cache.recent()).toBeUndefined();
  await Promise.all([cache.refresh(), cache.refresh(), cache.refresh(true)]);
  expect(readings).toEqual([false, true]);
  await clock.advance(59_999);
  expect(cache.recent()).toBeDefined();
  await clock.advance(1);
  expect(cache.recent()).toBeUndefined();
  await cache.refresh();
  expect(readings).toEqual([false, true, false]);
});

it('reads at once after a refusal, but not for every refusal of a burst', async () => {
  const { clock, cache, readings } = bench();
  const first = await cache.refresh();
  const burst = await Promise.all(Array.from({ length: 30 }, () => cache.refresh(true)));
  expect(new Set(burst)).toEqual(new Set([cache.recent()]));
  expect(burst[0]).not.toBe(first);
  await cache.refresh(true);
  expect(readings).toEqual([false, true]);
  await clock.advance(1000);
  await cache.refresh(true);
  expect(readings).toEqual([false, true, true]);
});

it('keeps the last good settings while they can not be read, and tries again soon', async () => {
  const self = bench();
  const { clock, cache, readings, problems } = self;
  const good = await cache.refresh();
  self.fail = true;
  await clock.advance(60_000);
  await expect(cache.refresh()).resolves.toBe(good);
  expect(problems.map(String)).toEqual(['Error: unreadable']);
  expect(cache.recent()).toBe(good);
  await clock.advance(5000);
  expect(cache.recent()).toBeUndefined();
  self.fail = false;
  await expect(cache.refresh()).resolves.toEqual({ tls: {}, authorization: `Bearer ${readings.length}` });
});

it('fails while there never were any', async () => {
  const self = bench();
  self.fail = true;
  await expect(self.cache.refresh()).rejects.toThrow('unreadable');
  self.fail = false;
  await expect(self.cache.refresh()).resolves.toBeDefined();
});
