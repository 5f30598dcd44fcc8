// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import type { Urgency } from '../../../src/controller/ready-keys.ts';
import { WorkQueue, type WorkQueueObserver } from '../../../src/controller/work-queue.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly queue: WorkQueue;
  /** Adds the key, which has to be worked on so long from now; `hard`: before what can wait. */
  within(key: string, patience: number, hard?: boolean): void;
}

function aQueue(observer?: WorkQueueObserver): Bench {
  const clock = new ManualClock();
  const urgencies = new Map<string, Urgency>();
  const urgencyOf = (key: string): Urgency | undefined => urgencies.get(key);
  const queue = new WorkQueue({ clock, random: () => 0, urgencyOf, ...(observer === undefined ? {} : { observer }) });
  const within = (key: string, patience: number, hard = false): void => {
    urgencies.set(key, { deadline: clock.now() + patience, hard });
    queue.add(key);
  };
  return { clock, queue, within };
}

async function take(queue: WorkQueue, count: number): Promise<(string | undefined)[]> {
  const keys: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(await queue.next());
  }
  return keys;
}

describe('order', () => {
  it('serves the nearest deadline first, and equal ones in the order they came', async () => {
    const { queue, within } = aQueue();
    queue.add('whenever-1');
    queue.add('whenever-2');
    within('soon', SECOND);
    within('late', -HOUR);
    expect(await take(queue, 4)).toEqual(['late', 'soon', 'whenever-1', 'whenever-2']);
  });

  it('lets a key that waited long go before one with a later deadline of its own', async () => {
    const { clock, queue, within } = aQueue();
    queue.add('waiting');
    await clock.advance(50 * SECOND);
    within('urgent', 20 * SECOND);
    expect(await take(queue, 2)).toEqual(['waiting', 'urgent']);
  });

  it('moves a waiting key forward but never back', async () => {
    const { queue, within } = aQueue();
    queue.add('a');
    queue.add('b');
    within('b', SECOND);
    within('b', HOUR);
    expect(queue.length).toBe(2);
    expect(await take(queue, 2)).toEqual(['b', 'a']);
  });

  it('believes the last word about the kind of a deadline, also of a key that is being worked on', async () => {
    const { queue, within } = aQueue();
    queue.add('a');
    await queue.next();
    within('a', -HOUR);
    within('a', -SECOND, true);
    within('b', -2 * HOUR);
    queue.done('a');
    expect(await take(queue, 2)).toEqual(['a', 'b']);
  });

  it('takes an unusable deadline as none', async () => {
    const { queue, within } = aQueue();
    within('a', Number.NaN);
    queue.add('b');
    expect(await take(queue, 2)).toEqual(['a', 'b']);
  });
});

