// SPDX-License-Identifier: Apache-2.0
/**
 * Chance that can be repeated: the same seed makes the same choices (sfc32).
 * @module
 */

export interface Random {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  /** One of them; there must be one. */
  pick<T>(from: readonly T[]): T;
}

export function seededRandom(seed: number): Random {
  let [a, b, c, count] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = (): number => {
    const sum = (a + b + count++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The first numbers of seeds that are alike are alike.
  for (let round = 0; round < 16; round += 1) next();
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick: <T>(from: readonly T[]): T => {
      if (from.length === 0) throw new Error('there is nothing to pick from');
      return from[below(from.length)] as T;
    },
  };
}
