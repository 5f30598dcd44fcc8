// SPDX-License-Identifier: Apache-2.0
/**
 * Which of two objects came first, where only one of them can have what both ask for (design rule 12).
 * @module
 */

export interface Age {
  readonly uid: string;
  /** RFC 3339, as the API server writes it: compares as text. */
  readonly creationTimestamp: string;
}

/** Older creationTimestamp, then lower uid. */
export function precedes(a: Age, b: Age): boolean {
  return a.creationTimestamp < b.creationTimestamp || (a.creationTimestamp === b.creationTimestamp && a.uid < b.uid);
}
