// SPDX-License-Identifier: Apache-2.0
/**
 * The work queue against a model that says what it promises in the plainest way: lists, searched from the start.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Urgency } from '../../../src/controller/ready-keys.ts';
import { DEFAULT_URGENCY, WorkQueue } from '../../../src/controller/work-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Waiting extends Urgency {
  readonly key: string;
}

interface Scheduled {
  readonly key: string;
  readonly at: number;
}

interface Model {
  time: number;
  ready: Waiting[];
  delayed: Scheduled[];
  running: Map<string, { again: Urgency | undefined; before: Scheduled | undefined }>;
  failures: Map<string, number>;
  /** The kind that was served last. */
  last: 'hard' | 'soft';
  /** What is known of keys; undefined: nothing, so that the default counts from when they are ready. */
  readonly urgencies: Map<string, Urgency | undefined>;
}

interface Real {
  readonly clock: ManualClock;
  readonly queue: WorkQueue;
}

type Command = fc.AsyncCommand<Model, Real>;

function addTo(model: Model, key: string): void {
  readyIn(model, key, model.urgencies.get(key) ?? { deadline: model.time + DEFAULT_URGENCY, hard: false });
}

function readyIn(model: Model, key: string, urgency: Urgency): void {
  const running = model.running.get(key);
  const before = running === undefined ? model.ready.find((entry) => entry.key === key) : running.again;
  if (before !== undefined && before.hard === urgency.hard && before.deadline <= urgency.deadline) {
    return;
  }
  if (running === undefined) {
    model.ready = [...model.ready.filter((entry) => entry.key !== key), { key, ...urgency }];
  } else {
    running.again = urgency;
  }
}

function scheduleIn(model: Model, entry: Scheduled): void {
  const scheduled = model.delayed.find(({ key }) => key === entry.key);
  if (scheduled === undefined || entry.at < scheduled.at) {
    model.delayed = [...model.delayed.filter(({ key }) => key !== entry.key), entry];
  }
}

function addAfterTo(model: Model, key: string, delay: number): void {
  if (delay <= 0) {
    addTo(model, key);
  } else {
    scheduleIn(model, { key, at: model.time + delay });
  }
}

function check(model: Model, { queue }: Real): void {
  expect([queue.length, queue.delayed, queue.running, queue.failing]).toEqual([
    model.ready.length,
    model.delayed.length,
    model.running.size,
    model.failures.size,
  ]);
}

function command(name: string, step: (model: Model, real: Real) => Promise<void> | void): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await step(model, real);
      check(model, real);
    },
    toString: () => name,
  };
}

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const key = fc.constantFrom(...KEYS);
const offset = fc.constantFrom(undefined, -20, 0, 5, 20);

const learn = fc.tuple(key, offset, fc.boolean()).map(([key, offset, hard]) =>
  command(`learn(${key}, ${offset}, ${hard ? 'hard' : 'soft'})`, (model) => {
    model.urgencies.set(key, offset === undefined ? undefined : { deadline: model.time + offset, hard });
  }),
);

const add = key.map((key) =>
  command(`add(${key})`, (model, { queue }) => {
    queue.add(key);
    addTo(model, key);
  }),
);

const addAfter = fc.tuple(key, fc.integer({ min: -1, max: 40 })).map(([key, delay]) =>
  command(`addAfter(${key}, ${delay})`, (model, { queue }) => {
    queue.addAfter(key, delay);
    addAfterTo(model, key, delay);
  }),
);

const addRateLimited = fc.tuple(key, fc.integer({ min: 0, max: 30 })).map(([key, min]) =>
  command(`addRateLimited(${key}, ${min})`, (model, { queue }) => {
    queue.addRateLimited(key, { min });
    const failures = model.failures.get(key) ?? 0;
    model.failures.set(key, failures + 1);
    addAfterTo(model, key, Math.max(min, 2.5 * 2 ** failures));
  }),
);

