// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { NewRoots } from '../../../support/faults/new-roots.ts';

const MARGIN = 5000;
const [OLD, BOTH] = [new Set(['old']), new Set(['old', 'new'])];

function stored(name: string, at: number) {
  return { name, at, where: `${name}@${at}` };
}

/** Two Secrets under the old root; the one holds the new one as well from 1 s on. */
function halfWay(): NewRoots {
  const roots = new NewRoots(MARGIN);
  for (const name of ['a', 'b']) roots.held(stored(name, 0), OLD);
  expect(roots.signed(stored('a', 0), 'old')).toEqual([]);
  roots.held(stored('a', 1000), BOTH);
  return roots;
}

it('lets a root sign when every Secret has held it for the margin', () => {
  const roots = halfWay();
  roots.held(stored('b', 2000), BOTH);
  roots.held(stored('a', 7000), BOTH);
  expect(roots.signed(stored('a', 7000), 'new')).toEqual([]);
});

it('finds a root that signs while a Secret lacks it', () => {
  expect(halfWay().signed(stored('a', 9000), 'new')).toEqual([
    'a@9000: signed under a new root that 1 Secrets lack, b',
  ]);
});

it('finds a root that signs before the margin has passed since the last Secret came to hold it', () => {
  const roots = halfWay();
  roots.held(stored('b', 2000), BOTH);
  expect(roots.signed(stored('a', 5900), 'new')).toEqual([
    'a@5900: signed under a new root 3900 ms after the last Secret came to hold it, not 5000',
  ]);
});

it('begins anew where a Secret has lost the root and got it back', () => {
  const roots = halfWay();
  roots.held(stored('b', 2000), BOTH);
  roots.held(stored('a', 6000), OLD);
  roots.held(stored('a', 7000), BOTH);
  expect(roots.signed(stored('b', 8000), 'new')).toHaveLength(1);
});

it('judges the first signature alone', () => {
  const roots = halfWay();
  expect(roots.signed(stored('a', 1000), 'new')).not.toEqual([]);
  expect(roots.signed(stored('a', 1001), 'new')).toEqual([]);
});
