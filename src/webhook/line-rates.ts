// SPDX-License-Identifier: Apache-2.0
/**
 * How many lines of a kind may be written: callers of the webhook are not authenticated, so what looks like the refusal of
 * a user may be anybody's, and as often as they like.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { SECOND } from '../time.ts';

/** Lines at once; more than a folder of objects causes. */
const BURST = 100;
const PER_SECOND = 20;

interface Bucket {
  tokens: number;
  filledAt: number;
  leftOut: number;
}

/** How many lines of this kind were left out since the one before; undefined: leave this one out as well. */
export type LineRates = (kind: 'Refused' | 'Unjudged' | 'Audit') => number | undefined;

/** A rate for each kind, so that none uses up the lines of another. */
export function createLineRates(clock: Pick<Clock, 'monotonic'>): LineRates {
  const buckets = new Map<string, Bucket>();
  return (kind) => {
    const now = clock.monotonic();
    const bucket = buckets.get(kind) ?? { tokens: BURST, filledAt: now, leftOut: 0 };
    buckets.set(kind, bucket);
    bucket.tokens = Math.min(BURST, bucket.tokens + ((now - bucket.filledAt) * PER_SECOND) / SECOND);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      bucket.leftOut += 1;
      return undefined;
    }
    const { leftOut } = bucket;
    bucket.tokens -= 1;
    bucket.leftOut = 0;
    return leftOut;
  };
}