/** The next, and what goes after it of its kind. */
function choiceOf({ ready, time, last }: Model): readonly Waiting[] {
  // Array sorting is stable: of equal deadlines the one that came first.
  const sorted = ready.toSorted((a, b) => a.deadline - b.deadline);
  const [hard, soft] = [sorted.filter((entry) => entry.hard), sorted.filter((entry) => !entry.hard)];
  if (hard.length === 0 || soft.length === 0) {
    return sorted;
  }
  return last === 'soft' || hard.some(({ deadline }) => deadline <= time) ? hard : soft;
}

const next = fc.constant(
  command('next()', async (model, { queue }) => {
    if (model.ready.length === 0) {
      return;
    }
    const [first] = choiceOf(model);
    expect(await queue.next()).toBe(first?.key);
    model.last = first?.hard === true ? 'hard' : 'soft';
    const taken = first?.key ?? '';
    model.ready = model.ready.filter((entry) => entry !== first);
    model.running.set(taken, { again: undefined, before: model.delayed.find((entry) => entry.key === taken) });
    model.delayed = model.delayed.filter((entry) => entry.key !== taken);
  }),
);

const done = fc.tuple(key, fc.boolean()).map(([key, succeeded]) =>
  command(`done(${key}, ${succeeded ? 'success' : 'failure'})`, (model, { queue }) => {
    const running = model.running.get(key);
    if (succeeded) {
      queue.forget(key);
      model.failures.delete(key);
    }
    queue.done(key);
    model.running.delete(key);
    if (running?.before !== undefined && !succeeded) {
      scheduleIn(model, running.before);
    }
    if (running?.again !== undefined) {
      readyIn(model, key, running.again);
    }
  }),
);

const advance = fc.integer({ min: 0, max: 30 }).map((duration) =>
  command(`advance(${duration})`, async (model, { clock }) => {
    await clock.advance(duration);
    const end = model.time + duration;
    for (const entry of model.delayed.toSorted((a, b) => a.at - b.at)) {
      if (entry.at <= end) {
        model.delayed = model.delayed.filter((other) => other !== entry);
        model.time = Math.max(model.time, entry.at);
        addTo(model, entry.key);
      }
    }
    model.time = end;
    expect(clock.timers).toBeLessThanOrEqual(1);
  }),
);

it('keeps its promises under any sequence of calls', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([learn, add, addAfter, addRateLimited, next, done, advance], { maxCommands: 60, size: 'max' }),
      async (commands) => {
        const clock = new ManualClock();
        const urgencies = new Map<string, Urgency | undefined>();
        const queue = new WorkQueue({ clock, random: () => 0, urgencyOf: (key) => urgencies.get(key) });
        const nothing = { ready: [], delayed: [], running: new Map(), failures: new Map() };
        const model: Model = { time: clock.now(), urgencies, last: 'hard', ...nothing };
        await fc.asyncModelRun(() => ({ model, real: { clock, queue } }), commands);
      },
    ),
    { numRuns: 400 },
  );
});

it('never loses a key: a run begins after the last add, whatever fails meanwhile', async () => {
  const step = fc.record({ key, wait: fc.integer({ min: 0, max: 5 }), delay: fc.integer({ min: 0, max: 20 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat(4)), async (steps, works) => {
      const clock = new ManualClock();
      const queue = new WorkQueue({ clock, random: () => 0.5 });
      const added = new Map<string, number>();
      const begun = new Map<string, number>();
      let sequence = 0;
      const worker = async (): Promise<void> => {
        for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
          begun.set(key, sequence++);
          await new Promise<void>((resolve) => clock.after(works.next().value, resolve));
          if (works.next().value > 1) {
            queue.forget(key);
          }
          queue.done(key);
        }
      };
      const workers = [worker(), worker()];
      for (const { key, wait, delay } of steps) {
        added.set(key, sequence++);
        queue.addAfter(key, delay);
        await clock.advance(wait);
      }
      await clock.advance(1000);
      for (const [key, last] of added) {
        expect(begun.get(key)).toBeGreaterThan(last);
      }
      expect([queue.length, queue.delayed, queue.running]).toEqual([0, 0, 0]);
      queue.shutdown();
      await Promise.all(workers);
    }),
    { numRuns: 200 },
  );
});
