// SPDX-License-Identifier: Apache-2.0
/**
 * How long a watch waits before it connects again. It never spins, whatever the server does, and a herd of watches never
 * comes back in step.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';

export interface ReconnectTimings {
  /** Shortest wait after a failure. */
  readonly min: Duration;
  /** Longest wait of our own choosing; Retry-After may ask for more. */
  readonly max: Duration;
  /** A connection that lived this long starts the back-off afresh. */
  readonly settled: Duration;
}

export const RECONNECT_TIMINGS: ReconnectTimings = { min: 0.8 * SECOND, max: 30 * SECOND, settled: 10 * SECOND };

export interface EndedConnection {
  readonly lived: Duration;
  /** The server ended it without an error. */
  readonly clean: boolean;
  readonly retryAfter?: Duration | undefined;
}

export class Reconnect {
  readonly #timings: ReconnectTimings;
  readonly #random: () => number;
  #failures = 0;

  constructor(timings: ReconnectTimings, random: () => number) {
    this.#timings = timings;
    this.#random = random;
  }

  /** Milliseconds to wait after this end. */
  wait({ lived, clean, retryAfter = 0 }: EndedConnection): Duration {
    const { min, max, settled } = this.#timings;
    if (lived >= settled) this.#failures = 0;
    // Watches end by their own timeout every few minutes: nothing failed, so the gap stays short.
    if (clean && lived >= settled) return this.soon();
    const full = Math.min(max, 2 * min * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    const jitter = 0.5 + 0.5 * this.#random();
    return Math.max(full * jitter, retryAfter * (0.5 + jitter));
  }

  /** Milliseconds to wait where nothing failed; not quite at once, for all who were told the same at the same time. */
  soon(): Duration {
    return (this.#timings.min / 4) * this.#random();
  }

  /** The server is known to answer again: what failed until now counts no more. */
  restart(): void {
    this.#failures = 0;
  }
}

/** Resolves after the wait, or at once when `signal` says so. */
export function sleep(clock: Clock, wait: Duration, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(wait, done);
    signal.addEventListener('abort', done);
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
