// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Manager, type Runnable } from '../../../src/controller/manager.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

const hang = (): Promise<never> => Promise.withResolvers<never>().promise;

function aPart(name: string, log: string[], more: Partial<Runnable> = {}): Runnable {
  return {
    name,
    start: () => {
      log.push(`start ${name}`);
    },
    stop: () => {
      log.push(`stop ${name}`);
    },
    ...more,
  };
}

it('starts in order, each after the one before is ready, and stops in reverse', async () => {
  const log: string[] = [];
  const ready = Promise.withResolvers<void>();
  const slow = aPart('b', log, {
    start: async () => {
      await ready.promise;
      log.push('start b');
    },
  });
  const manager = new Manager({
    runnables: [aPart('a', log), slow, aPart('c', log)],
    clock: new ManualClock(),
  });
  const started = manager.start();
  await settle();
  expect(log).toEqual(['start a']);
  ready.resolve();
  expect(await started).toBe(true);
  expect(await manager.stop()).toEqual({ unfinished: [] });
  expect(log).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  expect(await manager.stopped).toEqual({ unfinished: [] });
});

it('stops what had started when a part cannot start', async () => {
  const log: string[] = [];
  const error = new Error('port in use');
  const broken = aPart('b', log, { start: () => Promise.reject(error) });
  const manager = new Manager({ runnables: [aPart('a', log), broken, aPart('c', log)], clock: new ManualClock() });
  expect(await manager.start()).toBe(false);
  expect(await manager.stopped).toEqual({ error, unfinished: [] });
  expect(log).toEqual(['start a', 'stop b', 'stop a']);
});

it('stops everything at the first fatal error and keeps that one', async () => {
  const log: string[] = [];
  const fails: ((error: unknown) => void)[] = [];
  const part = aPart('a', log, { start: (fail) => void fails.push(fail) });
  const manager = new Manager({ runnables: [part], clock: new ManualClock() });
  await manager.start();
  fails[0]?.('first');
  fails[0]?.('second');
  expect(await manager.stopped).toEqual({ error: 'first', unfinished: [] });
  expect(log).toEqual(['stop a']);
});

it('stops while a part is still starting, and starts nothing more', async () => {
  const log: string[] = [];
  const manager = new Manager({
    runnables: [aPart('a', log), aPart('b', log, { start: hang }), aPart('c', log)],
    clock: new ManualClock(),
  });
  void manager.start();
  await settle();
  await manager.stop();
  expect(log).toEqual(['start a', 'stop b', 'stop a']);
});

it('keeps the deadline, names what did not stop, and still gives the others their turn', async () => {
  const log: string[] = [];
  const clock = new ManualClock();
  const manager = new Manager({
    runnables: [
      aPart('transport', log, {
        stop: () =>
          new Promise((resolve) => {
            clock.after(200, () => resolve(log.push('stop transport')));
          }),
      }),
      aPart('hung', log, { stop: hang }),
      aPart('broken', log, { stop: () => Promise.reject(new Error('no')) }),
      aPart('slow', log, { stop: () => new Promise((resolve) => clock.after(3 * SECOND, () => resolve(undefined))) }),
    ],
    clock,
  });
  await manager.start();
  const begin = clock.monotonic();
  let end = 0;
  const stop = manager.stop().then((stopped) => {
    end = clock.monotonic();
    return stopped;
  });
  await clock.advance(5 * SECOND);
  expect((await stop).unfinished).toEqual(['broken', 'hung']);
  expect(end - begin).toBeLessThanOrEqual(5 * SECOND);
  expect(log.at(-1)).toBe('stop transport');
  expect(clock.timers).toBe(0);
});
