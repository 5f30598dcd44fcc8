// SPDX-License-Identifier: Apache-2.0
/**
 * Who is told of the work of one part of the program: its queue and its runs, by the name of its controller, and its
 * caches.
 * @module
 */
import type { ControllerObserver } from '../controller/controller.ts';
import type { WorkQueueObserver } from '../controller/work-queue.ts';
import type { ReflectorObserver } from '../kube/reflector.ts';

export interface PartObserver {
  readonly reflectors: ReflectorObserver;
  controller(name: string): ControllerObserver;
  queue(name: string): WorkQueueObserver;
}
