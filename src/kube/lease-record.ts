// SPDX-License-Identifier: Apache-2.0
/**
 * The coordination.k8s.io/v1 Lease as the leader election reads and writes it: pure, the next object from the last,
 * and what an observation means.
 * @module
 */
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import { microTime } from './micro-time.ts';

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds, as is `renewTime`. For people: other clocks are never compared with ours. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec?: LeaseSpec;
}

export interface Holding {
  readonly identity: string;
  readonly duration: Duration;
  readonly now: Instant;
}

/** What the last look at the Lease showed. */
export interface Observation {
  /** Undefined when there was none. */
  readonly lease: Lease | undefined;
  /** Monotonic time from which on it may be claimed. */
  readonly freeAt: Duration;
}

export interface Observer {
  readonly identity: string;
  readonly duration: Duration;
  /** When the answer was here. */
  readonly monotonic: Duration;
}

/** A lease duration written by somebody else is believed up to this. */
const LONGEST_DURATION: Duration = 5 * MINUTE;

/** The holder, or undefined when nobody holds it. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === undefined || holder === '' ? undefined : holder;
}

/**
 * What a look means. A Lease held by somebody else becomes free when it did not change for a whole duration since we
 * first saw it so. An unchanged Lease yields the previous observation itself.
 */
export function observe(previous: Observation | undefined, lease: Lease | undefined, me: Observer): Observation {
  const before = previous?.lease;
  if (previous !== undefined && before?.metadata.resourceVersion === lease?.metadata.resourceVersion) {
    return previous;
  }
  if (lease === undefined) {
    // Somebody deleted it: whoever held it may act a while longer, and will make it anew.
    return { lease, freeAt: isForeign(before, me) ? me.monotonic + me.duration : 0 };
  }
  if (!isForeign(lease, me)) {
    return { lease, freeAt: 0 };
  }
  if (previous !== undefined && isSameRenewal(before?.spec, lease.spec)) {
    return { lease, freeAt: previous.freeAt };
  }
  const theirs = Math.min(LONGEST_DURATION, (lease.spec?.leaseDurationSeconds ?? 0) * SECOND);
  return { lease, freeAt: me.monotonic + Math.max(me.duration, theirs) };
}

function isForeign(lease: Lease | undefined, me: Observer): boolean {
  const holder = holderOf(lease);
  return holder !== undefined && holder !== me.identity;
}

/** A Lease that does not exist yet, held by us. */
export function newLease(namespace: string, name: string, holding: Holding): Lease {
  const lease: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } };
  return heldLease({ ...lease, spec: { leaseTransitions: -1 } }, holding);
}

/**
 * The Lease taken over, or renewed when we hold it already; it keeps its resourceVersion and what others put into its
 * metadata. Every renewal differs from the one before, even under a
 * clock that stands still: others tell a living holder by the change.
 */
export function heldLease(lease: Lease, { identity, duration, now }: Holding): Lease {
  const { spec = {} } = lease;
  const time = microTime(now);
  const renewTime = time === spec.renewTime ? microTime(now + 1) : time;
  const ours = holderOf(lease) === identity;
  return {
    ...lease,
    spec: {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / SECOND),
      acquireTime: ours ? (spec.acquireTime ?? renewTime) : renewTime,
      renewTime,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (ours ? 0 : 1),
    },
  };
}

/** The Lease given up: anybody may take it at once. */
export function releasedLease(lease: Lease, now: Instant): Lease {
  return { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) } };
}

/** Whether two specs show the same tenure at the same renewal; labels and the like are nobody's heartbeat. */
function isSameRenewal(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (
    a?.holderIdentity === b?.holderIdentity &&
    a?.acquireTime === b?.acquireTime &&
    a?.renewTime === b?.renewTime &&
    a?.leaseTransitions === b?.leaseTransitions
  );
}
