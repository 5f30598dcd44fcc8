// SPDX-License-Identifier: Apache-2.0
/**
 * How long a failing key waits: exponential, jittered, and bounded from both sides by what the caller knows.
 * @module
 */
import { type Duration, MINUTE, SECOND } from '../time.ts';

const BACKOFF_BASE: Duration = 5;
const BACKOFF_MAX: Duration = 5 * MINUTE;
/** A cap never pushes the wait below this: an expired certificate must not turn into a busy loop. */
const BACKOFF_CAP_FLOOR: Duration = SECOND;

export interface BackoffBounds {
  /** No longer than this (remaining life), down to BACKOFF_CAP_FLOOR. */
  readonly max?: Duration | undefined;
  /** No shorter than this (the other side's Retry-After), up to BACKOFF_MAX; `max` is stronger (design rule 9). */
  readonly min?: Duration | undefined;
}

/**
 * Wait before the next try after `failures` earlier ones (0 for the first): 5 ms doubling to 5 min, of which the
 * upper half is random. `random` is in [0, 1).
 */
export function backoffDelay(failures: number, bounds: BackoffBounds, random: number): Duration {
  const full = Math.min(BACKOFF_MAX, BACKOFF_BASE * 2 ** Math.min(failures, 30));
  const jittered = full * (0.5 + 0.5 * random);
  const asked = Math.min(BACKOFF_MAX, bounds.min ?? 0);
  return Math.min(Math.max(jittered, asked), Math.max(BACKOFF_CAP_FLOOR, bounds.max ?? BACKOFF_MAX));
}
