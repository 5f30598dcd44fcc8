// SPDX-License-Identifier: Apache-2.0
/**
 * How often changes of one spec re-issue: a few times at once, then at a bounded rate, so that somebody who changes it
 * again and again, or two controllers that disagree about it, cannot turn it into an issuance storm.
 * @module
 */
import { type Duration, type Instant, SECOND } from '../time.ts';

/** Issuances that may follow changes at once. */
const BURST = 5;
/** After those, one in every. */
const INTERVAL: Duration = 30 * SECOND;

/** When the whole burst is there again. Kept in memory: a restart starts afresh, bounded again. */
export type Pace = Instant;

/** The pace of an identity whose spec nobody changes. */
export const UNPACED: Pace = 0;

/** The pace after one more issuance. */
export function paced(pace: Pace, now: Instant): Pace {
  return Math.max(believable(pace, now), now) + INTERVAL;
}

/** When the next issuance may follow a change; undefined: at once. */
export function pacedUntil(pace: Pace, now: Instant): Instant | undefined {
  const until = believable(pace, now) - (BURST - 1) * INTERVAL;
  return until > now ? until : undefined;
}

/** A clock that is set right steps back a little; one that was far ahead must not hold anything back until its time comes. */
function believable(pace: Pace, now: Instant): Pace {
  return pace > now + (BURST + 1) * INTERVAL ? UNPACED : pace;
}
