// SPDX-License-Identifier: Apache-2.0
/**
 * What may be done a moment later is done many pieces at a time: between other work each would find nothing that it needs
 * in the caches of the processor, and take several times as long.
 * @module
 */

export interface Batch {
  /** Takes one piece more. Returns whether as many wait as should: it is time to run. */
  add(piece: () => void): boolean;
  /** Does what waits, in its order. One piece that fails costs none of the others. */
  run(): void;
}

/** `failed` is told of each piece that threw. */
export function createBatch(most: number, failed: (error: unknown) => void): Batch {
  let waiting: (() => void)[] = [];
  return {
    add(piece) {
      waiting.push(piece);
      return waiting.length >= most;
    },
    run() {
      const due = waiting;
      waiting = [];
      for (const piece of due) {
        try {
          piece();
        } catch (error) {
          failed(error);
        }
      }
    },
  };
}
