// SPDX-License-Identifier: Apache-2.0
/**
 * What a fault proof has to show, and how it is told.
 * @module
 */
import { expect } from 'vitest';
import type { LeaseName, Measured, ProofReport } from './proof.ts';

/** Longest hand-overs, in ms: after SIGKILL under each setting of the Lease, and after a graceful stop. */
const LONGEST: Readonly<Record<LeaseName, number>> = { default: 11_000, fast: 5000 };
const LONGEST_AFTER_STOP = 500;
/** Of the issuances, those that may be lost races of a hand-over. */
const RARE = 0.01;

export function expectProven(report: ProofReport): void {
  const { violations, early, late, issuances, failovers } = report;
  expect(violations).toEqual([]);
  expect(early.length, early.slice(0, 5).join('\n')).toBeLessThanOrEqual(RARE * issuances);
  expect(late.length, late.slice(0, 5).join('\n')).toBeLessThanOrEqual(RARE * issuances);
  for (const [name, group] of groups(failovers)) {
    const [{ kind, lease }] = group as [Measured];
    // Of a rolling restart it is asked that nothing is missed.
    if (kind === 'roll') continue;
    const most = kind === 'stop' ? LONGEST_AFTER_STOP : LONGEST[lease];
    expect(quantile(group, 0.99), `hand-over after ${name}`).toBeLessThanOrEqual(most);
  }
}

export function describeReport(report: ProofReport): string {
  const { seed, rounds, identities, issuances, handOvers, violations, early, twice, late, failovers, leastLeft } =
    report;
  const times = [...groups(failovers)].map(([name, group]) => {
    const [p50, p99] = [quantile(group, 0.5), quantile(group, 0.99)];
    return `${name}: ${group.length} times, p50 ${p50} ms, p99 ${p99} ms`;
  });
  return [
    `seed ${seed}: ${rounds} rounds, ${identities} identities, ${issuances} issuances, ${handOvers} hand-overs`,
    `  rules broken ${violations.length}, issued early ${early.length}, requests answered twice ${twice.length}, stored late ${late.length}, least left ${Math.round(leastLeft / 1000)} s`,
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
