// SPDX-License-Identifier: Apache-2.0
/**
 * Every case of the golden table: the rules its author expects, and the recorded words.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { decide, TABLES } from './golden.ts';

describe.each(TABLES)('$name', (table) => {
  it.each(table.cases)('$name', (one) => {
    const { broken, revoke, allowed, words } = decide(table, one);
    expect(broken).toEqual(one.expect);
    expect(revoke).toBe(one.revoke ?? false);
    expect(allowed).toBe(one.expect.every((rule) => !rule.startsWith('Deny')));
    expect(words).toEqual(table.decisions?.[one.name]);
  });

  it('has a recorded decision for each of its cases and for nothing else', () => {
    expect(Object.keys(table.decisions ?? {})).toEqual(table.cases.map(({ name }) => name));
  });
});

it('is a table of at least 150 cases', () => {
  expect(TABLES.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(150);
});
