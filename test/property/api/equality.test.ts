// SPDX-License-Identifier: Apache-2.0
import { array, assert, constantFrom, dictionary, letrec, oneof, option, property } from 'fast-check';
import { expect, it } from 'vitest';
import { sameJSON } from '../../../src/api/equality.ts';

/** What the API server would store, with keys in order. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const leaf = constantFrom<unknown>(null, true, false, 0, 1, '', 'a');
const { value: json } = letrec<{ value: unknown }>((tie) => ({
  value: oneof(
    { maxDepth: 3 },
    leaf,
    array(tie('value'), { maxLength: 3 }),
    dictionary(constantFrom('a', 'b', 'c'), option(tie('value'), { nil: undefined }), { maxKeys: 3 }),
  ),
}));

it('holds for what the API server would store alike, and for nothing else', () => {
  let same = 0;
  assert(
    property(json, json, (a, b) => {
      const expected = canonical(a) === canonical(b);
      same += expected ? 1 : 0;
      expect(sameJSON(a, b)).toBe(expected);
      expect(sameJSON(a, structuredClone(a))).toBe(true);
    }),
    { numRuns: 2000, seed: 1 },
  );
  expect(same).toBeGreaterThan(50);
});

it('does not take two keys for two others', () => {
  expect(sameJSON({ a: 1, b: 2 }, { a: 1, c: 2 })).toBe(false);
  expect(sameJSON({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(sameJSON([1], { 0: 1, length: 1 })).toBe(false);
  expect(sameJSON(JSON.parse('{"__proto__":{}}'), { a: 1 })).toBe(false);
});
