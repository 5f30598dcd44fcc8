// SPDX-License-Identifier: Apache-2.0
/**
 * Text of others that goes into an object or an answer of the API: no longer than there is room for.
 * @module
 */

/** Half a surrogate pair would come back from the API server as another text, and be written again for ever. */
export function boundedText(text: string, max: number): string {
  return (text.length > max ? `${text.slice(0, max - 3)}...` : text).toWellFormed();
}
