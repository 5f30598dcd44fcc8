// SPDX-License-Identifier: Apache-2.0
/**
 * Which Node.js this program runs on.
 * @module
 */

/** Major version; package.json says the same. */
export const OLDEST_NODE = 26;

/** Why nothing is started on this version of Node.js, and what to do; undefined: it is. */
export function nodeRefusal(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return undefined;
  return `Node.js ${version} is too old: start it with version ${OLDEST_NODE} or newer (node hack/setup.mjs puts one into node_modules/.bin)`;
}
