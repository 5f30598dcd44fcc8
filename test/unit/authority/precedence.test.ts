// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { servedInstead } from '../../../src/authority/precedence.ts';
import { aTrustDomain } from '../../support/builders.ts';

const at = (name: string, day: string, uid = name, trustDomain = 'example.org') =>
  aTrustDomain({ metadata: { name, uid, creationTimestamp: `2026-06-${day}T00:00:00Z` }, spec: { trustDomain } });

const first = at('first', '01');
const second = at('second', '02');
const third = at('third', '03');
const other = at('other', '01', 'a', 'other.org');
const twinA = at('twin-a', '05', 'a', 'twins.org');
const twinB = at('twin-b', '05', 'b', 'twins.org');
const all = [third, other, twinB, second, first, twinA];

describe('servedInstead', () => {
  it.each([
    [first, undefined],
    [second, 'first'],
    [third, 'first'],
    [other, undefined],
    [twinA, undefined],
    [twinB, 'twin-a'],
  ])('$metadata.name', (candidate, expected) => {
    expect(servedInstead(candidate, all)).toBe(expected);
    expect(servedInstead(candidate, all.toReversed())).toBe(expected);
  });

  it('lets exactly one object serve each trust domain', () => {
    const serving = all.filter((candidate) => servedInstead(candidate, all) === undefined);
    expect(serving.map(({ spec }) => spec.trustDomain).sort()).toEqual(['example.org', 'other.org', 'twins.org']);
  });

  it('serves alone', () => {
    expect(servedInstead(second, [])).toBeUndefined();
    expect(servedInstead(second, [second])).toBeUndefined();
  });
});
