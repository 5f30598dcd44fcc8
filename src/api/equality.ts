// SPDX-License-Identifier: Apache-2.0
/**
 * Equality of JSON values as the API server sees it: key order and undefined fields do not count.
 * @module
 */

/** Whether storing `b` over `a` would change nothing. */
export function sameJSON(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
