// SPDX-License-Identifier: Apache-2.0
/**
 * The only author of a ServiceIdentity's status. Written only if it changed; in steady state it does not (rule 7).
 * @module
 */

import { conditionOf, type IdentityCondition, nextConditions } from '../api/condition-list.ts';
import { formatDuration } from '../api/duration.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../api/service-identity.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { Instant } from '../time.ts';
import type { Desired } from './desired.ts';
import type { StoredFacts } from './observed.ts';
import type { Outcome, SecretRef } from './outcome.ts';
import { readyCondition } from './ready.ts';
import type { RolloutPlan } from './rollout.ts';
import { factsInStatus, plannedRenewal } from './stored.ts';

/** The status after an outcome. */
export function nextStatus(identity: ServiceIdentity, outcome: Outcome, now: Instant): ServiceIdentityStatus {
  const previous = identity.status;
  const { plan, issued } = outcome;
  const stored = issued?.facts ?? plan.stored;
  const facts = stored ?? factsInStatus(previous);
  const answered = issued !== undefined || plan.answered === true;
  const renewRequest = answered ? identity.spec.renewRequest : previous?.observedRenewRequest;
  const secret = secretRef(previous, outcome, stored);
  const generation = identity.metadata.generation;
  return {
    conditions: nextConditions(previous?.conditions, conditions(identity, outcome, stored, now), generation, now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(facts === undefined ? {} : factFields(identity, facts)),
    ...(secret === undefined ? {} : { secret }),
    ...(renewRequest === undefined ? {} : { observedRenewRequest: renewRequest }),
    // Never dropped: who forgot them would restart too often.
    ...(previous?.rollouts === undefined ? {} : { rollouts: previous.rollouts }),
  };
}

/** The status after a look at the workloads of spec.reload; all else in it stays. */
export function withRollouts(
  identity: ServiceIdentity,
  { records, problem }: Pick<RolloutPlan, 'records' | 'problem'>,
  now: Instant,
): ServiceIdentityStatus {
  const { status = {}, metadata } = identity;
  const { conditions: before = [], rollouts: _, ...rest } = status;
  const others = before.filter(({ type }) => type !== RELOAD_CONDITION);
  const decided = problem === undefined ? [] : [{ type: RELOAD_CONDITION, status: 'True', ...problem } as const];
  const reload = nextConditions(before, decided, metadata.generation, now);
  const rollouts = records.length === 0 ? {} : { rollouts: records };
  return { ...rest, conditions: [...others, ...reload], ...rollouts };
}

const RELOAD_CONDITION = 'ReloadBlocked';

/** What was found out about reloading stays until the next look, and goes with spec.reload. */
function keptReload({ spec, status }: ServiceIdentity): IdentityCondition[] {
  const kept = spec.reload && conditionOf(status, RELOAD_CONDITION);
  return kept === undefined
    ? []
    : [{ type: kept.type, status: kept.status, reason: kept.reason, message: kept.message }];
}

function factFields(identity: ServiceIdentity, facts: StoredFacts): Partial<ServiceIdentityStatus> {
  const { spiffeID, serialNumber, fingerprint, authorityID, notBefore, notAfter } = facts;
  const times = {
    notBefore: formatTimestamp(notBefore),
    notAfter: formatTimestamp(notAfter),
    renewalTime: formatTimestamp(plannedRenewal(identity, facts)),
  };
  return { spiffeID, serialNumber, fingerprint, authorityID, ...times };
}

/**
 * The recorded Secret: a version that is known to be as we want it, for it is not read again. A foreign write that
 * changed nothing of ours moves only the resourceVersion: that is kept in memory and recorded with the next write of our
 * own, so tenants cannot make us write (design rule 6).
 */
function secretRef(
  previous: ServiceIdentityStatus | undefined,
  { plan, secret, written, released }: Outcome,
  stored: StoredFacts | undefined,
): SecretRef | undefined {
  const recorded = previous?.secret;
  const sameSVID = stored === undefined || stored.fingerprint === previous?.fingerprint;
  // The earlier name is remembered until its Secret is gone.
  const owed = plan.actions.some(({ kind }) => kind === 'DeleteSecret') && released !== true;
  if (!owed && written !== undefined) return referenceTo(written);
  const known = owed || plan.intact !== true ? undefined : secret;
  // Facts of another SVID must never be taken for those of the version recorded before.
  if (known === undefined) return sameSVID ? recorded : withoutVersion(recorded);
  return sameSVID && sameObject(known, recorded) ? recorded : referenceTo(known);
}

function sameObject(a: SecretRef, b: SecretRef | undefined): boolean {
  return a.uid === b?.uid && a.name === b.name;
}

/** No object has version 0. */
function withoutVersion(recorded: SecretRef | undefined): SecretRef | undefined {
  return recorded === undefined ? undefined : { ...recorded, resourceVersion: '0' };
}

/** What is handed in has more fields than belong in status. */
function referenceTo({ name, uid, resourceVersion }: SecretRef): SecretRef {
  return { name, uid, resourceVersion };
}

function conditions(
  identity: ServiceIdentity,
  outcome: Outcome,
  stored: StoredFacts | undefined,
  now: Instant,
): IdentityCondition[] {
  const list: IdentityCondition[] = [readyCondition(identity, outcome, stored, now)];
  const { blocked } = outcome.plan;
  if (blocked?.reason === 'RepeatedEdits' || blocked?.reason === 'RepeatedChanges') {
    list.push({ type: 'Contended', status: 'True', reason: blocked.reason, message: blocked.message });
  }
  const { forbidden } = outcome.plan;
  if (forbidden !== undefined)
    list.push({ type: 'Forbidden', status: 'True', reason: 'PolicyViolation', message: forbidden });
  if (outcome.formats !== undefined) list.push({ type: 'FormatBlocked', status: 'True', ...outcome.formats });
  const issuer = clampedMessage(identity, outcome, stored);
  const bounds = boundsMessage(outcome.plan.desired);
  // What is true of the stored SVID comes first; what will be true of the next one can wait for it.
  if (issuer !== undefined) list.push({ type: 'Clamped', status: 'True', reason: 'IssuerLifetime', message: issuer });
  else if (bounds !== undefined)
    list.push({ type: 'Clamped', status: 'True', reason: 'TrustDomainBounds', message: bounds });
  list.push(...keptReload(identity));
  return list;
}

function boundsMessage(desired: Desired | undefined): string | undefined {
  if (desired?.bounded === undefined) return undefined;
  const { asked, bounds } = desired.bounded;
  const range = `${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`;
  return `spec.ttl ${formatDuration(asked)} is outside the bounds of TrustDomain ${bounds.trustDomain}, ${range}; SVIDs live ${formatDuration(desired.svid.ttl)} from the next issuance on; change spec.ttl or the bounds`;
}

function clampedMessage(identity: ServiceIdentity, { issued }: Outcome, stored?: StoredFacts): string | undefined {
  if (issued === undefined) {
    const kept = identity.status?.conditions?.find(({ reason }) => reason === 'IssuerLifetime');
    return stored?.fingerprint === identity.status?.fingerprint ? kept?.message : undefined;
  }
  return issued.clamped
    ? `the SVID expires with its issuer, at ${formatTimestamp(issued.facts.notAfter)}; a renewal under the next issuer is not cut`
    : undefined;
}
