// SPDX-License-Identifier: Apache-2.0
/**
 * How many lines of a kind may be written, so that neither a failing cluster nor anybody who can connect fills a log.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { SECOND } from '../time.ts';

export interface LineRate {
  /** Lines at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** How many lines of this kind were left out since the one before; undefined: leave this one out as well. */
export type LineRates<Kind extends string = string> = (kind: Kind) => number | undefined;

interface Bucket {
  tokens: number;
  filledAt: number;
  leftOut: number;
}

/** The same rate for each kind, so that none uses up the lines of another. Kinds are constants: all are remembered. */
export function lineRates({ burst, perSecond }: LineRate, clock: Pick<Clock, 'monotonic'>): LineRates {
  const buckets = new Map<string, Bucket>();
  return (kind) => {
    const now = clock.monotonic();
    const bucket = buckets.get(kind) ?? { tokens: burst, filledAt: now, leftOut: 0 };
    buckets.set(kind, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * perSecond) / SECOND);
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

/** Fields of a line that is written although others were not. */
export function withLeftOut<T extends object>(fields: T, leftOut: number): T & { readonly leftOut?: number } {
  return leftOut === 0 ? fields : { ...fields, leftOut };
}
