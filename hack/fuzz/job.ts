// SPDX-License-Identifier: Apache-2.0
/**
 * What the thread that feeds a target and whoever watches it say to each other.
 * @module
 */

export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly milliseconds: number;
  /** Instead of the corpus, and nothing after them. */
  readonly files: readonly string[] | undefined;
  readonly shared: SharedArrayBuffer;
}

export type Told =
  | { readonly kind: 'finding'; readonly input: Uint8Array; readonly message: string; readonly stack: string }
  | { readonly kind: 'over' };

/** Places in the shared memory: counters of 32 bits, then the input that is being fed. */
export const SHARED = { executions: 0, kept: 1, length: 2, counters: 4, size: 1024 * 1024 } as const;
