// SPDX-License-Identifier: Apache-2.0
/**
 * What metrics tell of all ServiceIdentities together, read from their status at each scrape: states, how current their
 * SVIDs are, and how long everybody would be safe without the controller.
 * @module
 */
import { conditionOf } from '../api/condition-list.ts';
import { HELD_REASONS, IDENTITY_REASONS, type IdentityReason } from '../api/conditions.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { parseTimestamp } from '../api/timestamp.ts';
import { lifetime } from '../identity/renewal.ts';
import { type IdentitiesReading, type SVIDCount, VALIDITIES } from '../observability/metric-sources.ts';
import { type Duration, type Instant, MINUTE } from '../time.ts';

export interface IdentityReadingParts {
  readonly now: Instant;
  /** Of how many identities the end is told one by one. */
  readonly limit: number;
}

/** A renewal may be late by this without being overdue; short SVIDs by a tenth of their lifetime. */
const PATIENCE: Duration = MINUTE;

export function identitiesReading(
  identities: Iterable<ServiceIdentity>,
  { now, limit }: IdentityReadingParts,
): IdentitiesReading {
  const states: Record<string, number> = Object.fromEntries(Object.keys(IDENTITY_REASONS).map((reason) => [reason, 0]));
  const counts = new Map<string, number>();
  const expiries: Expiry[] = [];
  const timeOf = remembering(parseTimestamp);
  let nearestExpiry: Instant = Infinity;
  let survival: Duration = Infinity;
  let survivalRatio = Infinity;
  let forbidden = 0;
  for (const identity of identities) {
    const reason = readyReason(identity);
    states[reason] = (states[reason] ?? 0) + 1;
    if (isForbiddenAlone(identity, reason)) forbidden += 1;
    const times = timesOf(identity, timeOf);
    if (times === undefined) continue;
    const { notAfter, life } = times;
    const renewable = isRenewable(identity, reason);
    const key = `${validityAt(now, times)} ${renewable}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const { namespace = '', name } = identity.metadata;
    if (limit > 0) expiries.push({ namespace, name, notAfter });
    // One that has ended is counted as that, and would hide how long the others have.
    if (notAfter <= now) continue;
    nearestExpiry = Math.min(nearestExpiry, notAfter);
    if (!renewable) continue;
    const left = notAfter - now;
    survival = Math.min(survival, left);
    survivalRatio = Math.min(survivalRatio, left / life);
  }
  return {
    states,
    forbidden,
    nearestExpiry: known(nearestExpiry),
    svids: svidCounts(counts),
    survival: known(survival),
    survivalRatio: known(survivalRatio),
    expiries: expiries.toSorted((a, b) => a.notAfter - b.notAfter).slice(0, limit),
  };
}

/** The least of nothing is infinite. */
function known(least: number): number | undefined {
  return least === Infinity ? undefined : least;
}

/** Thousands of identities have some hundred times among them, and a scrape must not take long. */
function remembering(parse: (text: string) => Instant | undefined): (text: string | undefined) => Instant | undefined {
  const known = new Map<string, Instant | undefined>();
  return (text = '') => {
    if (known.has(text)) return known.get(text);
    const time = parse(text);
    known.set(text, time);
    return time;
  };
}

type Expiry = NonNullable<IdentitiesReading['expiries']>[number];

function readyReason({ status }: ServiceIdentity): IdentityReason {
  return conditionOf(status, 'Ready')?.reason ?? 'Pending';
}

function isRenewable(identity: ServiceIdentity, reason: IdentityReason): boolean {
  return identity.spec.suspend !== true && !HELD_REASONS.has(reason) && !isForbidden(identity);
}

/** Who is told of one that waits for something else as well is told of that. */
function isForbiddenAlone(identity: ServiceIdentity, reason: IdentityReason): boolean {
  if (identity.spec.suspend === true) return false;
  return reason === 'PolicyViolation' || (isForbidden(identity) && !HELD_REASONS.has(reason));
}

function isForbidden({ status }: ServiceIdentity): boolean {
  return conditionOf(status, 'Forbidden')?.status === 'True';
}

interface Times {
  readonly notAfter: Instant;
  readonly planned: Instant | undefined;
  readonly life: Duration;
}

/** Undefined: nothing was issued yet. */
function timesOf(
  { status }: ServiceIdentity,
  timeOf: (text: string | undefined) => Instant | undefined,
): Times | undefined {
  const notAfter = timeOf(status?.notAfter);
  const notBefore = timeOf(status?.notBefore);
  if (notAfter === undefined || notBefore === undefined) return undefined;
  return { notAfter, planned: timeOf(status?.renewalTime), life: lifetime(notBefore, notAfter) };
}

function validityAt(now: Instant, { notAfter, planned, life }: Times): SVIDCount['validity'] {
  if (now >= notAfter) return 'expired';
  return planned !== undefined && now > planned + Math.min(PATIENCE, life / 10) ? 'overdue' : 'current';
}

function svidCounts(counts: ReadonlyMap<string, number>): SVIDCount[] {
  return VALIDITIES.flatMap((validity) =>
    [true, false].map((renewable) => ({ validity, renewable, count: counts.get(`${validity} ${renewable}`) ?? 0 })),
  );
}
