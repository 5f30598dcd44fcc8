// SPDX-License-Identifier: Apache-2.0
/**
 * Since when the keys that are being worked on were ready: what an issuance took as seen from outside, its wait in the
 * queue and the tries that failed before it included.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { ControllerObserver } from '../controller/controller.ts';
import type { WorkQueueObserver } from '../controller/work-queue.ts';
import type { Duration } from '../time.ts';

export class ReadySince {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** On the monotonic clock; of keys that are being worked on, or are to be tried again. */
  readonly #since = new Map<string, Duration>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How long ago the key became ready, before whatever failed since; undefined: there is nothing to do for it. */
  elapsed(key: string): Duration | undefined {
    const since = this.#since.get(key);
    return since === undefined ? undefined : this.#clock.monotonic() - since;
  }

  /** An SVID was stored: whatever fails after that is no wait for it, and the next one is counted anew. */
  issued(key: string): void {
    this.#since.delete(key);
  }

  /** Of one queue at a time. */
  queue(next: WorkQueueObserver): WorkQueueObserver {
    // Each signing term has a queue of its own: what the last one left undone has been another replica's since.
    this.#since.clear();
    return {
      ...next,
      waited: (duration, key) => {
        const since = this.#clock.monotonic() - duration;
        this.#since.set(key, Math.min(since, this.#since.get(key) ?? since));
        next.waited(duration, key);
      },
    };
  }

  controller(next: ControllerObserver): ControllerObserver {
    return {
      ...next,
      finished: (run) => {
        // A key that failed comes back, and one that is gone by then succeeds.
        if (run.outcome !== 'error') this.#since.delete(run.key);
        next.finished(run);
      },
    };
  }
}
