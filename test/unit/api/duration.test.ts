// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { formatDuration, MAX_DURATION, parseDuration } from '../../../src/api/duration.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';

it.each([
  ['1h', HOUR],
  ['90m', 90 * MINUTE],
  ['45s', 45 * SECOND],
  ['1h30m', 90 * MINUTE],
  ['1h30m15s', 90 * MINUTE + 15 * SECOND],
  ['1h15s', HOUR + 15 * SECOND],
  ['0s', 0],
  ['0h0m0s', 0],
  ['007s', 7 * SECOND],
  ['8760h', 365 * DAY],
  ['999999h9999999m999999999s', MAX_DURATION],
])('parses %s', (text, value) => {
  expect(parseDuration(text)).toEqual({ value });
});

it.each([
  '',
  '1',
  'h',
  '1d',
  '1w',
  '1.5h',
  '-1h',
  '+1h',
  '1ms',
  '100us',
  '1H',
  '30m1h',
  '1h1h',
  '1h 30m',
  ' 1h',
  '1h\n',
  '١h',
  '1000000h',
  '10000000m',
  '1000000000s',
  '1h'.repeat(20),
])('refuses %j', (text) => {
  expect(parseDuration(text)).toHaveProperty('problem');
});

it.each([
  [0, '0s'],
  [999, '0s'],
  [SECOND, '1s'],
  [MINUTE, '1m'],
  [HOUR, '1h'],
  [7 * DAY, '168h'],
  [90 * MINUTE, '1h30m'],
  [HOUR + SECOND + 1, '1h1s'],
])('formats %d ms as %s', (duration, text) => {
  expect(formatDuration(duration)).toBe(text);
});
