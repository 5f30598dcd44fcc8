// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about one ServiceIdentity: from what is observed and desired to the writes that close the gap. Pure;
 * planning again after applying the plan yields no action.
 * @module
 */

import type { IdentityReason } from '../api/conditions.ts';
import { formatFieldErrors } from '../api/field-error.ts';
import { controllingOwner } from '../api/owner-reference.ts';
import { parseTimestamp } from '../api/timestamp.ts';
import { MANAGED_LABEL, RETAIN_LABEL } from '../api/well-known.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import { type IssueCause, type IssueReason, issueCause, unchangeable } from './checks.ts';
import { type Desired, desiredIdentity } from './desired.ts';
import { forbiddenFiles, urgentAnchors } from './forbidden.ts';
import {
  authorityUnavailable,
  type Blocked,
  contention,
  type IssuanceBudget,
  issuanceBudget,
  issuanceGate,
  recordedFirst,
  servingGate,
} from './gates.ts';
import { knownUnchanged, type MissingFact, missingToJudge, missingToWithdraw, missingToWrite } from './knowledge.ts';
import { lookHeld } from './looks.ts';
import { metadataPatch, type SecretPatch } from './metadata.ts';
import type { AuthorityView, Observed, PolicyVerdict, SecretMeta, StoredFacts } from './observed.ts';
import { ownership, precedingRival } from './ownership.ts';
import { ridesOnRenewal, untilRenewal } from './refresh.ts';
import { answered, factsInStatus, plannedRenewal, storedFacts, trusted, turningPoints } from './stored.ts';

export type Action =
  | {
      readonly kind: 'IssueSVID';
      readonly reason: IssueReason;
      readonly desired: Desired;
      /** Absent: create. `recreate`: the existing one cannot be updated and is deleted first. */
      readonly existing?: SecretMeta;
      readonly recreate: boolean;
      /** It undoes what somebody else did to the Secret; counted, because such issuances are bounded. */
      readonly heals: boolean;
      /** It follows what a user changed; counted likewise. */
      readonly follows: boolean;
    }
  | { readonly kind: 'PatchSecret'; readonly secret: SecretMeta; readonly patch: SecretPatch }
  | { readonly kind: 'DeleteSecret'; readonly secret: SecretMeta };

export interface Plan {
  /** Facts that must exist have not arrived yet: nothing is done, and nothing is said in status. */
  readonly undecided?: true;
  /** Something has to be read before a decision is possible; gather it and plan again. */
  readonly read?: MissingFact;
  readonly actions: readonly Action[];
  readonly blocked?: Blocked;
  /** The Secret was found to be exactly as desired: only then may its version count as known. */
  readonly intact?: true;
  /** Why the stored SVID is not what it should be; undefined: it is. */
  readonly cause?: IssueCause;
  /** The patch that is due and held back for now. */
  readonly withheld?: SecretPatch;
  /** The SVID that is stored now. */
  readonly stored?: StoredFacts;
  /** It answers spec.renewRequest, and status does not say so yet. */
  readonly answered?: true;
  readonly desired?: Desired;
  /** What policies say against the identity as it is. */
  readonly forbidden?: string;
  /** When to look again although nothing changed; never after notAfter. */
  readonly requeueAfter?: Duration;
}

const TAKEN_NAME_RECHECK: Duration = MINUTE;
const ARRIVAL_RECHECK: Duration = SECOND;
const AFTER_RECORDING: Duration = 100;

/** What an identity refers to may be created with it, and its watch be a moment behind. */
const ARRIVAL_GRACE: Duration = 3 * SECOND;
const ARRIVING: ReadonlySet<IdentityReason> = new Set<IdentityReason>([
  'ServiceAccountNotFound',
  'TrustDomainNotFound',
]);

/** Decides what to do about one identity now. */
export function planIdentity(observed: Observed, now: Instant): Plan {
  const plan = planNow(observed, now);
  const waits = plan.blocked === undefined || !ARRIVING.has(plan.blocked.reason) ? 0 : arrivalGrace(observed, now);
  if (waits > 0) return { actions: [], undecided: true, requeueAfter: waits };
  return observed.policy === undefined ? plan : { ...plan, forbidden: observed.policy.message };
}

/** How long nothing is said yet of what a new identity lacks. */
function arrivalGrace({ identity }: Observed, now: Instant): Duration {
  const created = parseTimestamp(identity.metadata.creationTimestamp) ?? 0;
  return identity.status === undefined && now >= created ? created + ARRIVAL_GRACE - now : 0;
}

