// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Controller } from '../../../src/controller/controller.ts';
import type { Reconcile, Result } from '../../../src/controller/result.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { ERROR_CODES, SignetError } from '../../../src/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { aController, onAbort } from './controller-bench.ts';

/** Fails the first times with the given errors, then succeeds. */
function failing(...errors: unknown[]): Reconcile {
  return () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve({}) : Promise.reject(error);
  };
}

describe('what an outcome means for the queue', () => {
  it('leaves a key alone after a success', async () => {
    const { clock, queue, controller, finished } = aController(() => Promise.resolve({}));
    controller.enqueue('a');
    controller.start();
    await clock.advance(HOUR);
    expect(finished).toEqual([{ key: 'a', outcome: 'success', duration: 0 }]);
    expect([queue.length, queue.delayed, queue.running, queue.failing]).toEqual([0, 0, 0, 0]);
  });

  it('comes back when the result asks for it', async () => {
    const results: Result[] = [{ requeueAfter: MINUTE }, {}];
    const { clock, controller, finished } = aController(() => Promise.resolve(results.shift() ?? {}));
    controller.enqueue('a');
    controller.start();
    await clock.advance(MINUTE - 1);
    expect(finished.map((run) => run.outcome)).toEqual(['requeue_after']);
    await clock.advance(1);
    expect(finished.map((run) => run.outcome)).toEqual(['requeue_after', 'success']);
  });

  it('does not spin when a result asks for a time in the past', async () => {
    const { clock, controller, finished } = aController(() => Promise.resolve({ requeueAfter: -HOUR }));
    controller.enqueue('a');
    controller.start();
    await clock.advance(SECOND);
    expect(finished.length).toBe(11);
  });

  it('tries again with back-off after an error, and forgets it after a success', async () => {
    const conflict = new SignetError('ERR_KUBE_CONFLICT', 'changed meanwhile');
    const { clock, queue, controller, finished } = aController(failing(conflict, conflict));
    controller.enqueue('a');
    controller.start();
    await clock.advance(2.4);
    expect(finished).toEqual([{ key: 'a', outcome: 'error', duration: 0, error: conflict }]);
    expect(queue.failing).toBe(1);
    await clock.advance(10);
    expect(finished.map((run) => run.outcome)).toEqual(['error', 'error', 'success']);
    expect(queue.failing).toBe(0);
  });

  it('waits as long as the API server asked for', async () => {
    const throttled = new SignetError('ERR_KUBE_THROTTLED', 'too many requests', { retryAfter: 7 * SECOND });
    const { clock, controller, finished } = aController(failing(throttled));
    controller.enqueue('a');
    controller.start();
    await clock.advance(7 * SECOND - 1);
    expect(finished.length).toBe(1);
    await clock.advance(1);
    expect(finished.length).toBe(2);
  });

  it('bounds the back-off by the remaining life of the key', async () => {
    const errors = Array.from({ length: 30 }, () => new SignetError('ERR_ISSUANCE', 'no'));
    const { clock, controller, finished } = aController(failing(...errors), { retryBounds: () => ({ max: SECOND }) });
    controller.enqueue('a');
    controller.start();
    await clock.advance(MINUTE);
    expect(finished.at(-1)?.outcome).toBe('success');
  });

  it.each(ERROR_CODES)('tries again after %s: no error leaves a key alone', async (code) => {
    const { clock, controller, finished } = aController(failing(new SignetError(code, 'no')));
    controller.enqueue('a');
    controller.start();
    await clock.advance(SECOND);
    expect(finished.map((run) => run.outcome)).toEqual(['error', 'success']);
  });
});

