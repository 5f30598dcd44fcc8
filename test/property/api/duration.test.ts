// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDuration, MAX_DURATION, parseDuration } from '../../../src/api/duration.ts';
import { formatTimestamp, parseTimestamp } from '../../../src/api/timestamp.ts';
import { SECOND } from '../../../src/time.ts';

// 999,999 h is the longest that the shortest text can say.
const wholeSeconds = fc.integer({ min: 0, max: 999_999 * 3600 }).map((seconds) => seconds * SECOND);

it('a duration survives its text', () => {
  fc.assert(
    fc.property(wholeSeconds, (duration) => {
      expect(parseDuration(formatDuration(duration))).toEqual({ value: duration });
    }),
  );
});

it('any text is a problem or a bounded duration of whole seconds', () => {
  const almost = fc.stringMatching(/^([0-9]{0,12}[hms]){0,4}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), almost), (text) => {
      const parsed = parseDuration(text);
      if ('problem' in parsed) return;
      expect(parsed.value).toBeGreaterThanOrEqual(0);
      expect(parsed.value).toBeLessThanOrEqual(MAX_DURATION);
      expect(Number.isInteger(parsed.value / SECOND)).toBe(true);
    }),
  );
});

it('a time is written as Date writes it, and survives its text', () => {
  const instants = fc.integer({ min: Date.UTC(1, 0, 1) - 1900 * 366 * 86_400_000, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(instants, (milliseconds) => {
      const instant = Math.max(Math.floor(milliseconds / SECOND) * SECOND, -62_135_596_800_000);
      const text = new Date(instant).toISOString().replace('.000Z', 'Z');
      expect(formatTimestamp(instant)).toBe(text);
      expect(parseTimestamp(text)).toBe(instant);
    }),
  );
});

it('any text is a time Date agrees on, or none', () => {
  const almost = fc.stringMatching(/^\d{4}-[01]\d-[0-3]\dT[012]\d:[0-6]\d:[0-6]\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), almost), (text) => {
      const instant = parseTimestamp(text);
      if (instant !== undefined) expect(instant).toBe(Date.parse(text));
    }),
  );
});
