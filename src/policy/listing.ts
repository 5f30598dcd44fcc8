// SPDX-License-Identifier: Apache-2.0
/**
 * Lists inside messages: what is allowed, in as many words as people read.
 * @module
 */

const MAX_LISTED = 8;

/** A list for people, cut where nobody would read on. */
export function listed(items: readonly string[]): string {
  if (items.length === 0) return 'none';
  const more = items.length - MAX_LISTED;
  return more > 0 ? `${items.slice(0, MAX_LISTED).join(', ')} and ${more} more` : items.join(', ');
}

/** A statement, and below it a line for each thing that it is about. */
export function itemized(statement: string, lines: readonly string[]): string {
  return [`${statement}:`, ...lines.map((line) => `- ${line}`)].join('\n');
}

/** What is allowed instead, or that nothing is. */
export function choice(what: string, items: readonly string[]): string {
  return items.length === 0 ? 'have the policy allow one, for it allows none' : `${what} ${listed(items)}`;
}