describe('foreign errors', () => {
  it.each([
    { thrown: new TypeError('unexpected token -----BEGIN PRIVATE KEY-----'), name: 'TypeError' },
    { thrown: 'a string with a secret', name: 'string' },
    { thrown: undefined, name: 'undefined' },
  ])('become an error of ours that quotes nothing ($name)', async ({ thrown, name }) => {
    const { controller, finished } = aController(() => Promise.reject(thrown));
    controller.enqueue('a');
    controller.start();
    await settle();
    expect(finished[0]?.error?.code).toBe('ERR_INVARIANT');
    expect(finished[0]?.error?.message).toBe(`unexpected ${name}; this is a bug`);
    expect(finished[0]?.error?.cause).toBe(thrown);
  });

  it('are caught when thrown before there is a promise', async () => {
    const { controller, finished } = aController(() => {
      throw new TypeError('no');
    });
    controller.enqueue('a');
    controller.start();
    await settle();
    expect(finished[0]?.outcome).toBe('error');
  });
});

it('never ends because of an observer or a bound that throws', async () => {
  const runs: string[] = [];
  const { clock, controller } = aController(
    (key) => {
      runs.push(key);
      return runs.length === 1 ? Promise.reject(new SignetError('ERR_KUBE_TIMEOUT', 'no')) : Promise.resolve({});
    },
    { observer: { started: broken, finished: broken }, retryBounds: broken, workers: 1 },
  );
  controller.enqueue('a');
  controller.start();
  await clock.advance(SECOND);
  controller.enqueue('b');
  await settle();
  expect(runs).toEqual(['a', 'a', 'b']);
});

describe('a run that hangs', () => {
  it('does not block the others, and never runs twice at once', async () => {
    const running = new Map<string, number>();
    const { clock, controller, finished } = aController(
      (key) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        return key === 'hung' ? Promise.withResolvers<Result>().promise : Promise.resolve({});
      },
      { workers: 2 },
    );
    controller.enqueue('hung');
    controller.start();
    await settle();
    controller.enqueue('hung');
    for (let i = 0; i < 100; i++) {
      controller.enqueue(`k${i}`);
    }
    await clock.advance(SECOND);
    expect(finished.length).toBe(100);
    expect(running.get('hung')).toBe(1);
    expect(controller.longestRun()).toBe(SECOND);
  });

  it('has its signal aborted after the limit and is tried again', async () => {
    let runs = 0;
    const { clock, controller, finished } = aController((_key, signal) => {
      runs++;
      return runs > 1 ? Promise.resolve({}) : new Promise((_resolve, reject) => onAbort(signal, reject));
    });
    controller.enqueue('a');
    controller.start();
    await clock.advance(2 * MINUTE + SECOND);
    expect(finished.map((run) => run.outcome)).toEqual(['error', 'success']);
    expect(finished[0]?.error?.code).toBe('ERR_KUBE_TIMEOUT');
  });

  it('is reported as too long, whatever its cut calls threw', async () => {
    const cut = new SignetError('ERR_KUBE_UNAVAILABLE', 'create secrets: canceled');
    const { clock, controller, finished } = aController(
      (_key, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(cut))),
      { runLimit: SECOND },
    );
    controller.enqueue('a');
    controller.start();
    await clock.advance(SECOND);
    expect(finished[0]).toMatchObject({ outcome: 'error', error: { code: 'ERR_KUBE_TIMEOUT', cause: cut } });
    await controller.stop(0);
  });
});

it('lets the event loop turn while runs that wait for nothing follow each other', async () => {
  const clock = new ManualClock();
  // Every run takes 5 ms of this clock without waiting for anything.
  let spent = 0;
  const busy = { now: clock.now, after: clock.after, monotonic: (): number => clock.monotonic() + spent };
  const queue = new WorkQueue({ clock });
  const reconcile: Reconcile = () => {
    spent += 5;
    return Promise.resolve({});
  };
  const controller = new Controller({ name: 'busy', reconcile, clock: busy, queue, workers: 3 });
  for (let i = 0; i < 50; i++) {
    controller.enqueue(`k${i}`);
  }
  controller.start();
  await settle();
  expect(queue.length).toBeGreaterThan(40);
  await clock.advance(SECOND);
  expect(queue.length).toBe(0);
});

function broken(): never {
  throw new Error('broken');
}
