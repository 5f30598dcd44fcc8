// SPDX-License-Identifier: Apache-2.0
/**
 * The one place that reads the clock and sets timers. Everything else is handed a Clock, so tests own time.
 * @module
 */
import type { Duration, Instant } from '../time.ts';

export interface Clock {
  /** Wall clock; it may jump in either direction. For dates that other machines read, never for measuring. */
  now(): Instant;
  /** Milliseconds from an arbitrary start; never goes back, and counts while the process is stopped (SIGSTOP). */
  monotonic(): Duration;
  /** Runs once, no earlier than `delay` from now; any finite delay. Returns what cancels it. */
  after(delay: Duration, run: () => void): () => void;
}

/** Longest delay a Node.js timer takes; a longer one would fire at once. */
const LONGEST_TIMER: Duration = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = { now, monotonic, after };

function now(): Instant {
  return Date.now();
}

function monotonic(): Duration {
  return performance.now();
}

function after(delay: Duration, run: () => void): () => void {
  let remaining = Math.max(0, delay);
  let timer = setTimeout(step, Math.min(remaining, LONGEST_TIMER));
  return () => clearTimeout(timer);

  function step(): void {
    remaining -= LONGEST_TIMER;
    if (remaining <= 0) {
      run();
      return;
    }
    timer = setTimeout(step, Math.min(remaining, LONGEST_TIMER));
  }
}
