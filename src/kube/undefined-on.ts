// SPDX-License-Identifier: Apache-2.0
/**
 * Answers of the API server that are no failure to whoever asks: an object that is not there, a name that is taken.
 * @module
 */
import { type ErrorCode, isSignetError } from '../errors.ts';

/** The result of a call; undefined: it failed with this code. Every other failure is thrown on. */
export async function undefinedOn<T>(code: ErrorCode, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isSignetError(error, code)) return undefined;
    throw error;
  }
}
