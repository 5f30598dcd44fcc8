// SPDX-License-Identifier: Apache-2.0
/**
 * The only author of a TrustDomain's status.
 * @module
 */
import { conditionOf, nextConditions, type TrustDomainCondition } from '../api/condition-list.ts';
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import {
  AUTHORITY_KINDS,
  type AuthorityStatus,
  type BundleStatus,
  type RotationStatus,
  type TrustDomain,
  type TrustDomainStatus,
} from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthorityBlocked } from './actions.ts';
import type { AuthorityDocument } from './document.ts';
import { importedConditions } from './imported-conditions.ts';
import type { Propagation } from './propagation.ts';
import { requestStatus, rotationStatus } from './rotation-status.ts';
import { activeSlot } from './slots.ts';

/** What is published of the bundle, and what is in the way. */
export interface BundleReport {
  readonly status: BundleStatus;
  /** Absent: nothing is in the way. */
  readonly condition?: TrustDomainCondition;
}

export interface AuthorityOutcome {
  /** The authority as stored; undefined: it could not be loaded, and status keeps what it listed. */
  readonly document: AuthorityDocument | undefined;
  readonly blocked: AuthorityBlocked | undefined;
  /** Whether leaves can be signed now. */
  readonly signing: boolean;
  /** What was counted, where a rotation asks for it. */
  readonly propagation?: Propagation | undefined;
  /** Undefined: it cannot be said yet, and status keeps what it says. */
  readonly bundle?: BundleReport | undefined;
  /** Undefined: the spec is not valid. */
  readonly resolved?: ResolvedTrustDomain;
  /** What is allowed and still deserves a word. */
  readonly warnings?: readonly string[];
}

/** The status after an outcome. */
export function nextTrustDomainStatus(
  trustDomain: TrustDomain,
  outcome: AuthorityOutcome,
  now: Instant,
): TrustDomainStatus {
  const previous = trustDomain.status;
  const generation = trustDomain.metadata.generation;
  const bundle = outcome.bundle?.status ?? previous?.bundle;
  const conditions = [
    readyCondition(previous, outcome),
    ...importedConditions(previous, outcome, now),
    ...bundleConditions(previous, outcome),
  ];
  return {
    conditions: nextConditions(previous?.conditions, conditions, generation, now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...authorityFields(previous, outcome),
    ...(bundle === undefined ? {} : { bundle }),
  };
}

/** What the document says; without one, what was said before. */
function authorityFields(
  previous: TrustDomainStatus | undefined,
  outcome: AuthorityOutcome,
): Pick<TrustDomainStatus, 'notAfter' | 'authorities' | 'rotation' | 'lastRequest'> {
  const { document } = outcome;
  const rotation = currentRotation(outcome) ?? previous?.rotation;
  const authorities = document === undefined ? previous?.authorities : listAuthorities(document);
  const notAfter = document === undefined ? previous?.notAfter : firstEnd(document);
  const answer = document === undefined ? previous?.lastRequest : requestStatus(document);
  return {
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(authorities === undefined ? {} : { authorities }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(answer === undefined ? {} : { lastRequest: answer }),
  };
}

function currentRotation({ document, resolved, propagation }: AuthorityOutcome): RotationStatus | undefined {
  return document === undefined || resolved === undefined ? undefined : rotationStatus(document, resolved, propagation);
}

function readyCondition(previous: TrustDomainStatus | undefined, outcome: AuthorityOutcome): TrustDomainCondition {
  const { blocked, signing, warnings = [] } = outcome;
  const ready: TrustDomainCondition = signing
    ? { type: 'Ready', status: 'True', reason: 'AuthorityReady', message: ['SVIDs are issued', ...warnings].join('; ') }
    : { type: 'Ready', status: 'False', reason: 'Pending', message: 'the authority is not in place yet' };
  const before = conditionOf(previous, 'Ready');
  // A refusal keeps the words it was first told in: those of the API server differ from try to try.
  const steady = blocked?.reason === 'WriteRefused' && before?.reason === 'WriteRefused' ? before : blocked;
  const { reason, message } = steady ?? ready;
  return { ...ready, reason, message };
}

function bundleConditions(
  previous: TrustDomainStatus | undefined,
  { bundle }: AuthorityOutcome,
): TrustDomainCondition[] {
  if (bundle !== undefined) return bundle.condition === undefined ? [] : [bundle.condition];
  return (previous?.conditions ?? []).filter(({ type }) => type === 'BundleBlocked');
}

/** When the first of the active root and intermediate ends. */
function firstEnd(document: AuthorityDocument): string | undefined {
  const ends = AUTHORITY_KINDS.flatMap((kind) => {
    const active = activeSlot(document, kind);
    return active === undefined ? [] : (active.imported?.endsAt ?? active.notAfter);
  });
  return ends.length === 0 ? undefined : formatTimestamp(Math.min(...ends));
}

function listAuthorities(document: AuthorityDocument): AuthorityStatus[] {
  // A root that was withdrawn is trusted no more.
  const listed = document.slots.filter(({ withdrawnSince }) => withdrawnSince === undefined);
  return listed.map(({ id, kind, state, notBefore, notAfter, leavesUntil, compromised }) => ({
    id,
    kind,
    state,
    notBefore: formatTimestamp(notBefore),
    notAfter: formatTimestamp(notAfter),
    ...(leavesUntil === undefined ? {} : { leavesUntil: formatTimestamp(leavesUntil) }),
    ...(compromised === undefined ? {} : { compromised }),
  }));
}
