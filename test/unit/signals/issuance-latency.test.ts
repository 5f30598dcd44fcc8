// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { OUTCOMES } from '../../../src/controller/controller.ts';
import { SignetError } from '../../../src/errors.ts';
import { ReadySince } from '../../../src/signals/issuance-latency.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const KEY = 'shop/checkout';
const RUN = { key: KEY, duration: 1 };
const FAILED = { ...RUN, outcome: 'error', error: new SignetError('ERR_KUBE_TIMEOUT', 'no answer') } as const;

function working() {
  const clock = new ManualClock();
  const ready = new ReadySince(clock);
  const waited: number[] = [];
  const begin = () =>
    ready.queue({ added: () => undefined, retried: () => undefined, waited: (time) => waited.push(time) });
  const controller = ready.controller({ started: () => undefined, finished: () => undefined });
  return { clock, ready, waited, begin, controller };
}

it('counts from when a key was ready, until its run ends', async () => {
  const { clock, ready, waited, begin, controller } = working();
  begin().waited(3 * SECOND, KEY);
  await clock.advance(SECOND);
  expect(ready.elapsed(KEY)).toBe(4 * SECOND);
  expect(ready.elapsed('shop/other')).toBeUndefined();
  expect(waited).toEqual([3 * SECOND]);
  controller.finished({ ...RUN, outcome: 'success' });
  expect(ready.elapsed(KEY)).toBeUndefined();
});

it('counts from before the first of the tries that failed', async () => {
  const { clock, ready, begin, controller } = working();
  const queue = begin();
  for (let minute = 0; minute < 10; minute += 1) {
    queue.waited(2, KEY);
    controller.finished(FAILED);
    await clock.advance(MINUTE);
  }
  queue.waited(2, KEY);
  expect(ready.elapsed(KEY)).toBe(10 * MINUTE + 2);
  controller.finished({ ...RUN, outcome: 'requeue_after' });
  await clock.advance(MINUTE);
  queue.waited(2, KEY);
  expect(ready.elapsed(KEY)).toBe(2);
});

it.each(OUTCOMES.filter((outcome) => outcome !== 'error'))('keeps nothing of a run that ends with %s', (outcome) => {
  const { ready, begin, controller } = working();
  const queue = begin();
  queue.waited(2, KEY);
  controller.finished(FAILED);
  queue.waited(2, KEY);
  controller.finished({ ...RUN, outcome });
  expect(ready.elapsed(KEY)).toBeUndefined();
});

it('counts anew after an SVID was stored, where the rest of its run goes on to fail', async () => {
  const { clock, ready, begin, controller } = working();
  const queue = begin();
  queue.waited(2, KEY);
  ready.issued(KEY);
  controller.finished(FAILED);
  await clock.advance(MINUTE);
  queue.waited(3, KEY);
  expect(ready.elapsed(KEY)).toBe(3);
});

it('keeps nothing of what was tried in an earlier term', () => {
  const { ready, begin, controller } = working();
  begin().waited(2, KEY);
  controller.finished(FAILED);
  expect(ready.elapsed(KEY)).toBe(2);
  begin();
  expect(ready.elapsed(KEY)).toBeUndefined();
});
