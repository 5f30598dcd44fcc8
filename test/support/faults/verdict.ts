// SPDX-License-Identifier: Apache-2.0
/**
 * What a fault proof has to show, and how it is told.
 * @module
 */
import { expect } from 'vitest';
import type { Measured, ProofReport } from './proof.ts';

/** Of the issuances, or of the requests of users, those that may be lost races of a hand-over. */
const RARE = 0.01;

/**
 * No rule was broken, and nothing was missed or done twice but for a rare race. How long hand-overs took is told, and
 * measured by the benchmark: it is a matter of the machine.
 */
export function expectProven({ violations, early, twice, late, issuances, requests }: ProofReport): void {
  expect(violations).toEqual([]);
  expect(early.length, early.slice(0, 5).join('\n')).toBeLessThanOrEqual(RARE * issuances);
  expect(twice.length, twice.slice(0, 5).join('\n')).toBeLessThanOrEqual(RARE * requests);
  expect(late.length, late.slice(0, 5).join('\n')).toBeLessThanOrEqual(RARE * issuances);
}

export function describeReport(report: ProofReport): string {
  const { seed, rounds, identities, issuances, handOvers, failovers } = report;
  const { violations, early, requests, twice, late, leastLeft } = report;
  const times = [...groups(failovers)].map(([name, group]) => {
    const [p50, p99] = [quantile(group, 0.5), quantile(group, 0.99)];
    return `${name}: ${group.length} times, p50 ${p50} ms, p99 ${p99} ms`;
  });
  return [
    `seed ${seed}: ${rounds} rounds, ${identities} identities, ${issuances} issuances, ${handOvers} hand-overs`,
    `  rules broken ${violations.length}, issued early ${early.length}, answered twice ${twice.length} of ${requests} requests, stored late ${late.length}, least left ${Math.round(leastLeft / 1000)} s`,
    ...times.map((line) => `  ${line}`),
  ].join('\n');
}

function groups(failovers: readonly Measured[]): Map<string, Measured[]> {
  return Map.groupBy(failovers, ({ kind, lease }) => `${kind}, ${lease} Lease`);
}

/** Nearest rank, in ms. */
function quantile(group: readonly Measured[], q: number): number {
  const sorted = group.map(({ took }) => took).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
