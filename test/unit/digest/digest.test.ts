// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digest } from '../../../src/digest/digest.ts';
import { sha256 } from '../../../src/digest/sha256.ts';

describe('digest', () => {
  it('is 32 hexadecimal digits that depend on every part', () => {
    expect(digest(['a', 'b'])).toMatch(/^[0-9a-f]{32}$/);
    expect(digest(['a', 'b'])).toBe(digest(['a', 'b']));
    expect(digest(['a', 'b'])).not.toBe(digest(['a', 'c']));
    expect(digest(['a', 'b'])).not.toBe(digest(['b', 'a']));
  });

  it.each([
    ['where a part ends', ['ab', 'c'], ['a', 'bc']],
    ['absent and empty', [undefined], ['']],
    ['absent and the text that stands for it', [undefined], ['-']],
    ['a part that looks like a frame', ['1:a|1:b'], ['a', 'b']],
    ['fewer parts', ['a', undefined], ['a']],
    ['characters outside Latin-1', ['\u0100'], ['\u0001']],
  ])('tells apart %s', (_, one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });
});

describe('sha256', () => {
  it.each([0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 4096])(
    'agrees with node:crypto over %i octets',
    (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) % 256);
      expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    },
  );
});
