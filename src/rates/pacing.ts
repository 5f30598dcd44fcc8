// SPDX-License-Identifier: Apache-2.0
/**
 * How often something is done because of somebody else: a few times at once, then one in every interval, so that whoever
 * asks again and again, or two controllers that disagree, cannot turn it into a storm.
 * @module
 */
import type { Duration, Instant } from '../time.ts';

export interface Rate {
  /** So many at once. */
  readonly burst: number;
  /** After those, one in every. */
  readonly interval: Duration;
}

/**
 * When the whole burst is there again; by the wall clock or the monotonic one, always the same of the two. Kept in memory:
 * a restart starts afresh, bounded again.
 */
export type Pace = Instant;

/** The pace of what has not been done yet. */
export const UNPACED: Pace = 0;

/** The pace after one more. One beyond the rate does not hold the next back longer, or it would not be believed. */
export function paced(pace: Pace, now: Instant, rate: Rate): Pace {
  return Math.min(Math.max(believable(pace, now, rate), now), now + (rate.burst - 1) * rate.interval) + rate.interval;
}

/** When the next one may follow; undefined: at once. */
export function pacedUntil(pace: Pace, now: Instant, rate: Rate): Instant | undefined {
  const until = believable(pace, now, rate) - (rate.burst - 1) * rate.interval;
  return until > now ? until : undefined;
}

/** A clock that is set right steps back a little; one that was far ahead must not hold anything back until its time comes. */
function believable(pace: Pace, now: Instant, { burst, interval }: Rate): Pace {
  return pace > now + (burst + 1) * interval ? UNPACED : pace;
}