describe('one at a time', () => {
  it('does not hand out a key that is being worked on, and does so once it is done', async () => {
    const { queue } = aQueue();
    queue.add('a');
    await queue.next();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('wakes one waiter for one key', async () => {
    const { queue } = aQueue();
    const got: (string | undefined)[] = [];
    void queue.next().then((key) => got.push(key));
    void queue.next().then((key) => got.push(key));
    queue.add('a');
    await settle();
    expect(got).toEqual(['a']);
  });
});

describe('delayed adds', () => {
  it('keeps one timer for any number of keys, and a delay of 25 days', async () => {
    const { clock, queue } = aQueue();
    for (let i = 0; i < 1000; i++) {
      queue.addAfter(`k${i}`, 25 * DAY + i);
    }
    expect(clock.timers).toBe(1);
    await clock.advance(25 * DAY - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await clock.advance(1000);
    expect(queue.length).toBe(1000);
    expect(clock.timers).toBe(0);
  });

  it('lets an earlier add replace a later one, and not the reverse', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', 10 * SECOND);
    queue.addAfter('a', 5 * SECOND);
    queue.addAfter('a', 20 * SECOND);
    expect(queue.delayed).toBe(1);
    await clock.advance(5 * SECOND);
    expect(queue.length).toBe(1);
    expect(queue.delayed).toBe(0);
  });

  it('adds at once what is due already', () => {
    const { queue } = aQueue();
    queue.addAfter('a', 0);
    queue.addAfter('b', -HOUR);
    queue.addAfter('c', Number.NaN);
    expect(queue.length).toBe(3);
  });

  it('is as urgent as its key is when it becomes due', async () => {
    const clock = new ManualClock();
    const soon = (): Urgency => ({ deadline: clock.now() + SECOND, hard: false });
    const queue = new WorkQueue({ clock, urgencyOf: (key) => (key === 'renewal' ? soon() : undefined) });
    queue.addAfter('other', 9 * SECOND);
    queue.addAfter('renewal', 10 * SECOND);
    await clock.advance(10 * SECOND);
    expect(await take(queue, 2)).toEqual(['renewal', 'other']);
  });

  it('comes early when the wall clock moves forward (suspended machine), never late when it moves back', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', HOUR);
    queue.addAfter('b', 10 * MINUTE);
    clock.jump(HOUR);
    await clock.advance(30 * SECOND);
    expect(queue.length).toBe(2);
    queue.addAfter('c', MINUTE);
    clock.jump(-DAY);
    await clock.advance(MINUTE);
    expect(queue.length).toBe(3);
  });
});

describe('back-off', () => {
  it('doubles with each failure and starts again after a success', async () => {
    const { clock, queue } = aQueue();
    for (const wait of [2.5, 5, 10, 20]) {
      queue.addRateLimited('a');
      await clock.advance(wait - 0.1);
      expect(queue.length).toBe(0);
      await clock.advance(0.1);
      expect(await queue.next()).toBe('a');
      queue.done('a');
    }
    queue.forget('a');
    expect(queue.failing).toBe(0);
    queue.addRateLimited('a');
    await clock.advance(2.5);
    expect(queue.length).toBe(1);
  });

  it('does not delay a key that something new happened to', () => {
    const { queue } = aQueue();
    queue.addRateLimited('a', { min: MINUTE });
    queue.add('a');
    expect(queue.length).toBe(1);
  });
});

describe('what was scheduled before a run', () => {
  it('is dropped when the run succeeds', async () => {
    const { queue } = aQueue();
    queue.addAfter('a', HOUR);
    queue.add('a');
    await queue.next();
    queue.forget('a');
    queue.done('a');
    expect(queue.delayed).toBe(0);
  });

  it('comes back when the run fails, also when it became due meanwhile', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', HOUR);
    queue.add('a');
    await queue.next();
    await clock.advance(2 * HOUR);
    queue.done('a');
    await clock.advance(0);
    expect(queue.length).toBe(1);
  });

  it('does not hide what was scheduled during the run', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', SECOND);
    queue.add('a');
    await queue.next();
    queue.addAfter('a', MINUTE);
    queue.forget('a');
    queue.done('a');
    expect(queue.delayed).toBe(1);
    await clock.advance(MINUTE);
    expect(queue.length).toBe(1);
  });
});

describe('shutdown', () => {
  it('wakes everybody who waits, hands out nothing more and leaves no timer', async () => {
    const { clock, queue } = aQueue();
    const waiting = [queue.next(), queue.next()];
    queue.addAfter('a', HOUR);
    queue.shutdown();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    queue.add('b');
    queue.addAfter('b', SECOND);
    queue.addRateLimited('b');
    expect(await queue.next()).toBeUndefined();
    expect(clock.timers).toBe(0);
    expect([queue.length, queue.delayed, queue.failing]).toEqual([0, 0, 0]);
  });

  it('takes back a key that was being worked on without starting anything', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', HOUR);
    queue.add('a');
    await queue.next();
    queue.add('a');
    queue.shutdown();
    queue.done('a');
    expect([queue.length, queue.delayed, queue.running, clock.timers]).toEqual([0, 0, 0, 0]);
  });
});

it('measures how long keys wait', async () => {
  const waited = vi.fn<(duration: number) => void>();
  const added = vi.fn<() => void>();
  const { clock, queue, within } = aQueue({ added, waited, retried: () => undefined });
  queue.add('a');
  await clock.advance(SECOND);
  queue.add('b');
  within('a', 0);
  await clock.advance(SECOND);
  expect(queue.oldestWait()).toBe(2 * SECOND);
  await take(queue, 2);
  expect(waited.mock.calls).toEqual([
    [2 * SECOND, 'a'],
    [SECOND, 'b'],
  ]);
  expect(added).toHaveBeenCalledTimes(2);
  expect(queue.oldestWait()).toBe(0);
});
