// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, it } from 'vitest';
import { BATCH, MOST_WAITING, SpanBatches } from '../../../src/observability/span-batches.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

interface Sending {
  readonly batch: readonly number[];
  readonly resolve: (rejected?: number) => void;
  readonly reject: (error: unknown) => void;
}

let clock: ManualClock;
let sendings: Sending[];
let sent: number;
let dropped: { count: number; error: unknown }[];
let batches: SpanBatches<number>;

beforeEach(() => {
  clock = new ManualClock();
  sendings = [];
  sent = 0;
  dropped = [];
  batches = new SpanBatches({
    clock,
    send: (batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      sendings.push({ batch, resolve: (rejected = 0) => resolve(rejected), reject });
      return promise;
    },
    onSent: (count) => {
      sent += count;
    },
    onDropped: (count, error) => void dropped.push({ count, error }),
  });
});

function add(count: number): void {
  for (let number = 0; number < count; number += 1) batches.add(number);
}

function droppedInAll(): number {
  return dropped.reduce((all, { count }) => all + count, 0);
}

it('gathers what comes within a moment', async () => {
  add(2);
  await clock.advance(SECOND);
  add(1);
  expect(sendings).toHaveLength(0);
  await clock.advance(SECOND);
  expect(sendings.map(({ batch }) => batch)).toEqual([[0, 1, 0]]);
  sendings[0]?.resolve();
  await settle();
  expect(sent).toBe(3);
  expect(clock.timers).toBe(0);
});

it('sends a whole batch at once, and never two at a time', async () => {
  add(3 * BATCH);
  expect(sendings).toHaveLength(1);
  await clock.advance(60 * SECOND);
  expect(sendings).toHaveLength(1);
  sendings[0]?.resolve();
  await settle();
  expect(sendings).toHaveLength(2);
  sendings[1]?.resolve();
  await settle();
  sendings[2]?.resolve();
  await settle();
  expect(sent).toBe(3 * BATCH);
});

it('drops what there is no room for, and counts it', () => {
  add(BATCH + MOST_WAITING + 10);
  expect(dropped).toEqual(Array.from({ length: 10 }, () => ({ count: 1, error: undefined })));
});

it('drops a batch that does not arrive, says why, and goes on', async () => {
  add(BATCH);
  sendings[0]?.reject('away');
  await settle();
  expect(dropped).toEqual([{ count: BATCH, error: 'away' }]);
  add(1);
  await clock.advance(2 * SECOND);
  sendings[1]?.resolve();
  await settle();
  expect(sent).toBe(1);
});

it('sends everything that is left at the end', async () => {
  add(BATCH + 1);
  const stopped = batches.stop(2 * SECOND);
  for (const turn of [0, 1]) {
    await settle();
    sendings[turn]?.resolve();
  }
  await stopped;
  expect([sent, dropped]).toEqual([BATCH + 1, []]);
  expect(clock.timers).toBe(0);
});

it('ends in time with a collector that is silent, and says what was lost', async () => {
  add(BATCH + 7);
  const stopped = batches.stop(2 * SECOND);
  await clock.advance(2 * SECOND);
  await stopped;
  // What is under way may still arrive, or not.
  expect(droppedInAll()).toBe(7);
  sendings[0]?.reject('stopped');
  await settle();
  expect(droppedInAll()).toBe(BATCH + 7);
  add(1);
  expect(droppedInAll()).toBe(BATCH + 8);
  expect([sendings.length, clock.timers]).toEqual([1, 0]);
});
