// SPDX-License-Identifier: Apache-2.0
/**
 * How many lines of a kind may be written, so that neither a failing cluster nor anybody who can connect fills a log.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { type Pace, paced, pacedUntil, type Rate, UNPACED } from '../rates/pacing.ts';

/** How many lines of this kind were left out since the one before; undefined: leave this one out as well. */
export type LineRates<Kind extends string = string> = (kind: Kind) => number | undefined;

interface Lines {
  readonly pace: Pace;
  readonly leftOut: number;
}

const NO_LINES: Lines = { pace: UNPACED, leftOut: 0 };

/** The same rate for each kind, so that none uses up the lines of another. Kinds are constants: all are remembered. */
export function lineRates(rate: Rate, clock: Pick<Clock, 'monotonic'>): LineRates {
  const kinds = new Map<string, Lines>();
  return (kind) => {
    const now = clock.monotonic();
    const { pace, leftOut } = kinds.get(kind) ?? NO_LINES;
    if (pacedUntil(pace, now, rate) !== undefined) {
      kinds.set(kind, { pace, leftOut: leftOut + 1 });
      return undefined;
    }
    kinds.set(kind, { pace: paced(pace, now, rate), leftOut: 0 });
    return leftOut;
  };
}

/** Fields of a line that is written although others were not. */
export function withLeftOut<T extends object>(fields: T, leftOut: number): T & { readonly leftOut?: number } {
  return leftOut === 0 ? fields : { ...fields, leftOut };
}