function planNow(observed: Observed, now: Instant): Plan {
  if (observed.identity.metadata.deletionTimestamp !== undefined) return { actions: [], undecided: true };
  // An object cannot exist without its namespace: the watch of namespaces is just a moment behind.
  if (observed.namespace === undefined) return { actions: [], undecided: true, requeueAfter: ARRIVAL_RECHECK };
  const wanted = wantedBy(observed);
  if (observed.policy?.revoke === true && reachable(wanted)) return withdrawal(observed, now, observed.policy, wanted);
  if ('blocked' in wanted) return blockedPlan(observed, now, wanted.blocked);
  const { desired } = wanted;
  const authority = observed.trustDomain?.authority;

  const read = missingToJudge(observed, desired);
  const wait = read === undefined ? undefined : lookHeld(observed, now);
  if (wait !== undefined) return { actions: [], undecided: true, requeueAfter: wait };
  if (read !== undefined) return { read, actions: [], desired };
  const taken = secretGate(observed, desired);
  if (taken !== undefined) return { ...blockedPlan(observed, now, taken), desired };
  if (unjudged(observed)) return { ...blockedPlan(observed, now, authorityUnavailable(observed)), desired };
  return decide({ observed, desired, authority, now });
}

type Wanted = { readonly desired: Desired } | { readonly blocked: Blocked | undefined };

/** What is desired, or why that cannot be said. */
function wantedBy(observed: Observed): Wanted {
  const serving = servingGate(observed);
  if (serving !== undefined || observed.trustDomain === undefined) return { blocked: serving };
  const { resolved, authority } = observed.trustDomain;
  const wanted = desiredIdentity(observed.identity, resolved, authority?.anchorsPEM, observed.settings);
  if ('value' in wanted) return { desired: wanted.value };
  return { blocked: { reason: 'InvalidSpec', message: formatFieldErrors(wanted.errors) } };
}

/** Whether a policy may withdraw: what is in the controller's own namespace is not ours to delete, whatever it says. */
function reachable(wanted: Wanted): boolean {
  const reason = 'blocked' in wanted ? wanted.blocked?.reason : undefined;
  return reason !== 'NamespaceReserved' && reason !== 'NamespaceTerminating';
}

/**
 * A policy withdraws the SVID: its Secret goes, where it is ours, and nothing is issued. An empty one in its place would
 * start no workload either, and break those that watch it. An SVID that could not be renewed anyway goes like others.
 */
function withdrawal(observed: Observed, now: Instant, { message }: PolicyVerdict, wanted: Wanted): Plan {
  const { identity, secret } = observed;
  const desired = 'desired' in wanted ? { desired: wanted.desired } : {};
  const read = missingToWithdraw(observed, desired.desired);
  if (read !== undefined) return { read, actions: [], ...desired };
  const blocked: Blocked = { reason: 'PolicyViolation', message };
  const ours = secret !== undefined && !secret.meta.deleting && ownership(identity, secret.meta).kind === 'ours';
  if (!ours) return { ...blockedPlan(observed, now, blocked), actions: superseded(observed), ...desired };
  return { actions: [{ kind: 'DeleteSecret', secret: secret.meta }, ...superseded(observed)], blocked, ...desired };
}

interface Decision {
  readonly observed: Observed;
  readonly desired: Desired;
  readonly authority: AuthorityView | undefined;
  readonly now: Instant;
}

function decide(input: Decision): Plan {
  const { observed, desired, authority, now } = input;
  const base = { desired, ...storedNow(observed) };
  const { stored } = base;
  const cause = issueCause(input);
  if (cause === undefined) return mending(input, base);
  const judged = { ...base, cause };
  const budget = issuanceBudget(observed, desired.secret.name, cause.reason, now);
  const blocked = issuanceGate(observed, budget, now);
  if (blocked !== undefined) {
    const { actions, withheld } = outlives(cause, stored, authority) ? mending(input, base) : { actions: [] };
    const later = requeue(observed, stored, now, blocked.retryAfter);
    return { ...judged, actions, blocked, ...(withheld === undefined ? {} : { withheld }), ...later };
  }
  if (recordedFirst(observed, cause.reason)) return { ...judged, actions: [], requeueAfter: AFTER_RECORDING };
  const read = missingToWrite(observed, desired);
  if (read !== undefined) return { read, actions: [], desired };
  return { ...judged, actions: [issue(observed, desired, cause, budget), ...superseded(observed)] };
}

/**
 * Whether the stored SVID goes on being used although a new one is due: then its peers are verified by its anchors, and
 * they must not fall behind. One whose authority is gone keeps the root it needs (design rule 4), unless that root was
 * compromised: then nobody accepts it anyway, and it must not accept the thief.
 */
