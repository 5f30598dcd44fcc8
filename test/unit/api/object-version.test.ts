// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { isNewer, sameVersion } from '../../../src/api/object-version.ts';

describe('isNewer', () => {
  it.each([
    ['2', '1', true],
    ['1', '2', false],
    ['1', '1', false],
    ['10', '9', true],
    ['9', '10', false],
    ['100', '99', true],
    ['18446744073709551615', '9223372036854775807', true],
  ])('%s after %s: %s', (a, b, expected) => {
    expect(isNewer({ resourceVersion: a }, { resourceVersion: b })).toBe(expected);
  });
});

describe('sameVersion', () => {
  const version = { uid: 'a', resourceVersion: '7' };

  it.each([
    ['itself', version, true],
    ['the object after a write', { ...version, resourceVersion: '8' }, false],
    ['another object of its name', { ...version, uid: 'b' }, false],
    ['nothing', undefined, false],
  ])('held against %s', (_, other, expected) => {
    expect(sameVersion(version, other)).toBe(expected);
    expect(sameVersion(other, version)).toBe(expected);
  });

  it('does not hold of two that are not there', () => {
    expect(sameVersion(undefined, undefined)).toBe(false);
  });
});
