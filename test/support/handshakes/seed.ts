// SPDX-License-Identifier: Apache-2.0
/**
 * Chance that can be had again: every number is a function of the seed of a run and of what it is for, never of the
 * order of events.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';

/** In [0, 1). */
export function chance(seed: string, ...what: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update([seed, ...what].join('/'))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** One of the choices, each as likely as its weight. */
export function weighted<T>(choices: readonly (readonly [choice: T, weight: number])[], at: number): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = at * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new Error('Nothing to choose from');
}

/** SIGNET_SEED, or a new seed. */
export function runSeed(): string {
  const given = process.env['SIGNET_SEED'] ?? '';
  return given === '' ? randomBytes(4).toString('hex') : given;
}
