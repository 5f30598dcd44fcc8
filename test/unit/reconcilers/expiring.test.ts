// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Expiring } from '../../../src/reconcilers/expiring.ts';

/** Whether a value no longer counts at this time. */
function at(now: number): (value: number) => boolean {
  return (value) => value <= now;
}

it('remembers what still counts and forgets what was written before it and does not', () => {
  const until = new Expiring<number>();
  until.set('a', 10, at(0));
  until.set('b', 20, at(0));
  until.set('a', 30, at(5));
  until.set('c', 40, at(20));
  expect([until.get('a'), until.get('b'), until.get('c')]).toEqual([30, undefined, 40]);
  until.delete('a');
  expect(until.get('a')).toBeUndefined();
  expect(until.size).toBe(1);
});

it('does not grow with keys of the past', () => {
  const until = new Expiring<number>();
  for (let now = 0; now < 10_000; now += 1) until.set(`key-${now}`, now + 100, (value) => value <= now);
  expect(until.size).toBeLessThanOrEqual(101);
});
