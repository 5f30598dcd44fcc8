// SPDX-License-Identifier: Apache-2.0
/**
 * Every measured figure of README comes out of docs/benchmarks.json: test/consistency/generated.test.ts holds the table
 * against it, and nothing beside the table is a figure of that kind.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Report } from '../../hack/bench/report.ts';
import { besideFigures, figures } from '../../hack/figures/readme.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const REPORT = JSON.parse(readFileSync(new URL('../../docs/benchmarks.json', import.meta.url), 'utf8')) as Report;
/** Of what a benchmark measures; whole minutes, hours and percentages are settings. */
const FIGURE =
  /\d ?(?:ms|us|[kMG]i?B|SVIDs|times|x)\b|\d ?(?:\/s|a second)|about \w+ (?:milliseconds|seconds|minutes)/gu;

it('has no measured figure that is not generated', () => {
  const { above, below } = besideFigures(README);
  expect([...`${above}${below}`.matchAll(FIGURE)].map(([figure]) => figure)).toEqual([]);
});

it('has more than one answer with figures', () => {
  expect(figures(REPORT).match(FIGURE)?.length).toBeGreaterThan(8);
});

it('follows the report', () => {
  const rows = REPORT.rows.map((row) => (row.id === 'steady_rss' ? { ...row, value: 77.777 } : row));
  expect(figures({ ...REPORT, machine: 'an abacus', rows })).toMatch(/^Measured on an abacus,[^]*\| 77\.8 MiB;/u);
});

it('says what was not measured yet, and shows it as soon as it was', () => {
  const measured = ['p50', 'p99'].map((name) => ({
    id: `failover_kill_default_${name}`,
    value: 9876,
    unit: 'ms',
    note: '7 kills',
  }));
  const without = { ...REPORT, rows: REPORT.rows.filter(({ id }) => !id.startsWith('failover_')) };
  expect(figures(without)).toContain('| not measured yet; ');
  expect(figures({ ...without, rows: [...without.rows, ...measured] })).toContain(
    '| 9.9 s (p50), 9.9 s (p99 of 7 kills) |',
  );
});

it('does without nothing else', () => {
  const rows = REPORT.rows.filter(({ id }) => id !== 'webhook_50_p99');
  expect(() => figures({ ...REPORT, rows })).toThrow('docs/benchmarks.json lacks webhook_50_p99');
  expect(() => besideFigures(README.replace('<!-- end', '<!--'))).toThrow('README.md lacks');
});
