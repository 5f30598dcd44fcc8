// SPDX-License-Identifier: Apache-2.0
/**
 * A controller on a clock that moves when told to, and what became of its runs.
 * @module
 */
import { Controller, type ControllerOptions, type Finished } from '../../../src/controller/controller.ts';
import type { Reconcile } from '../../../src/controller/result.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export interface Bench {
  readonly clock: ManualClock;
  readonly queue: WorkQueue;
  readonly controller: Controller;
  readonly finished: Finished[];
}

export function aController(reconcile: Reconcile, more: Partial<ControllerOptions> = {}): Bench {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const finished: Finished[] = [];
  const observer = { started: (): void => undefined, finished: (run: Finished): number => finished.push(run) };
  const controller = new Controller({ name: 'test', reconcile, clock, queue, workers: 4, observer, ...more });
  return { clock, queue, controller, finished };
}

/** Rejects as a foreign call does whose signal is aborted. */
export function onAbort(signal: AbortSignal, reject: (error: Error) => void): void {
  signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
}
