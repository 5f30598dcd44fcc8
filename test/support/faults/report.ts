// SPDX-License-Identifier: Apache-2.0
/**
 * What a fault proof found out, and how it is told.
 * @module
 */
import { quantile } from '../../../hack/bench/report.ts';
import type { LeaseName } from './leases.ts';

/** One measured hand-over, in ms from the last write of one holder to the first of the next. */
export interface Measured {
  readonly lease: LeaseName;
  /** `roll`: a graceful stop in a rolling restart, with a next holder that has just begun. */
  readonly kind: 'kill' | 'stop' | 'roll';
  readonly took: number;
}

export interface ProofReport {
  readonly seed: string;
  readonly identities: number;
  readonly rounds: number;
  readonly issuances: number;
  readonly handOvers: number;
  /** How many SVIDs were issued in hand-overs. */
  readonly handedOver: number;
  readonly violations: readonly string[];
  /** Issued before its renewal was due. */
  readonly early: readonly string[];
  /** How often users asked for a new SVID; each time it was issued, or the proof had rejected. */
  readonly requests: number;
  /** Issued a second time for one request of a user. */
  readonly twice: readonly string[];
  /** Stored when their issuer did not hold the Lease any more, or had not renewed it for too long. */
  readonly late: readonly string[];
  readonly failovers: readonly Measured[];
  /** The least that was ever left of an SVID, in ms. */
  readonly leastLeft: number;
  /** The longest that a renewal came after its planned time, in ms. */
  readonly overdue: number;
  /** How many rotations came to their end. */
  readonly rotations: { readonly root: number; readonly intermediate: number };
}

/** How many violations are told one by one. */
export const TOLD = 10;

export function describeReport(report: ProofReport): string {
  const { seed, rounds, identities, issuances, handOvers, handedOver, failovers } = report;
  const { violations, early, requests, twice, late, leastLeft, overdue, rotations } = report;
  const times = [...groups(failovers)].map(([name, group]) => {
    const times = group.map(({ took }) => took);
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    return `${name}: ${group.length} times, p50 ${p50} ms, p99 ${p99} ms`;
  });
  const more = violations.length - TOLD;
  return [
    `seed ${seed}: ${rounds} rounds, ${identities} identities, ${issuances} issuances, ${handedOver} of them in ${handOvers} hand-overs`,
    `  rules broken ${violations.length}, issued early ${early.length}, answered twice ${twice.length} of ${requests} requests, stored late ${late.length}`,
    `  renewed ${overdue} ms after the plan at most, least left ${Math.round(leastLeft / 1000)} s, rotations of the root ${rotations.root}, of the intermediate ${rotations.intermediate}`,
    ...times.map((line) => `  ${line}`),
    ...violations.slice(0, TOLD).map((violation) => `  BROKEN ${violation}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
}

function groups(failovers: readonly Measured[]): Map<string, Measured[]> {
  return Map.groupBy(failovers, ({ kind, lease }) => `${kind}, ${lease} Lease`);
}
