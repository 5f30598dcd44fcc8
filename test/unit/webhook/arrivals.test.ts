// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Arrivals } from '../../../src/webhook/arrivals.ts';

const MAX = 100;
let refused: string[] = [];

function begin(arrivals: Arrivals, name: string, octets: number) {
  const arrival = arrivals.begin(() => void refused.push(name));
  arrival.heard(octets);
  return arrival;
}

it('refuses the largest where there is too much, and not whoever comes then', () => {
  refused = [];
  const arrivals = new Arrivals(MAX);
  for (const name of ['slow 1', 'slow 2']) begin(arrivals, name, 49);
  const honest = begin(arrivals, 'honest', 10);
  expect(refused).toEqual(['slow 1']);
  honest.heard(30);
  honest.heard(30);
  expect(refused).toEqual(['slow 1', 'honest']);
});

it('has the room of what was refused, or ended, for others, and counts it no more', () => {
  refused = [];
  const arrivals = new Arrivals(MAX);
  const slow = begin(arrivals, 'slow', 101);
  expect(refused).toEqual(['slow']);
  slow.heard(1000);
  slow.ended();
  for (let round = 0; round < 5; round += 1) begin(arrivals, 'honest', 90).ended();
  begin(arrivals, 'last', MAX);
  expect(refused).toEqual(['slow']);
});
