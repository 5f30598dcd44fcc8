// SPDX-License-Identifier: Apache-2.0
/**
 * What is counted while a rotation goes on: how many Secrets and bundles do not hold the anchors yet, and how many SVIDs
 * of a compromised authority are still in use. Counted from what is stored, never from what was sent.
 * @module
 */
import { boundedText } from '../api/bounded-text.ts';
import type { BlockerStatus } from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';

/** One count of one kind of targets. */
export interface Count {
  /** Secrets and bundles that have to hold the anchors. */
  readonly targets: number;
  /** Of these, those that do not. */
  readonly stale: number;
  /** Secrets whose leaf was signed by a compromised authority. */
  readonly exposed: number;
  /** Some of those that hold it up, in a stable order. */
  readonly blockers: readonly BlockerStatus[];
  /** Of the targets, Secrets. */
  readonly secrets: number;
  /** Secrets that are stale, exposed or both. */
  readonly dependents: number;
}

/** A count, and what the counts before it tell. */
export interface Propagation extends Count {
  /** Since when every count was incomplete; absent: nothing is known of counts before. */
  readonly incompleteSince?: Instant;
  /** When the numbers last changed. */
  readonly changedAt?: Instant;
  /** Workloads that a withdrawal of the old root would break now; those that may not have loaded the new one included. */
  readonly breaking?: number;
}

/** Most that status lists. */
export const MAX_BLOCKERS = 10;
const MAX_REASON = 512;

/** What status says of one that lags behind; `blocked`: what somebody has to mend first. */
export function blockerReason(blocked: { readonly reason: string; readonly message: string } | undefined): string {
  return blocked === undefined ? 'not written yet' : boundedText(`${blocked.reason}: ${blocked.message}`, MAX_REASON);
}

/** Counts of different kinds of targets, as one. */
export function combined(parts: readonly Count[]): Count {
  const sum = (count: (part: Count) => number) => parts.reduce((total, part) => total + count(part), 0);
  return {
    targets: sum(({ targets }) => targets),
    stale: sum(({ stale }) => stale),
    exposed: sum(({ exposed }) => exposed),
    blockers: parts.flatMap(({ blockers }) => blockers).slice(0, MAX_BLOCKERS),
    secrets: sum(({ secrets }) => secrets),
    dependents: sum(({ dependents }) => dependents),
  };
}

/** Whether everything that was counted is as the next step needs it. */
export function complete({ stale, exposed }: Count): boolean {
  return stale === 0 && exposed === 0;
}

/** Targets that are not as they should be. */
export function unsettled({ stale, exposed }: Count): number {
  return Math.max(stale, exposed);
}

/** How many workloads would break if the old root were withdrawn now. */
export function breaking(propagation: Propagation): number {
  return propagation.breaking ?? unsettled(propagation);
}
