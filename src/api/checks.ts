// SPDX-License-Identifier: Apache-2.0
/**
 * The bounds a structural schema has (length, count, enumeration, duplicates), as small checks that return every fault.
 * @module
 */
import { type Duration, SECOND } from '../time.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { dnsNameProblem, labelKeyProblem, labelValueProblem, MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from './grammar.ts';

/** Shortest lifetime of anything we sign. */
export const MIN_LIFETIME: Duration = 20 * SECOND;

/** Says in words what is wrong with a text, or undefined. */
export type Grammar = (text: string) => string | undefined;

/** A text of 1 to `max` characters that follows a grammar. */
export function checkText(path: string, text: string, max: number, grammar: Grammar): readonly FieldError[] {
  if (text === '') return [fieldError(path, '', 'must not be empty')];
  // Characters are code points, of one or two code units; only in between do they need counting.
  if (text.length > max && (text.length > 2 * max || Array.from(text).length > max)) {
    return [fieldError(path, text, `must have at most ${max} characters`)];
  }
  const problem = grammar(text);
  return problem === undefined ? [] : [fieldError(path, text, problem)];
}

/** The grammar of free text. */
export function anyText(): undefined {
  return undefined;
}

export function checkOneOf(path: string, value: string, values: readonly string[]): readonly FieldError[] {
  if (values.includes(value)) return [];
  return [fieldError(path, value, `must be one of ${values.join(', ')}`)];
}

/** Checks one item of a list, at its own path. */
export type ItemCheck<Item> = (path: string, item: Item) => readonly FieldError[];

/** A bounded list, each item checked. An absent list has no faults. */
export function checkList<Item>(
  path: string,
  list: readonly Item[] | undefined,
  max: number,
  check: ItemCheck<Item>,
): readonly FieldError[] {
  if (list === undefined) return [];
  if (list.length > max) return [fieldError(path, undefined, `must have at most ${max} items`)];
  return list.flatMap((item, index) => check(`${path}[${index}]`, item));
}

/** A bounded list of texts in which none occurs twice. */
export function checkSet(
  path: string,
  list: readonly string[] | undefined,
  max: number,
  check: ItemCheck<string>,
): readonly FieldError[] {
  const seen = new Set<string>();
  return checkList(path, list, max, (at, item) => {
    if (seen.has(item)) return [fieldError(at, item, 'is in the list already; remove it')];
    seen.add(item);
    return check(at, item);
  });
}

/** A map with a bounded number of entries, keys and values checked; faults of a key are faults of the map. */
export function checkMap(
  path: string,
  map: Readonly<Record<string, string>> | undefined,
  max: number,
  check: (path: string, key: string, value: string) => readonly FieldError[],
): readonly FieldError[] {
  const entries = Object.entries(map ?? {});
  if (entries.length > max) return [fieldError(path, undefined, `must have at most ${max} entries`)];
  return entries.flatMap(([key, value]) => check(path, key, value));
}

/** A parsed duration; `value` is NaN, which breaks no rule of comparison, where the text is none. */
export interface ParsedDuration {
  readonly value: Duration;
  readonly errors: readonly FieldError[];
}

/** A duration of at least `min`. */
export function checkDuration(path: string, text: string, min: Duration): ParsedDuration {
  const parsed = parseDuration(text);
  if ('problem' in parsed) return { value: Number.NaN, errors: [fieldError(path, text, parsed.problem)] };
  if (parsed.value >= min) return { value: parsed.value, errors: [] };
  return { value: parsed.value, errors: [fieldError(path, text, `must be at least ${formatDuration(min)}`)] };
}

export function checkDNSName(path: string, name: string): readonly FieldError[] {
  return checkText(path, name, MAX_NAME_LENGTH, dnsNameProblem);
}

export function checkLabelKey(path: string, key: string): readonly FieldError[] {
  const problem = labelKeyProblem(key);
  return problem === undefined ? [] : [fieldError(path, key, problem)];
}

/** Unlike other texts, a label value may be empty. */
export function checkLabelValue(path: string, value: string): readonly FieldError[] {
  return value === '' ? [] : checkText(path, value, MAX_LABEL_LENGTH, labelValueProblem);
}
