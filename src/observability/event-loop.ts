// SPDX-License-Identifier: Apache-2.0
/**
 * Measures how late timers run, which is how long everything else waits too.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';

const INTERVAL: Duration = SECOND / 2;

export class EventLoopProbe {
  readonly #clock: Clock;
  readonly #observe: (lag: Duration) => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, observe: (lag: Duration) => void) {
    this.#clock = clock;
    this.#observe = observe;
  }

  start(): void {
    if (this.#cancel === undefined) {
      this.#schedule();
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const due = this.#clock.monotonic() + INTERVAL;
    this.#cancel = this.#clock.after(INTERVAL, () => {
      this.#observe(this.#clock.monotonic() - due);
      this.#schedule();
    });
  }
}
