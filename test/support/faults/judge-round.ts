// SPDX-License-Identifier: Apache-2.0
/**
 * Judges what was stored in one round of a fault proof: by whom, whether that one was still allowed to sign, and how late
 * it was.
 * @module
 */

import { type LeaseLog, pidOf } from './lease-log.ts';
import { EARLIEST, type Issuance } from './ledger.ts';

/** Times of a Lease, in ms. */
export interface LeaseTimes {
  readonly duration: number;
  readonly renewDeadline: number;
}

export interface Round {
  /** For people, for example `round 3, kill`. */
  readonly title: string;
  readonly lease: LeaseTimes;
  /** Lifetime of every SVID, in ms. */
  readonly ttl: number;
  /** What was stored in it. */
  readonly issuances: readonly Issuance[];
  /** The least that is left of any SVID when it is over, in ms. */
  readonly left: number;
  /** How long nothing could be stored by anybody, in ms. */
  readonly outage: number;
  /** How long it takes to write every Secret once more, where a new root is published meanwhile, in ms; otherwise 0. */
  readonly rewriting: number;
  /** How many writes may have been on their way when their signer had to stop, and arrive afterwards. */
  readonly underWay: number;
}

export interface RoundVerdict {
  readonly violations: readonly string[];
  /** Stored when their issuer did not hold the Lease any more, or had not renewed it for too long. */
  readonly late: readonly string[];
  /** How long after the renewal deadline of its issuer's Lease the last SVID was stored, in ms; negative: before it. */
  readonly overstay: number;
  /** How long after its planned renewal an SVID was replaced, at most, in ms. */
  readonly overdue: number;
  /** The least that was left of any SVID, in ms. */
  readonly leastLeft: number;
}

/**
 * From the end of the right to sign to the store: a call that was sent in time and takes its time. With the fast Lease
 * that is when others may start, so no more.
 */
const CALL_MS = 1000;
/**
 * From when another may hold the Lease to its first writes: its look at the Lease may go into a connection that died in an
 * earlier fault (4 s until it asks again), and the machine is busy. What is due longest comes first, so however much has
 * come due meanwhile, none of it waits longer than the first did.
 */
const TAKING_OVER_MS = 10_000;

export function judgeRound(round: Round, log: LeaseLog): RoundVerdict {
  const { title, lease, ttl, issuances, left, outage, rewriting, underWay } = round;
  const stays = issuances.map((issuance) => ({ issuance, overstay: overstayOf(issuance, log, lease) }));
  const late = stays.flatMap(({ issuance, overstay }) => lateness(issuance, overstay, log));
  const most = outage + rewriting + lease.duration + TAKING_OVER_MS;
  const overdue = Math.max(0, maximum(issuances.map((issuance) => issuance.overdue)));
  const leastLeft = -maximum([-left, ...issuances.map((issuance) => -issuance.left)]);
  const least = Math.max(0, EARLIEST * ttl - most);
  return {
    violations: [
      ...(late.length > underWay ? late.map((line) => `${title}: ${line}`) : []),
      ...(overdue > most ? [`${title}: renewed ${overdue} ms after the plan, at most ${most} are allowed`] : []),
      ...(leastLeft < least ? [`${title}: an SVID had ${leastLeft} ms left, at least ${least} are wanted`] : []),
    ],
    late,
    overstay: maximum(stays.map(({ overstay }) => overstay ?? 0)),
    overdue,
    leastLeft,
  };
}

/** What the store knows no writer of is late: no Lease speaks for it. */
function lateness({ where, revision, writer }: Issuance, overstay: number | undefined, log: LeaseLog): string[] {
  const holder = log.holderAt(revision);
  const by = `${where}: stored by ${writer ?? 'nobody known'}`;
  if (writer === undefined || writer !== pidOf(holder)) return [`${by}, held by ${holder === '' ? 'nobody' : holder}`];
  if (overstay === undefined || overstay <= CALL_MS) return [];
  return [`${by}, ${overstay} ms after it had to stop, because it had not renewed its Lease`];
}

/** Undefined: it is not known who stored it, or that one never held the Lease. */
function overstayOf({ writer, revision, at }: Issuance, log: LeaseLog, lease: LeaseTimes): number | undefined {
  const renewal = writer === undefined ? undefined : log.lastRenewal(writer, revision);
  return renewal && at - renewal.at - lease.renewDeadline;
}

function maximum(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY);
}
