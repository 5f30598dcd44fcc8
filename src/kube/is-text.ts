// SPDX-License-Identifier: Apache-2.0
/** @module Names and versions as they come from outside: whoever is between us and the API server may have put anything there. */

/** A text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
