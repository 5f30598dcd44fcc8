// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ReadyKeys } from '../../../src/controller/ready-keys.ts';

function allOf(keys: ReadyKeys, now: number): (string | undefined)[] {
  return Array.from({ length: keys.size }, () => keys.pop(now)?.key);
}

it('lets nothing go before a hard deadline that has come, however long the others have waited', () => {
  const keys = new ReadyKeys();
  keys.add('overdue', { deadline: 10, hard: false }, 0);
  keys.add('less overdue', { deadline: 90, hard: false }, 0);
  keys.add('hard', { deadline: 100, hard: true }, 0);
  keys.add('harder', { deadline: 95, hard: true }, 0);
  expect(allOf(keys, 100)).toEqual(['harder', 'hard', 'overdue', 'less overdue']);
});

it('has the two kinds take turns until a hard deadline has come, the nearest of each first', () => {
  const keys = new ReadyKeys();
  for (const deadline of [300, 200, 100]) {
    keys.add(`hard ${deadline}`, { deadline, hard: true }, 0);
    keys.add(`soft ${deadline}`, { deadline, hard: false }, 0);
  }
  keys.add('soft 400', { deadline: 400, hard: false }, 0);
  keys.add('soft 500', { deadline: 500, hard: false }, 0);
  const turns = ['soft 100', 'hard 100', 'soft 200', 'hard 200', 'soft 300', 'hard 300'];
  expect(allOf(keys, 50)).toEqual([...turns, 'soft 400', 'soft 500']);
});

it('keeps each key once, with the nearer deadline of the kind it has now, and since when it is ready', () => {
  const keys = new ReadyKeys();
  expect(keys.add('a', { deadline: 10, hard: false }, 1)).toBe(true);
  expect(keys.add('a', { deadline: 900, hard: true }, 2)).toBe(false);
  expect(keys.add('a', { deadline: 950, hard: true }, 3)).toBe(false);
  expect(keys.add('b', { deadline: 10, hard: true }, 4)).toBe(true);
  expect(keys.add('b', { deadline: 20, hard: false }, 5)).toBe(false);
  expect([keys.size, new Set(keys.since())]).toEqual([2, new Set([1, 4])]);
  expect(keys.pop(900)).toEqual({ key: 'a', since: 1 });
  expect(keys.pop(900)).toEqual({ key: 'b', since: 4 });
  expect(keys.pop(900)).toBeUndefined();
});
