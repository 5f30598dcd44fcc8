// SPDX-License-Identifier: Apache-2.0
/**
 * How often a caBundle that somebody else keeps writing is mended: a few times at once, then after a pause, so that two
 * writers that disagree never keep the API server busy.
 * @module
 */
import { type Duration, MINUTE, SECOND } from '../../time.ts';

const BURST = 5;
const WINDOW: Duration = MINUTE;
const PAUSE: Duration = 30 * SECOND;

/** Kept in memory: a restart starts afresh, bounded again. All times are monotonic. */
export class Mending {
  #last: readonly Duration[] = [];
  #pausedUntil: Duration = Number.NEGATIVE_INFINITY;

  /** Takes note of one more. True when a pause begins with it. */
  mended(now: Duration): boolean {
    this.#last = [...this.#last.filter((at) => at > now - WINDOW), now].slice(-BURST);
    if (this.#last.length < BURST) return false;
    this.#pausedUntil = now + PAUSE;
    return true;
  }

  /** How long nothing is to be mended from now on; undefined: it may be. */
  pause(now: Duration): Duration | undefined {
    return now < this.#pausedUntil ? this.#pausedUntil - now : undefined;
  }
}
