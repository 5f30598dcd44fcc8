// SPDX-License-Identifier: Apache-2.0
/**
 * Label selectors as kubectl takes them (`env=prod,tier in (a,b),!legacy`), for flags.
 * @module
 */
import type { LabelSelector, LabelSelectorRequirement } from '../api/object-meta.ts';
import type { Parsed } from './value-parsers.ts';

/** Everything, nothing (undefined), or what the selector says. */
export interface NamespaceChoice {
  readonly selector: LabelSelector | undefined;
}

const KEY = '[^\\s=!,()]+';
const EQUALS = new RegExp(`^(${KEY})\\s*(==?|!=)\\s*([^\\s=!,()]*)$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

/** `all`, `none` or a label selector. Keys and values are checked where the selector is used. */
export function namespaceChoice(text: string): Parsed<NamespaceChoice> {
  if (text === 'all' || text === 'none') {
    return { value: { selector: text === 'all' ? {} : undefined } };
  }
  const requirements: LabelSelectorRequirement[] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) {
      return { problem: 'must be all, none, or a label selector such as "env=prod,team in (a,b),!legacy"' };
    }
    requirements.push(requirement);
  }
  return { value: { selector: { matchExpressions: requirements } } };
}

function parseRequirement(part: string): LabelSelectorRequirement | undefined {
  const [, key, sign, value] = EQUALS.exec(part) ?? [];
  if (key !== undefined && value !== undefined) {
    return { key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] };
  }
  const [, setKey, operator, list] = SET.exec(part) ?? [];
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((item) => item.trim());
    return { key: setKey, operator: operator === 'in' ? 'In' : 'NotIn', values };
  }
  const [, not, existing] = EXISTS.exec(part) ?? [];
  return existing === undefined ? undefined : { key: existing, operator: not === '!' ? 'DoesNotExist' : 'Exists' };
}
