// SPDX-License-Identifier: Apache-2.0
/** @module What is counted as plain numbers until somebody scrapes. */
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createTallies } from '../../../src/observability/tallies.ts';

function world() {
  const registry = new Registry();
  const common = { help: 'x', labelNames: ['controller'], registers: [registry] };
  const added = new Counter({ name: 'added_total', ...common });
  const present = new Gauge({ name: 'present', ...common });
  const tallies = createTallies();
  const series = async (): Promise<string[]> => {
    tallies.take((piece) => piece());
    return (await registry.metrics()).split('\n').filter((line) => /^\w/u.test(line));
  };
  return { added, present, tallies, series };
}

it('adds what was counted since, once, and says what there is at the moment', async () => {
  const { added, present, tallies, series } = world();
  for (const controller of ['a', 'a', 'b']) {
    tallies.add(added, controller);
    tallies.change(present, controller, 1);
  }
  const first = ['added_total{controller="a"} 2', 'added_total{controller="b"} 1'];
  expect(await series()).toEqual([...first, 'present{controller="a"} 2', 'present{controller="b"} 1']);
  tallies.change(present, 'a', -1);
  expect(await series()).toEqual([...first, 'present{controller="a"} 1', 'present{controller="b"} 1']);
  tallies.add(added, 'b');
  expect((await series()).slice(0, 2)).toEqual(['added_total{controller="a"} 2', 'added_total{controller="b"} 2']);
});

it('hands over no count twice, and one that fails costs no other', async () => {
  const { added, tallies, series } = world();
  for (const controller of ['a', 'b', 'c']) tallies.add(added, controller);
  const failed: string[] = [];
  tallies.take((piece) => {
    if (failed.length === 0) failed.push('a');
    else piece();
  });
  expect(await series()).toEqual(['added_total{controller="b"} 1', 'added_total{controller="c"} 1']);
});
