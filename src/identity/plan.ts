// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about one ServiceIdentity: from what is observed and desired to the writes that close the gap. Pure;
 * planning again after applying the plan yields no action.
 * @module
 */
import { formatFieldErrors } from '../api/field-error.ts';
import { RETAIN_LABEL } from '../api/well-known.ts';
import type { Duration, Instant } from '../time.ts';
import { type IssueReason, issuanceViolation, unchangeable, type Violation } from './checks.ts';
import { type Desired, desiredIdentity } from './desired.ts';
import {
  authorityUnavailable,
  type Blocked,
  contention,
  issuanceGate,
  servingGate,
  undoesForeignHand,
} from './gates.ts';
import { metadataPatch, type SecretPatch } from './metadata.ts';
import type { AuthorityView, Observed, SecretMeta } from './observed.ts';
import { ownership, precedingRival } from './ownership.ts';
import { renewalTime } from './renewal.ts';
import { factsInStatus, type StoredFacts, storedFacts, trusted } from './stored.ts';

export type Action =
  | {
      readonly kind: 'IssueSVID';
      readonly reason: IssueReason;
      readonly desired: Desired;
      /** Absent: create. `recreate`: the existing one cannot be updated and is deleted first. */
      readonly existing?: SecretMeta;
      readonly recreate: boolean;
      readonly heals: boolean;
    }
  | { readonly kind: 'PatchSecret'; readonly secret: SecretMeta; readonly patch: SecretPatch }
  | { readonly kind: 'DeleteSecret'; readonly secret: SecretMeta };

export interface Plan {
  /** Facts that must exist have not arrived yet: nothing is done, and nothing is said in status. */
  readonly undecided?: true;
  /** Something has to be read before a decision is possible; gather it and plan again. */
  readonly read?: 'content' | 'absence';
  readonly actions: readonly Action[];
  readonly blocked?: Blocked;
  /** The Secret was found to be exactly as desired: only then may its version count as known. */
  readonly intact?: true;
  /** Why the stored SVID is not what it should be; undefined: it is. */
  readonly violation?: Violation;
  /** The patch that is due and held back for now. */
  readonly withheld?: SecretPatch;
  /** The SVID that is stored now. */
  readonly stored?: StoredFacts;
  readonly desired?: Desired;
  /** When to look again although nothing changed; never after notAfter. */
  readonly requeueAfter?: Duration;
}

const FOREIGN_SECRET_RECHECK: Duration = 60_000;
const ARRIVAL_RECHECK: Duration = 1000;

/** Decides what to do about one identity now. */
export function planIdentity(observed: Observed, now: Instant): Plan {
  if (observed.identity.metadata.deletionTimestamp !== undefined) return { actions: [], undecided: true };
  // An object cannot exist without its namespace: the watch of namespaces is just a moment behind.
  if (observed.namespace === undefined) return { actions: [], undecided: true, requeueAfter: ARRIVAL_RECHECK };
  const serving = servingGate(observed);
  if (serving !== undefined || observed.trustDomain === undefined) return blockedPlan(observed, now, serving);
  const { resolved, authority } = observed.trustDomain;
  const wanted = desiredIdentity(observed.identity, resolved, authority?.anchorsPEM, observed.settings);
  if ('errors' in wanted)
    return blockedPlan(observed, now, { reason: 'InvalidSpec', message: formatFieldErrors(wanted.errors) });
  const desired = wanted.value;

  const read = missingKnowledge(observed, desired);
  if (read !== undefined) return { read, actions: [], desired };
  const taken = secretGate(observed, desired);
  if (taken !== undefined) return { ...blockedPlan(observed, now, taken), desired };
  if (unjudged(observed)) return { ...blockedPlan(observed, now, authorityUnavailable(observed)), desired };
  return decide({ observed, desired, authority, now });
}

interface Decision {
  readonly observed: Observed;
  readonly desired: Desired;
  readonly authority: AuthorityView | undefined;
  readonly now: Instant;
}

function decide(input: Decision): Plan {
  const { observed, desired, now } = input;
  const stored = known(observed);
  const violation = issuanceViolation(input);
  const base = {
    desired,
    ...(stored === undefined ? {} : { stored }),
    ...(violation === undefined ? {} : { violation }),
  };
  if (violation !== undefined) {
    const heals = undoesForeignHand(observed, desired.secret.name, violation.reason);
    const blocked = issuanceGate(observed, heals, now);
    if (blocked === undefined)
      return { ...base, actions: [issue(observed, desired, violation, heals), ...superseded(observed)] };
    return { ...base, actions: [], blocked, ...requeue(observed, stored, now, blocked.retryAfter) };
  }
  const patch = observed.secret === undefined ? undefined : metadataPatch(observed.identity, observed.secret, desired);
  if (observed.secret !== undefined && patch !== undefined) {
    const blocked = patch.heals ? contention(observed, now) : undefined;
    if (blocked !== undefined)
      return { ...base, actions: [], blocked, withheld: patch, ...requeue(observed, stored, now, blocked.retryAfter) };
    const action: Action = { kind: 'PatchSecret', secret: observed.secret.meta, patch };
    return { ...base, actions: [action, ...superseded(observed)], ...requeue(observed, stored, now) };
  }
  return { ...base, intact: true, actions: superseded(observed), ...requeue(observed, stored, now) };
}

