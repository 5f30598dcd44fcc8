// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { precedes } from '../../../src/api/age.ts';

const [june, july] = ['2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z'];

it.each([
  ['the older', { creationTimestamp: june, uid: 'b' }, { creationTimestamp: july, uid: 'a' }],
  [
    'of two of one second the one with the lower uid',
    { creationTimestamp: june, uid: 'a' },
    { creationTimestamp: june, uid: 'b' },
  ],
])('%s comes first', (_, first, second) => {
  expect(precedes(first, second)).toBe(true);
  expect(precedes(second, first)).toBe(false);
  expect(precedes(first, first)).toBe(false);
});
