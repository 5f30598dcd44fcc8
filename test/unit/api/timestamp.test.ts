// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../../src/api/timestamp.ts';

it.each([
  ['1970-01-01T00:00:00Z', 0],
  ['1969-12-31T23:59:59Z', -1000],
  ['2000-02-29T12:00:00Z', Date.UTC(2000, 1, 29, 12)],
  ['2026-11-22T05:09:56Z', Date.UTC(2026, 10, 22, 5, 9, 56)],
  ['2049-12-31T23:59:59Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
  ['2050-01-01T00:00:00Z', Date.UTC(2050, 0, 1)],
  ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
])('reads and writes %s', (text, instant) => {
  expect(parseTimestamp(text)).toBe(instant);
  expect(formatTimestamp(instant)).toBe(text);
});

it.each([
  ['2026-01-01T00:00:00.5Z', 500],
  ['2026-01-01T00:00:00.123456Z', 123],
  ['2026-01-01T01:00:00+01:00', 0],
  ['2025-12-31T18:30:00-05:30', 0],
])('reads %s, which we never write', (text, beyond) => {
  expect(parseTimestamp(text)).toBe(Date.UTC(2026, 0, 1) + beyond);
});

it('rounds down to whole seconds, and never leaves four digits of year', () => {
  expect(formatTimestamp(1999)).toBe('1970-01-01T00:00:01Z');
  expect(formatTimestamp(-1)).toBe('1969-12-31T23:59:59Z');
  expect(formatTimestamp(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59Z');
  expect(formatTimestamp(-Number.MAX_SAFE_INTEGER)).toBe('0001-01-01T00:00:00Z');
});

it.each([
  '',
  'yesterday',
  '2026-01-01',
  '2026-01-01 00:00:00Z',
  '2026-01-01T00:00:00',
  '2026-1-1T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00Z ',
])('finds no time in %j', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});
