// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/controller/result.ts';
import { SignetError } from '../../../src/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { settle } from '../../support/manual-clock.ts';
import { aController, onAbort } from './controller-bench.ts';

describe('stop', () => {
  it('waits for runs in progress, starts no other and leaves no timer', async () => {
    const gate = Promise.withResolvers<Result>();
    const { clock, controller, finished } = aController(() => gate.promise, { workers: 1 });
    controller.enqueue('a');
    controller.enqueue('b');
    controller.start();
    await settle();
    let stopped = false;
    const stop = controller.stop().then(() => {
      stopped = true;
    });
    await clock.advance(SECOND);
    expect(stopped).toBe(false);
    gate.resolve({ requeueAfter: HOUR });
    await stop;
    expect(finished.map((run) => run.key)).toEqual(['a']);
    expect(clock.timers).toBe(0);
  });

  it('aborts what is not back after the grace period', async () => {
    const { clock, controller, finished } = aController(
      (_key, signal) => new Promise((_resolve, reject) => onAbort(signal, reject)),
      { grace: SECOND },
    );
    controller.enqueue('a');
    controller.start();
    await settle();
    const stop = controller.stop();
    await clock.advance(SECOND - 1);
    expect(finished).toEqual([]);
    await clock.advance(1);
    await stop;
    expect(finished).toEqual([{ key: 'a', outcome: 'canceled', duration: SECOND }]);
  });

  it('aborts at once when it is given no grace, also where an earlier stop gave some', async () => {
    const { clock, controller, finished } = aController(
      (_key, signal) => new Promise((_resolve, reject) => onAbort(signal, reject)),
      { grace: MINUTE },
    );
    controller.enqueue('a');
    controller.start();
    await settle();
    const stop = controller.stop();
    await controller.stop(0);
    await stop;
    expect(finished).toEqual([{ key: 'a', outcome: 'canceled', duration: 0 }]);
    expect(clock.timers).toBe(0);
  });

  it('reports no error of a run that it ended', async () => {
    const { controller, finished } = aController(
      (_key, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new SignetError('ERR_KUBE_UNAVAILABLE', 'canceled'))),
        ),
    );
    controller.enqueue('a');
    controller.start();
    await settle();
    await controller.stop(0);
    expect(finished).toEqual([{ key: 'a', outcome: 'canceled', duration: 0 }]);
  });

  it('works before start and twice', async () => {
    const { controller } = aController(() => Promise.resolve({}));
    await controller.stop();
    controller.start();
    controller.enqueue('a');
    await controller.stop();
    expect([controller.longestRun(), controller.queue.length]).toEqual([0, 0]);
  });
});

describe('a cut', () => {
  it('ends what is in progress, and has it come again', async () => {
    let runs = 0;
    const { clock, controller, finished } = aController((_key, signal) => {
      runs += 1;
      return runs > 1 ? Promise.resolve({}) : new Promise((_resolve, reject) => onAbort(signal, reject));
    });
    controller.enqueue('a');
    controller.start();
    await settle();
    controller.cut('the Lease is lost');
    await clock.advance(SECOND);
    expect(finished.map(({ outcome, error }) => [outcome, error?.code, error?.message])).toEqual([
      ['error', 'ERR_NOT_SIGNING', 'the Lease is lost'],
      ['success', undefined, undefined],
    ]);
    await controller.stop();
  });
});
