// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../../src/reconcilers/key-index.ts';

function found(index: KeyIndex, term: string): string[] {
  return [...index.keys(term)].sort();
}

describe('KeyIndex', () => {
  it('finds every key under a term, and none elsewhere', () => {
    const index = new KeyIndex();
    index.move('a', undefined, 'x');
    index.move('b', undefined, 'x');
    index.move('c', undefined, 'y');
    expect(found(index, 'x')).toEqual(['a', 'b']);
    expect(found(index, 'y')).toEqual(['c']);
    expect(found(index, 'z')).toEqual([]);
  });

  it('moves a key, takes one away, and does not mind hearing it twice', () => {
    const index = new KeyIndex();
    for (const key of ['a', 'b', 'c', 'a']) index.move(key, undefined, 'x');
    index.move('a', 'x', 'y');
    index.move('a', 'x', 'y');
    expect(found(index, 'x')).toEqual(['b', 'c']);
    expect(found(index, 'y')).toEqual(['a']);
    index.move('b', 'x', undefined);
    index.move('c', 'x', undefined);
    expect(found(index, 'x')).toEqual([]);
    index.move('nobody', 'x', undefined);
    index.move('a', 'y', 'y');
    expect(found(index, 'y')).toEqual(['a']);
  });

  it('may change while its keys are read', () => {
    const index = new KeyIndex();
    for (const key of ['a', 'b', 'c']) index.move(key, undefined, 'x');
    const seen: string[] = [];
    for (const key of index.keys('x')) {
      seen.push(key);
      index.move(key, 'x', undefined);
    }
    expect(seen.sort()).toEqual(['a', 'b', 'c']);
  });
});
