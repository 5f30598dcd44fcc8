// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Intern, sharedPart } from '../../../../src/reconcilers/caches/intern.ts';

describe('Intern', () => {
  it('gives back the value that came first', () => {
    const intern = new Intern<object>(2);
    const [first, second] = [{}, {}];
    expect(intern.shared('a', first)).toBe(first);
    expect(intern.shared('a', second)).toBe(first);
  });

  it('keeps what is used and forgets what is not', () => {
    const intern = new Intern<object>(10);
    const [often, once] = [{}, {}];
    intern.shared('often', often);
    intern.shared('once', once);
    for (let i = 0; i < 100; i += 1) {
      intern.shared(`other-${i}`, {});
      expect(intern.shared('often', {})).toBe(often);
    }
    expect(intern.shared('once', {})).not.toBe(once);
  });
});

describe('sharedPart', () => {
  it('is one object for equal parts, and never for parts that differ', () => {
    const one = sharedPart({ formats: [{ type: 'PEM' }] });
    expect(sharedPart({ formats: [{ type: 'PEM' }] })).toBe(one);
    expect(sharedPart({ formats: [] })).toEqual({ formats: [] });
    expect(sharedPart({ formats: 'PEM' })).toEqual({ formats: 'PEM' });
  });

  it('leaves large parts alone', () => {
    const large = { peers: ['x'.repeat(1000)] };
    sharedPart(large);
    const again = { peers: ['x'.repeat(1000)] };
    expect(sharedPart(again)).toBe(again);
  });
});
