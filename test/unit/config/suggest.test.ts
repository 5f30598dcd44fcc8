// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { suggest } from '../../../src/config/suggest.ts';

it.each([
  { word: 'worker', meant: 'workers' },
  { word: 'lease-retry', meant: 'lease-retry-period' },
  { word: 'log-lvel', meant: 'log-level' },
  { word: 'quite-different', meant: undefined },
  { word: '', meant: undefined },
])('for "$word" suggests $meant', ({ word, meant }) => {
  expect(suggest(word, ['workers', 'lease-retry-period', 'log-level', 'log-format'])).toBe(meant);
});
