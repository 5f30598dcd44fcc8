// SPDX-License-Identifier: Apache-2.0
/**
 * What SPIFFE ID patterns cover, and which texts are none.
 * @module
 */

import { describe, expect, it } from 'vitest';
import { parseSPIFFEID } from '../../../src/spiffe/id.ts';
import {
  coversPattern,
  formatSPIFFEIDPattern,
  overlapsPattern,
  parseSPIFFEIDPattern,
  type SPIFFEIDPattern,
} from '../../../src/spiffe/pattern.ts';
import { matchesSPIFFEID } from '../../support/matches-spiffe-id.ts';

function matches(patternText: string, idText: string): boolean {
  const pattern = parseSPIFFEIDPattern(patternText);
  const id = parseSPIFFEID(idText);
  if ('problem' in pattern) throw new Error(pattern.problem);
  if ('problem' in id) throw new Error(id.problem);
  return matchesSPIFFEID(pattern.value, id.value);
}

describe('matchesSPIFFEID', () => {
  it.each([
    ['spiffe://td/ns/web/sa/front', 'spiffe://td/ns/web/sa/front', true],
    ['spiffe://td/ns/web/sa/front', 'spiffe://td/ns/web/sa/front-evil', false],
    ['spiffe://td/ns/web/sa/front', 'spiffe://td/ns/web/sa/Front', false],
    ['spiffe://td/ns/web/sa/front', 'spiffe://other/ns/web/sa/front', false],
    ['spiffe://td/ns/web/sa/*', 'spiffe://td/ns/web/sa/front', true],
    ['spiffe://td/ns/web/sa/*', 'spiffe://td/ns/web/sa', false],
    ['spiffe://td/ns/web/sa/*', 'spiffe://td/ns/web/sa/front/x', false],
    ['spiffe://td/ns/web/sa/*', 'spiffe://td/ns/shop/sa/front', false],
    ['spiffe://td/ns/*/sa/front', 'spiffe://td/ns/web/sa/front', true],
    ['spiffe://td/ns/*/sa/front', 'spiffe://td/ns/a/b/sa/front', false],
    ['spiffe://td/*', 'spiffe://td/a', true],
    ['spiffe://td/*', 'spiffe://td', false],
    ['spiffe://td/*', 'spiffe://td/a/b', false],
    ['spiffe://td/*/*/*/*', 'spiffe://td/ns/web/sa/front', true],
    ['spiffe://td/_', 'spiffe://td/_', true],
    ['spiffe://td/_', 'spiffe://td/a', false],
    ['spiffe://td/a.b', 'spiffe://td/aXb', false],
  ])('%s on %s: %s', (pattern, id, expected) => {
    expect(matches(pattern, id)).toBe(expected);
  });
});

function pattern(text: string): SPIFFEIDPattern {
  const parsed = parseSPIFFEIDPattern(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.value;
}

describe('two patterns', () => {
  it.each([
    ['spiffe://td/a/b', 'spiffe://td/a/b', true, true],
    ['spiffe://td/a/*', 'spiffe://td/a/b', true, true],
    ['spiffe://td/a/b', 'spiffe://td/a/*', false, true],
    ['spiffe://td/*/b', 'spiffe://td/a/*', false, true],
    ['spiffe://td/*/*', 'spiffe://td/a/*', true, true],
    ['spiffe://td/*/b', 'spiffe://td/a/c', false, false],
    ['spiffe://td/*', 'spiffe://td/a/b', false, false],
    ['spiffe://td/*/*', 'spiffe://td/a', false, false],
    ['spiffe://td/*', 'spiffe://other/a', false, false],
  ])('%s and %s: covers %s, overlaps %s', (one, other, covers, overlaps) => {
    expect(coversPattern(pattern(one), pattern(other))).toBe(covers);
    expect(overlapsPattern(pattern(one), pattern(other))).toBe(overlaps);
    expect(overlapsPattern(pattern(other), pattern(one))).toBe(overlaps);
    expect(formatSPIFFEIDPattern(pattern(one))).toBe(one);
  });
});

describe('parseSPIFFEIDPattern', () => {
  it.each([
    ['spiffe://*/a', 'not allowed in the trust domain'],
    ['spiffe://*.example.org/a', 'not allowed in the trust domain'],
    ['spiffe://td/ns/we*/sa/a', 'whole path segment'],
    ['spiffe://td/**', 'whole path segment'],
    ['spiffe://td/a*', 'whole path segment'],
    ['*', 'does not start with "spiffe://"'],
    ['*://td/a', 'whole path segment'],
    ['*//td/a', 'does not start with "spiffe://"'],
    ['spiffe:/*/td/a', 'does not start with "spiffe://"'],
    ['spiffe://td', 'matches no workload'],
    ['spiffe://td/*/', 'ends with "/"'],
    ['spiffe://td//*', 'segment is empty'],
    ['spiffe://td/*/..', 'relative segment'],
    ['spiffe://TD/*', 'lowercase'],
    ['spiffe://td/*?x', 'whole path segment'],
    ['spiffe://td/a\nspiffe://td/b', 'the path contains'],
    ['https://td/*', 'does not start with "spiffe://"'],
    [`spiffe://td/${'*/'.repeat(1100)}a`, 'longer than 2048 bytes'],
    ['', 'does not start with "spiffe://"'],
  ])('refuses %j: %s', (text, problem) => {
    expect(parseSPIFFEIDPattern(text)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