function issue(observed: Observed, desired: Desired, { reason }: Violation, heals: boolean): Action {
  const existing = observed.secret?.meta;
  const recreate = observed.secret !== undefined && unchangeable(observed.secret) !== undefined;
  return { kind: 'IssueSVID', reason, desired, recreate, heals, ...(existing === undefined ? {} : { existing }) };
}

/** The Secret of an earlier spec.secret.name goes once the new one is in place, unless it was to be retained. */
function superseded({ identity, previousSecret }: Observed): Action[] {
  if (previousSecret === undefined || previousSecret.deleting) return [];
  if (ownership(identity, previousSecret).kind !== 'ours' || RETAIN_LABEL in previousSecret.labels) return [];
  return [{ kind: 'DeleteSecret', secret: previousSecret }];
}

function missingKnowledge(observed: Observed, desired: Desired): 'content' | 'absence' | undefined {
  const { identity, secret, absenceConfirmed } = observed;
  if (secret === undefined) {
    const recorded = identity.status?.secret?.name === desired.secret.name;
    return (recorded || conflicted(observed)) && !absenceConfirmed ? 'absence' : undefined;
  }
  if (secret.content !== undefined || trusted(identity, secret.meta)) return undefined;
  // Without anchors the bytes could not be judged, and nothing could be issued either.
  if (observed.trustDomain?.authority === undefined) return undefined;
  return ownership(identity, secret.meta).kind === 'foreign' ? undefined : 'content';
}

/** The name was taken by a Secret that the cache does not show; trying to create it would be a write every minute. */
function conflicted({ identity }: Observed): boolean {
  return identity.status?.conditions?.some(({ reason }) => reason === 'SecretConflict') === true;
}

/** Somebody else wrote the Secret, and there are no anchors to judge its bytes by. */
function unjudged({ identity, secret, trustDomain }: Observed): boolean {
  if (secret === undefined || trustDomain?.authority !== undefined) return false;
  return ownership(identity, secret.meta).kind === 'ours' && !trusted(identity, secret.meta);
}

function secretGate(observed: Observed, desired: Desired): Blocked | undefined {
  const { identity, secret, rivals } = observed;
  const { name } = desired.secret;
  if (secret === undefined) {
    const rival = precedingRival(identity, rivals);
    if (rival === undefined) return undefined;
    const message = `ServiceIdentity ${rival.name} is older and asks for the same Secret ${name}; choose another spec.secret.name`;
    return { reason: 'SecretConflict', message };
  }
  if (secret.meta.deleting)
    return { reason: 'Pending', message: `Secret ${name} is being deleted`, retryAfter: ARRIVAL_RECHECK };
  const owned = ownership(identity, secret.meta);
  if (owned.kind !== 'foreign') return undefined;
  const message = `Secret ${name} belongs to ${owned.holder} and is never overwritten; choose another spec.secret.name or delete it`;
  return { reason: 'SecretConflict', message, retryAfter: FOREIGN_SECRET_RECHECK };
}

function blockedPlan(observed: Observed, now: Instant, blocked: Blocked | undefined): Plan {
  const stored = known(observed);
  const base = {
    actions: [],
    ...(blocked === undefined ? {} : { blocked }),
    ...(stored === undefined ? {} : { stored }),
  };
  return { ...base, ...requeue(observed, stored, now, blocked?.retryAfter) };
}

/** The stored SVID, as far as it is this identity's. While nobody has read a changed Secret, status stands. */
function known({ identity, secret }: Observed): StoredFacts | undefined {
  if (secret === undefined || ownership(identity, secret.meta).kind === 'foreign') return undefined;
  const unread = secret.content === undefined && identity.status?.secret?.uid === secret.meta.uid;
  return unread ? factsInStatus(identity.status) : storedFacts(identity, secret);
}

function requeue(
  { identity }: Observed,
  stored: StoredFacts | undefined,
  now: Instant,
  retryAfter?: Duration,
): { readonly requeueAfter?: Duration } {
  const candidates: Duration[] = [];
  if (retryAfter !== undefined) candidates.push(retryAfter);
  if (stored !== undefined) {
    const renewal = renewalTime(stored.notBefore, stored.notAfter, identity.metadata.uid);
    candidates.push(...[renewal, stored.notAfter].filter((at) => at > now).map((at) => at - now));
  }
  return candidates.length === 0 ? {} : { requeueAfter: Math.min(...candidates) };
}
