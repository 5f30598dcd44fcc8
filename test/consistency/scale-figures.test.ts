// SPDX-License-Identifier: Apache-2.0
/**
 * Figures of docs/scale.md come out of docs/benchmarks.json and docs/simulation/: test/consistency/generated.test.ts holds
 * the page against both, and what is here holds the simulation against the benchmarks that it has its costs from.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { storedReport } from '../../hack/bench/report.ts';
import { besideBlock } from '../../hack/figures/block.ts';
import { scaleFigures } from '../../hack/figures/scale.ts';
import { STORIES, storedPredictions, storedStory } from '../../hack/figures/simulated.ts';
import { INPUTS, measuredCosts } from '../support/scale/costs.ts';

const FILE = 'docs/scale.md';
const PAGE = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8');
const REPORT = await storedReport();
const PREDICTIONS = await storedPredictions();
const STORED = await Promise.all(STORIES.map(storedStory));
const BLOCKS = scaleFigures(REPORT, PREDICTIONS, STORED);

/** Of what is measured or simulated; seconds, minutes and hours are settings. */
const FIGURE = /\d(?:[\d.,]*) ?(?:ms|us|[kMG]i?B|SVIDs|times|x|writes)\b|\d ?(?:\/s|a second)/gu;
/** The sentence on memory for which there is a limit, and quotas of etcd. */
const SETTINGS = ['150 MB', '8 GiB', '2 GiB'];

it('has no such figure that is not generated', () => {
  const beside = BLOCKS.reduce((page, [of]) => {
    const { above, below } = besideBlock(page, FILE, of);
    return `${above}${below}`;
  }, PAGE);
  expect([...beside.matchAll(FIGURE)].map(([figure]) => figure).filter((figure) => !SETTINGS.includes(figure))).toEqual(
    [],
  );
});

it('has some in every block', () => {
  for (const [of, text] of BLOCKS) expect(text.match(FIGURE)?.length ?? 0, of).toBeGreaterThan(1);
});

it('follows the report', () => {
  const rows = REPORT.rows.map((row) => (row.id === 'instrument_on_cpu' ? { ...row, value: 4 } : row));
  const [, , [, signer] = []] = scaleFigures({ ...REPORT, rows }, PREDICTIONS, STORED);
  expect(signer).toContain('| 4 ms |');
  expect(signer).toContain('| 250 SVIDs/s |');
});

it('does without no row, limit or input', () => {
  const without = (change: (row: object) => object) => () =>
    scaleFigures(
      { ...REPORT, rows: REPORT.rows.map((row) => (row.id === 'renewals_rss' ? { ...row, ...change(row) } : row)) },
      PREDICTIONS,
      STORED,
    );
  expect(without(() => ({ id: 'another' }))).toThrow('docs/benchmarks.json lacks renewals_rss');
  expect(without(() => ({ limit: undefined }))).toThrow('docs/benchmarks.json does not say {renewals_rss limit}');
  const inputs = { ...PREDICTIONS.inputs, another: 'mint' };
  expect(() => scaleFigures(REPORT, { ...PREDICTIONS, inputs }, STORED)).toThrow('the input another');
});

it.each(STORED.map((story) => [story.size, story]))(
  '%i identities were simulated with the costs of these benchmarks (or: npm run simulate)',
  (_, { costs }) => {
    expect(costs).toEqual(measuredCosts(REPORT));
  },
);

it('shows the inputs that the simulation has', () => {
  expect(PREDICTIONS.inputs).toEqual(INPUTS);
});
