// SPDX-License-Identifier: Apache-2.0
/**
 * Which policies are about a namespace and a service account.
 * @module
 */
import { matchesSelector } from '../api/label-selector.ts';
import type { ResolvedIdentityPolicy } from '../api/resolved.ts';

type Match = Pick<ResolvedIdentityPolicy, 'namespaceNames' | 'namespaceSelector' | 'matchedServiceAccounts'>;

/** Whether the policy is about the namespace at all. */
export function matchesNamespace(
  { namespaceNames, namespaceSelector }: Match,
  { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  const named = namespaceNames === undefined || matchesAnyName(namespaceNames, name);
  return named && (namespaceSelector === undefined || matchesSelector(namespaceSelector, labels));
}

/** Whether the policy is about the service account, in a namespace it is about. */
export function matchesServiceAccount({ matchedServiceAccounts: patterns }: Match, name: string): boolean {
  return patterns === undefined || matchesAnyName(patterns, name);
}

/** Whether one of the patterns, each with at most one `*` for any characters, covers the name. */
export function matchesAnyName(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesName(pattern, name));
}

function matchesName(pattern: string, name: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === name;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
}
