// SPDX-License-Identifier: Apache-2.0
/**
 * How often an object that somebody keeps editing is healed (design rule 9): five times in any ten minutes, so two
 * writers that disagree can never turn into an issuance storm.
 * @module
 */
import { type Duration, type Instant, MINUTE } from '../time.ts';

/** Heals within WINDOW after which the object counts as contended. */
const BURST = 5;
const WINDOW: Duration = 10 * MINUTE;

/** The moments of the last heals of one object, oldest first. Kept in memory: a restart starts afresh, bounded again. */
export type HealingHistory = readonly Instant[];

export const NO_HEALING: HealingHistory = [];

/** The history after one more heal. */
export function healed(history: HealingHistory, now: Instant): HealingHistory {
  return [...recent(history, now), now].slice(-BURST);
}

/** When the next heal may happen; undefined: at once. */
export function healingBlockedUntil(history: HealingHistory, now: Instant): Instant | undefined {
  const last = recent(history, now);
  const oldest = last.length >= BURST ? last[0] : undefined;
  return oldest === undefined ? undefined : oldest + WINDOW;
}

/** Whether none of it counts any longer. */
export function isForgotten(history: HealingHistory, now: Instant): boolean {
  return recent(history, now).length === 0;
}

function recent(history: HealingHistory, now: Instant): HealingHistory {
  return history.filter((at) => at > now - WINDOW && at <= now);
}
