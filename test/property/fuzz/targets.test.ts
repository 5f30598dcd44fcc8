// SPDX-License-Identifier: Apache-2.0
/**
 * The short form of `npm run fuzz`: every target over its corpus and a few hundred inputs near it, always the same ones.
 * @module
 */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CORPUS, seedsOf } from '../../../hack/fuzz/corpus.ts';
import { Fuzzer } from '../../../hack/fuzz/fuzzer.ts';
import { TARGETS } from '../../../hack/fuzz/targets.ts';

const SEED = 1;
const INPUTS = 200;

it.each(TARGETS)('$name keeps its promises', async ({ name, load }) => {
  const target = await load();
  const seeds = await seedsOf(name, target);
  const found: string[] = [];
  const onFinding = ({ message }: { readonly message: string }): number => found.push(message);
  const fuzzer = new Fuzzer({ target, seeds, seed: SEED, onFinding });
  await fuzzer.begin();
  for (let left = target.quick ?? INPUTS; left > 0; left -= 1) await fuzzer.next();
  expect(found).toEqual([]);
  // Inputs that all come to the same get nowhere.
  expect(seeds.length).toBeGreaterThan(1);
  expect(fuzzer.outcomes).toBeGreaterThan(2);
});

it('has a target for every folder of the corpus', () => {
  const names = new Set(TARGETS.map(({ name }) => name));
  expect(readdirSync(CORPUS).filter((folder) => !names.has(folder))).toEqual([]);
});