function outlives({ reason }: IssueCause, stored: StoredFacts | undefined, authority?: AuthorityView): boolean {
  if (stored === undefined) return false;
  if (reason === 'AuthorityChanged') return authority?.distrustedIDs.has(stored.authorityID) === true;
  return reason === 'RenewalDue' || reason === 'RenewRequested' || reason === 'PasswordChanged';
}

type Judged = Pick<Plan, 'desired' | 'stored' | 'answered'>;

/** What is to be done where the stored SVID stays. */
function mending({ observed, authority, now, ...input }: Decision, base: Judged): Plan {
  const { identity, secret } = observed;
  const desired = untilRenewal(input.desired, secret, authority);
  const unchanged = knownUnchanged(observed, desired);
  const read = missingToWrite(observed, desired);
  if (read !== undefined && !(read === 'metadata' && unchanged)) return { read, actions: [], desired };
  const patch = secret === undefined || unchanged ? undefined : metadataPatch(identity, secret, desired);
  const later = (retryAfter?: Duration) => requeue(observed, base.stored, now, retryAfter);
  if (secret === undefined || patch === undefined)
    return { ...base, intact: true, actions: superseded(observed), ...later() };
  const blocked = patch.heals ? contention(observed, now) : forbiddenFiles(observed, patch);
  if (blocked !== undefined) {
    const anchors = patch.heals ? undefined : urgentAnchors(observed, desired, authority);
    const actions: Action[] =
      anchors === undefined ? [] : [{ kind: 'PatchSecret', secret: secret.meta, patch: anchors }];
    return { ...base, actions, blocked, withheld: patch, ...later(blocked.retryAfter) };
  }
  const renewal = base.stored === undefined ? now : plannedRenewal(identity, base.stored);
  if (ridesOnRenewal(patch, authority, { renewal, now })) return { ...base, actions: superseded(observed), ...later() };
  return {
    ...base,
    actions: [{ kind: 'PatchSecret', secret: secret.meta, patch }, ...superseded(observed)],
    ...later(),
  };
}

function issue(observed: Observed, desired: Desired, { reason }: IssueCause, budget: IssuanceBudget): Action {
  const existing = observed.secret?.meta;
  const recreate = observed.secret !== undefined && unchangeable(observed.secret) !== undefined;
  const counted = { heals: budget === 'heals', follows: budget === 'follows' };
  return { kind: 'IssueSVID', reason, desired, recreate, ...counted, ...(existing === undefined ? {} : { existing }) };
}

/** The Secret of an earlier spec.secret.name goes once the new one is in place, unless it was to be retained. */
function superseded({ identity, previousSecret }: Observed): Action[] {
  if (previousSecret === undefined || previousSecret.deleting) return [];
  const { labels, ownerReferences } = previousSecret;
  if (ownership(identity, previousSecret).kind !== 'ours' || RETAIN_LABEL in labels) return [];
  // Stripped of label and owner alike, it might be one that was to be retained.
  const meant = MANAGED_LABEL in labels || controllingOwner(ownerReferences) !== undefined;
  return meant ? [{ kind: 'DeleteSecret', secret: previousSecret }] : [];
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
    return { reason: 'SecretConflict', message, retryAfter: TAKEN_NAME_RECHECK };
  }
  if (secret.meta.deleting) {
    const message = `Secret ${name} is being deleted, and is written again when it is gone`;
    return { reason: 'Pending', message, retryAfter: ARRIVAL_RECHECK };
  }
  const owned = ownership(identity, secret.meta);
  if (owned.kind !== 'foreign') return undefined;
  const message = `Secret ${name} belongs to ${owned.holder} and is never overwritten; choose another spec.secret.name or delete it`;
  return { reason: 'SecretConflict', message, retryAfter: TAKEN_NAME_RECHECK };
}

function blockedPlan(observed: Observed, now: Instant, blocked: Blocked | undefined): Plan {
  const base = { actions: [], ...(blocked === undefined ? {} : { blocked }), ...storedNow(observed) };
  return { ...base, ...requeue(observed, base.stored, now, blocked?.retryAfter) };
}

function storedNow(observed: Observed): Pick<Plan, 'stored' | 'answered'> {
  const { identity, secret } = observed;
  const stored = known(observed);
  if (stored === undefined || secret === undefined) return {};
  return answered(identity, secret) ? { stored, answered: true } : { stored };
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
  const points = stored === undefined ? [] : turningPoints(identity, stored);
  candidates.push(...points.filter((at) => at > now).map((at) => at - now));
  return candidates.length === 0 ? {} : { requeueAfter: Math.min(...candidates) };
}
