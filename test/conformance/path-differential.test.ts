// SPDX-License-Identifier: Apache-2.0
/**
 * Our path validator against Go and OpenSSL over thousands of chains with up to three mutations at once. We never
 * accept what they refuse; where only we refuse, a mutation of the known stricter kind must be the cause. The seed is
 * fixed; SIGNET_DIFFERENTIAL_RUNS and SIGNET_DIFFERENTIAL_SEED look further.
 * @module
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exhibit, Judges, ourVerdict, refusals } from './support/judges.ts';
import { MUTATIONS } from './support/mutations/all.ts';
import { CHAIN_MUTATIONS } from './support/mutations/chains.ts';
import type { Dice, Mutation } from './support/mutations/mutation.ts';
import { exhibitOf, SCENES, type Scene } from './support/scene.ts';
import { printTable } from './support/tally.ts';

const RUNS = Number(process.env['SIGNET_DIFFERENTIAL_RUNS'] ?? 4000);
const SEED = Number(process.env['SIGNET_DIFFERENTIAL_SEED'] ?? 3);
/** How many chains that Signet accepts are shown to OpenSSL too. */
const OPENSSL_SAMPLE = 250;
const NO_LEAF = 'X509-SVID 4.1: a leaf is no authority';
const WHOLE_CHAIN = 'all that travels is judged, also what this verifier does without';

const judges = new Judges();
const counts = {
  chains: 0,
  'accepted by Signet': 0,
  'refused by all': 0,
  'refused by Signet only': 0,
  'OpenSSL asked': 0,
};
const reasons = new Map(MUTATIONS.flatMap(({ why }) => (why === undefined ? [] : [[why, 0]])));
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  printTable('Path validator: chains with mutations', [
    ['outcome', 'chains'],
    ...Object.entries(counts).map(([outcome, count]) => [outcome, `${count}`]),
  ]);
  printTable('Path validator: stricter than Go and OpenSSL', [
    ['reason', 'chains'],
    ...[...reasons].map(([reason, count]) => [reason, `${count}`]),
  ]);
});

const CHAINS: ReadonlySet<Mutation> = new Set(CHAIN_MUTATIONS);

/** Names only, so that a counterexample can be read. */
const mutated = fc.record({
  sceneName: fc.constantFrom(...(Object.keys(SCENES) as (keyof typeof SCENES)[])),
  mutationNames: fc.array(fc.constantFrom(...MUTATIONS.map(({ name }) => name)), { minLength: 1, maxLength: 3 }),
  numbers: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
});

/** Those that move certificates about go last, and only one of them, or they undo each other. */
function mutationsNamed(names: readonly string[]): readonly Mutation[] {
  const all = names.flatMap((wanted) => MUTATIONS.find(({ name }) => name === wanted) ?? []);
  return [...all.filter((mutation) => !CHAINS.has(mutation)), ...all.filter((one) => CHAINS.has(one)).slice(0, 1)];
}

test('Signet never accepts a chain that Go or OpenSSL refuses', async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async ({ sceneName, mutationNames, numbers }) => {
      const mutations = mutationsNamed(mutationNames);
      const dice = diceOf(numbers);
      const scene: Scene = SCENES[sceneName];
      const exhibit = exhibitOf(mutations.reduce((bent, { apply }) => apply(bent, dice), scene));
      const ours = ourVerdict(exhibit);
      const go = refusals(await judges.go(exhibit, ['x509']));
      const goRefuses = Object.keys(go).length > 0;
      counts.chains++;
      if (ours === '') {
        counts['accepted by Signet']++;
        expect(go).toEqual({});
        if (counts['OpenSSL asked'] >= OPENSSL_SAMPLE) return;
      } else {
        expect(
          mutations.map(({ kind }) => kind),
          ours,
        ).not.toEqual(mutations.map(() => 'harmless'));
        if (goRefuses) counts['refused by all']++;
        if (goRefuses || isExplained(mutations, exhibit)) return;
      }
      // What is left: we accept, or we alone refuse so far and none of the stricter reasons is at work.
      counts['OpenSSL asked']++;
      const openssl = refusals(await judges.openssl(exhibit));
      expect(Object.keys(openssl).length > 0, JSON.stringify({ ours, openssl })).toBe(ours !== '');
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('every stricter reason was met', () => {
  expect([...reasons].filter(([, count]) => count === 0)).toEqual([]);
});

/** Whether a known reason of ours is at work; counts it. */
function isExplained(mutations: readonly Mutation[], exhibit: Exhibit): boolean {
  const named = mutations.flatMap(({ why }) => why ?? []);
  const known = named.length > 0 ? named : consequences(exhibit);
  for (const why of known) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  if (known.length > 0) counts['refused by Signet only']++;
  return known.length > 0;
}

/** Reasons of ours that come about only where mutations meet. */
function consequences(exhibit: Exhibit): readonly string[] {
  const { chain } = exhibit;
  if (ourVerdict(exhibit) === 'the leaf certificate is a certificate authority') return [NO_LEAF];
  const enough = chain.some((_, length) => ourVerdict({ ...exhibit, chain: chain.slice(0, length) }) === '');
  return enough ? [WHOLE_CHAIN] : [];
}

/** Goes round a list of numbers. */
function diceOf(numbers: readonly number[]): Dice {
  let at = 0;
  return (n) => (numbers[at++ % numbers.length] ?? 0) % n;
}
