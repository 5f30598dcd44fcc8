// SPDX-License-Identifier: Apache-2.0
/**
 * The control loop of one part of the program: a queue of its own, and whoever observes the part hears of both by its name.
 * @module
 */
import { Controller, type ControllerOptions } from '../controller/controller.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import type { PartObserver } from './part-observer.ts';

export interface PartControllerOptions extends Omit<ControllerOptions, 'queue' | 'observer'> {
  readonly observer: PartObserver;
}

/** Nothing runs before it is started. */
export function partController({ observer, ...options }: PartControllerOptions): Controller {
  const { name, clock } = options;
  const queue = new WorkQueue({ clock, observer: observer.queue(name) });
  return new Controller({ ...options, queue, observer: observer.controller(name) });
}
