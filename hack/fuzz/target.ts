// SPDX-License-Identifier: Apache-2.0
/**
 * What a target of the fuzzer is, and how its promises are put into words.
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { type ErrorCode, isSignetError } from '../../src/errors.ts';
import type { Mutator } from './mutate.ts';

export interface Target {
  /** Texts that inputs are put together with, beside one another's pieces. */
  readonly tokens?: readonly string[];
  /** How inputs are changed apart from octets, words and lines. */
  readonly mutators?: readonly Mutator[];
  /** The corpus is PEM for people, the input the DER in it. */
  readonly der?: true;
  /** Inputs that must not be in the tree, such as keys; new ones each time. */
  readonly made?: () => Promise<readonly Buffer[]>;
  /** Inputs of the short form among the tests. */
  readonly quick?: number;
  /**
   * Feeds one input to the parsers. Throws where a promise is broken. Returns what came of it in a few words: an input
   * with an outcome of its own is kept and changed further.
   */
  readonly feed: (input: Buffer) => string | Promise<string>;
}

/** Fails unless the promise holds. `what` reads on after "broken promise:". */
export function promise(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken promise: ${what}`);
}

/** Fails unless both are alike, with what differs. */
export function promiseSame(ours: unknown, theirs: unknown, what: string): void {
  if (isDeepStrictEqual(ours, theirs)) return;
  throw new Error(`broken promise: ${what}: ${shown(ours)} is not ${shown(theirs)}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
  return (text ?? String(value)).slice(0, 300);
}

/** The value, or the refusal as an outcome; whatever is thrown apart from these codes is a finding. */
export function refusing<T>(
  codes: readonly ErrorCode[],
  read: () => T,
): { readonly value: T } | { readonly refused: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (!isSignetError(error, ...codes)) throw error;
    return { refused: outcome(error.code, error.message) };
  }
}

/** An outcome without what differs from input to input: numbers, quoted text. */
export function outcome(...parts: readonly unknown[]): string {
  return parts
    .map((part) => String(part).slice(0, 200))
    .join(' ')
    .replaceAll(/"[^"]*"/gu, '""')
    .replaceAll(/\d+/gu, '#');
}

/** What is left of a message that quotes the input: its lowercase words, and not many. */
export function plainWords(message: string): string {
  return message.replaceAll(/\S*[^a-z\s]\S*/gu, '.').slice(0, 60);
}
