// SPDX-License-Identifier: Apache-2.0
/**
 * Since when the keys that are being worked on were ready: what an issuance took as seen from outside, its wait in the
 * queue included.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { ControllerObserver } from '../controller/controller.ts';
import type { WorkQueueObserver } from '../controller/work-queue.ts';
import type { Duration } from '../time.ts';

export class ReadySince {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** On the monotonic clock. */
  readonly #since = new Map<string, Duration>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How long ago the key became ready; undefined: it is not being worked on. */
  elapsed(key: string): Duration | undefined {
    const since = this.#since.get(key);
    return since === undefined ? undefined : this.#clock.monotonic() - since;
  }

  queue(next: WorkQueueObserver): WorkQueueObserver {
    return {
      ...next,
      waited: (duration, key) => {
        this.#since.set(key, this.#clock.monotonic() - duration);
        next.waited(duration, key);
      },
    };
  }

  controller(next: ControllerObserver): ControllerObserver {
    return {
      ...next,
      finished: (run) => {
        this.#since.delete(run.key);
        next.finished(run);
      },
    };
  }
}
