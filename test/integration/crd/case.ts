// SPDX-License-Identifier: Apache-2.0
/**
 * One row of the tables of valid and invalid input: what a user writes, and what becomes of it.
 * @module
 */

export interface Case {
  readonly name: string;
  /** What is written, laid over the smallest valid spec; undefined takes a field away. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What was stored before; present: the case is an update. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly objectName?: string;
  /** The field that is named, and a part of what is said about it; absent: accepted. */
  readonly refused?: { readonly at: string; readonly says: string };
  /**
   * Who can tell. Both, if absent. `schema`: input that cannot be written in TypeScript. `code`: a rule that reads more
   * than a schema sees, so that the API server accepts the object and the controller refuses it.
   */
  readonly judge?: 'schema' | 'code';
}

export const SMALLEST_IDENTITY = { serviceAccountName: 'checkout' } as const;
export const SMALLEST_TRUST_DOMAIN = { trustDomain: 'example.org' } as const;
/** Name of the object where the case says none. */
export const OBJECT_NAME = 'case';

type More = Pick<Case, 'before' | 'objectName' | 'judge'>;

export function valid(name: string, spec: Case['spec'], more: More = {}): Case {
  return { name, spec, ...more };
}

/** `field` is `<path>: <part of the message>`. */
export function invalid(name: string, spec: Case['spec'], field: string, more: More = {}): Case {
  const colon = field.indexOf(': ');
  return { name, spec, refused: { at: field.slice(0, colon), says: field.slice(colon + 2) }, ...more };
}

/** A list of different short texts. */
export function many(count: number, text: (index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => text(index));
}

/** A map of that many entries. */
export function manyEntries(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(many(count, (index) => `example.org/key-${index}`).map((key) => [key, 'value']));
}
