// SPDX-License-Identifier: Apache-2.0
/**
 * The only author of a TrustDomain's status.
 * @module
 */
import { type ConditionInput, nextConditions } from '../api/condition-list.ts';
import type { TrustDomainConditionType, TrustDomainReason } from '../api/conditions.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import {
  AUTHORITY_KINDS,
  type AuthorityStatus,
  type TrustDomain,
  type TrustDomainStatus,
} from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthorityDocument } from './document.ts';
import type { AuthorityBlocked } from './plan.ts';
import { activeSlot } from './slots.ts';

type ReadyCondition = ConditionInput<TrustDomainConditionType, TrustDomainReason>;

export interface AuthorityOutcome {
  /** The authority as stored; undefined: it could not be loaded, and status keeps what it listed. */
  readonly document: AuthorityDocument | undefined;
  readonly blocked: AuthorityBlocked | undefined;
  /** Whether leaves can be signed now. */
  readonly signing: boolean;
  /** What is allowed and still deserves a word. */
  readonly warnings?: readonly string[];
}

/** The status after an outcome. */
export function nextTrustDomainStatus(
  trustDomain: TrustDomain,
  outcome: AuthorityOutcome,
  now: Instant,
): TrustDomainStatus {
  const { document } = outcome;
  const previous = trustDomain.status;
  const generation = trustDomain.metadata.generation;
  const authorities = document === undefined ? previous?.authorities : listAuthorities(document);
  const notAfter = document === undefined ? previous?.notAfter : firstEnd(document);
  return {
    conditions: nextConditions(previous?.conditions, [readyCondition(previous, outcome)], generation, now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(authorities === undefined ? {} : { authorities }),
  };
}

function readyCondition(previous: TrustDomainStatus | undefined, outcome: AuthorityOutcome): ReadyCondition {
  const { blocked, signing, warnings = [] } = outcome;
  const ready: ReadyCondition = signing
    ? { type: 'Ready', status: 'True', reason: 'AuthorityReady', message: ['SVIDs are issued', ...warnings].join('; ') }
    : { type: 'Ready', status: 'False', reason: 'Pending', message: 'the authority is not in place yet' };
  const before = previous?.conditions?.find(({ type }) => type === 'Ready');
  // A refusal keeps the words it was first told in: those of the API server differ from try to try.
  const steady = blocked?.reason === 'WriteRefused' && before?.reason === 'WriteRefused' ? before : blocked;
  const { reason, message } = steady ?? ready;
  return { ...ready, reason, message };
}

/** When the first of the active root and intermediate ends. */
function firstEnd(document: AuthorityDocument): string | undefined {
  const ends = AUTHORITY_KINDS.flatMap((kind) => activeSlot(document, kind)?.notAfter ?? []);
  return ends.length === 0 ? undefined : formatTimestamp(Math.min(...ends));
}

function listAuthorities(document: AuthorityDocument): AuthorityStatus[] {
  return document.slots.map(({ id, kind, state, notBefore, notAfter }) => ({
    id,
    kind,
    state,
    notBefore: formatTimestamp(notBefore),
    notAfter: formatTimestamp(notAfter),
  }));
}
