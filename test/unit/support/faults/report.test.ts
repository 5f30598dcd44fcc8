// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { describeReport, type ProofReport } from '../../../support/faults/report.ts';

const report: ProofReport = {
  seed: 'abc',
  identities: 500,
  rounds: 10,
  issuances: 1200,
  handOvers: 6,
  handedOver: 300,
  violations: [],
  early: [],
  requests: 80,
  twice: [],
  late: ['identity-1@7'],
  failovers: [
    { lease: 'fast', kind: 'kill', took: 4000 },
    { lease: 'fast', kind: 'kill', took: 3000 },
  ],
  leastLeft: 12_345,
  overdue: 4321,
  rotations: { root: 1, intermediate: 3 },
};

it('tells what was measured', () => {
  expect(describeReport(report).split('\n')).toEqual([
    'seed abc: 10 rounds, 500 identities, 1200 issuances, 300 of them in 6 hand-overs',
    '  rules broken 0, issued early 0, answered twice 0 of 80 requests, stored late 1',
    '  renewed 4321 ms after the plan at most, least left 12 s, rotations of the root 1, of the intermediate 3',
    '  kill, fast Lease: 2 times, p50 3000 ms, p99 4000 ms',
  ]);
});

it('tells the first ten of what was broken, and how many more there are', () => {
  const violations = Array.from({ length: 12 }, (_, index) => `rule ${index + 1}`);
  const lines = describeReport({ ...report, violations }).split('\n');
  expect(lines.slice(4, 6)).toEqual(['  BROKEN rule 1', '  BROKEN rule 2']);
  expect(lines.slice(13)).toEqual(['  BROKEN rule 10', '  and 2 more']);
});
