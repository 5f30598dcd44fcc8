// SPDX-License-Identifier: Apache-2.0
/**
 * What is counted several times for each SVID under the same label: as plain numbers, which go into the objects of
 * Prometheus when somebody scrapes. Those look their labels up at every count.
 * @module
 */
import type { Counter, Gauge } from 'prom-client';

export interface Tallies {
  /** Counts one more of a controller. */
  readonly add: (counter: Counter, controller: string) => void;
  /** More, or fewer with -1, of a controller at the moment. */
  readonly change: (gauge: Gauge, controller: string, by: 1 | -1) => void;
  /** Hands over what takes everything in that was counted since, a piece for each series. */
  readonly take: (hand: (piece: () => void) => void) => void;
}

export function createTallies(): Tallies {
  const counted = new Map<Counter, Map<string, number>>();
  const present = new Map<Gauge, Map<string, number>>();
  return {
    add: (counter, controller) => raise(counted, counter, controller, 1),
    change: (gauge, controller, by) => raise(present, gauge, controller, by),
    take: (hand) => {
      for (const [counter, counts] of counted) {
        for (const [controller, count] of counts) hand(() => counter.inc({ controller }, count));
        // Handed over once, whatever becomes of it.
        counts.clear();
      }
      for (const [gauge, counts] of present) {
        for (const [controller, count] of counts) hand(() => gauge.set({ controller }, count));
      }
    },
  };
}

function raise<Metric>(all: Map<Metric, Map<string, number>>, metric: Metric, controller: string, by: number): void {
  let counts = all.get(metric);
  if (counts === undefined) {
    counts = new Map();
    all.set(metric, counts);
  }
  counts.set(controller, (counts.get(controller) ?? 0) + by);
}
