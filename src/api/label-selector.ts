// SPDX-License-Identifier: Apache-2.0
/**
 * Label selectors with the semantics of metav1.LabelSelector, except that an absent one selects nothing: what is not
 * said is not allowed.
 * @module
 */
import type { LabelSelector, LabelSelectorRequirement } from './object-meta.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether the selector selects an object with these labels. Absent: never. Empty: always. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const present = new Map(Object.entries(labels ?? {}));
  const wanted = Object.entries(selector.matchLabels ?? {});
  return (
    wanted.every(([key, value]) => present.get(key) === value) &&
    (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, present))
  );
}

function matchesRequirement(requirement: LabelSelectorRequirement, present: ReadonlyMap<string, string>): boolean {
  const value = present.get(requirement.key);
  const listed = value !== undefined && (requirement.values ?? []).includes(value);
  switch (requirement.operator) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
