// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { judgeHandOvers } from '../../../support/faults/hand-overs.ts';
import type { Issuance } from '../../../support/faults/ledger.ts';

/** Ten in each second, of which those in `races` are one too many. */
function issuances(seconds: number, races: readonly number[] = [], rate = 10): Issuance[] {
  return Array.from({ length: seconds * rate }, (_, index) => {
    const at = Math.round((1000 * index) / rate);
    const race = races.includes(index) ? ({ race: 'early' } as const) : {};
    return { where: `identity@${index}`, revision: index + 0.5, at, writer: 1, overdue: 0, left: 0, ...race };
  });
}

/** The Lease goes from one to the other between two issuances. */
function handOver(revision: number) {
  return [
    { holder: 'a', revision: 0, at: 0 },
    { holder: '', revision: revision - 1, at: 0 },
    { holder: 'b', revision, at: 0 },
  ];
}

it('counts what is issued from the last write of the one to five seconds after the first of the next', () => {
  const judged = judgeHandOvers(issuances(100), handOver(500));
  expect(judged).toEqual({ handOvers: 1, issuances: 52, races: 0, violations: [] });
});

it('allows one lost race in a hand-over, and no second among so few', () => {
  expect(judgeHandOvers(issuances(100, [501]), handOver(500)).violations).toEqual([]);
  const judged = judgeHandOvers(issuances(100, [499, 550]), handOver(500));
  expect(judged.races).toBe(2);
  expect(judged.violations[0]).toBe(
    'from a to b: 2 of 52 SVIDs were one too many: identity@499 early, identity@550 early',
  );
});

it('allows a hundredth of many', () => {
  const [three, five] = [
    [501, 502, 503],
    [501, 502, 503, 504, 505, 506],
  ];
  expect(judgeHandOvers(issuances(100, three, 100), handOver(500)).violations).toEqual([]);
  expect(judgeHandOvers(issuances(100, five, 100), handOver(500)).violations).not.toEqual([]);
});

it('allows none where nothing is handed over', () => {
  expect(judgeHandOvers(issuances(100, [498]), handOver(500)).violations).toEqual([
    'identity@498: issued early, and in no hand-over',
  ]);
  expect(judgeHandOvers(issuances(100, [551]), handOver(500)).violations).toHaveLength(1);
});

it('does not take one and the same holder for the next', () => {
  const [first, none] = handOver(500);
  const again = [first, none, { holder: 'a', revision: 500, at: 0 }].filter((tenure) => tenure !== undefined);
  expect(judgeHandOvers(issuances(100), again).handOvers).toBe(0);
});

it('judges all hand-overs together, too', () => {
  const tenures = Array.from({ length: 10 }, (_, index) => ({ holder: `${index}`, revision: 100 * index, at: 0 }));
  const races = [101, 201, 301, 401, 501, 601, 701];
  const { violations } = judgeHandOvers(issuances(100, races), tenures);
  expect(violations).toHaveLength(1);
  expect(violations[0]).toContain('in all hand-overs: 7 of');
});
