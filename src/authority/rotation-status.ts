// SPDX-License-Identifier: Apache-2.0
/**
 * What an operator reads of a rotation at every moment: which step it is in, what it waits for, and when it will go on.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { RequestStatus, RotationStatus, RotationStep } from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot, RotationRecord } from './document.ts';
import { breaking, type Propagation, unsettled } from './propagation.ts';
import { acknowledgement, wasAnswered } from './rotation.ts';
import {
  activeSlot,
  anchors,
  authoritySignsUntil,
  forgetTime,
  hasGivenUp,
  preparedRoot,
  quarantineTime,
  withdrawalDeadline,
} from './slots.ts';

/** The rotation in progress or the last one; undefined: there was none. */
export function rotationStatus(
  document: AuthorityDocument,
  trustDomain: ResolvedTrustDomain,
  propagation: Propagation | undefined,
): RotationStatus | undefined {
  const { rotation } = document;
  if (rotation === undefined) return undefined;
  const { action, state, startedAt, completedAt, id, reason, quarantined } = rotation;
  const progress = state === 'InProgress' ? progressOf(document, trustDomain, propagation) : undefined;
  return {
    ...(id === undefined ? {} : { id }),
    action,
    ...(reason === undefined ? {} : { reason }),
    state,
    ...(progress === undefined ? {} : { step: progress.step }),
    message: progress?.message ?? ended(rotation),
    startedAt: formatTimestamp(startedAt),
    ...(completedAt === undefined ? {} : { completedAt: formatTimestamp(completedAt) }),
    ...(progress?.next === undefined ? {} : { nextStepTime: formatTimestamp(progress.next) }),
    // Past its end whoever looks for what was given up finds it here, until it is mended.
    ...(progress === undefined && !hasGivenUp(document) ? {} : countsOf(propagation)),
    ...(quarantined === undefined ? {} : { quarantined }),
  };
}

/** The answer to a request that stands aside of the rotation in progress. */
export function requestStatus({ aside }: AuthorityDocument): RequestStatus | undefined {
  if (aside?.id === undefined || aside.state === 'InProgress') return undefined;
  const { id, action, state, startedAt, completedAt = startedAt } = aside;
  return { id, action, state, message: ended(aside), time: formatTimestamp(completedAt) };
}

/** What an operator who asks with an id of earlier days has to know. */
export function requestWarnings(
  { rotation: request }: ResolvedTrustDomain,
  document: AuthorityDocument | undefined,
): readonly string[] {
  if (request === undefined || document === undefined || !wasAnswered(request, document)) return [];
  return [`spec.rotation.id ${request.id} was answered before, and nothing is done for it; a new id asks again`];
}

interface Progress {
  readonly step: RotationStep;
  readonly message: string;
  readonly next?: Instant;
}

function progressOf(
  document: AuthorityDocument,
  trustDomain: ResolvedTrustDomain,
  propagation: Propagation | undefined,
): Progress | undefined {
  const active = activeSlot(document, 'Root');
  const prepared = preparedRoot(document);
  if (active === undefined) return undefined;
  if (prepared !== undefined) {
    const until = authoritySignsUntil(document, active, trustDomain);
    return publishing(prepared, quarantineTime(prepared, active, trustDomain, until), {
      document,
      trustDomain,
      propagation,
    });
  }
  const condemned = anchors(document).filter(({ compromised }) => compromised === true);
  if (condemned.length > 0) return replacing(active, condemned, { document, trustDomain, propagation });
  const leaving = document.slots.some(({ withdrawnSince, compromised }) => withdrawnSince !== undefined && compromised);
  if (leaving) return removing(propagation);
  const old = anchors(document).filter(({ state }) => state === 'Retired');
  return old.length === 0 ? undefined : waitingForOld(old);
}

interface Circumstances {
  readonly document: AuthorityDocument;
  readonly trustDomain: ResolvedTrustDomain;
  readonly propagation: Propagation | undefined;
}

function publishing(
  prepared: AuthoritySlot,
  deadline: Instant,
  { document, trustDomain, propagation }: Circumstances,
): Progress {
  if (prepared.storedSince !== undefined) {
    const next = prepared.storedSince + trustDomain.propagationMargin;
    const message = `${settledWords(document)} holds the new root; it signs at ${formatTimestamp(next)}, when workloads have loaded it`;
    return { step: 'WaitingForMargin', message, next };
  }
  const message = `${counted(propagation?.stale, propagation, ['does', 'do'])} not hold the new root yet; what still does not at ${formatTimestamp(deadline)} is given up`;
  return { step: 'PublishingRoot', message, next: deadline };
}

function replacing(active: AuthoritySlot, condemned: readonly AuthoritySlot[], circumstances: Circumstances): Progress {
  const { document, trustDomain, propagation } = circumstances;
  const remedy = remedyOf(circumstances);
  if (active.storedSince !== undefined) {
    const next = active.storedSince + trustDomain.propagationMargin;
    const message = `${settledWords(document)} was brought under the new root; the compromised root is withdrawn at ${formatTimestamp(next)}, when workloads have loaded the new one${remedy}`;
    return { step: 'WaitingForMargin', message, next };
  }
  const next = withdrawalDeadline(active, condemned, trustDomain, propagation);
  const left = propagation === undefined ? undefined : unsettled(propagation);
  const message = `${counted(left, propagation, ['still depends', 'still depend'])} on the compromised root, which is withdrawn when nothing does, at the latest at ${formatTimestamp(next)}${remedy}`;
  return { step: 'ReplacingSVIDs', message, next };
}

/** How to go on at once, and why the number that was given does not do it. */
function remedyOf({ document, trustDomain, propagation }: Circumstances): string {
  if (propagation === undefined) return '';
  const number = breaking(propagation);
  const given = acknowledgement(document, trustDomain);
  const tooLow = given !== undefined && given < number ? `${given} is too low, ` : '';
  return `; spec.rotation.acknowledgeBroken: ${tooLow}${number} withdraws it at once and breaks at most that many workloads (Secrets are counted, bundles are not)`;
}

/** What was counted when the margin began. */
function settledWords({ rotation }: AuthorityDocument): string {
  const { quarantined = 0 } = rotation ?? {};
  return quarantined === 0
    ? 'every Secret and bundle'
    : `every Secret and bundle but ${quarantined}, which were given up,`;
}

function removing(propagation: Propagation | undefined): Progress {
  return {
    step: 'RemovingRoot',
    message: `${counted(propagation?.stale, propagation, ['still holds', 'still hold'])} the withdrawn root`,
  };
}

function waitingForOld(old: readonly AuthoritySlot[]): Progress {
  const next = Math.max(...old.map(forgetTime));
  const message = `the new root signs; the old one stays until ${formatTimestamp(next)}, when no SVID under it is valid any more`;
  return { step: 'WaitingForOldSVIDs', message, next };
}

/** What was counted, with the verb for one and the verb for many. */
function counted(
  count: number | undefined,
  propagation: Propagation | undefined,
  [one, many]: readonly [string, string],
): string {
  if (count === undefined || propagation === undefined) {
    return `some Secrets and bundles (they are being counted) ${many}`;
  }
  return `${count} of ${propagation.targets} Secrets and bundles ${count === 1 ? one : many}`;
}

function ended({ action, state, message, quarantined = 0 }: RotationRecord): string {
  if (message !== undefined) return message;
  if (state !== 'Completed') return 'in progress';
  if (action === 'RotateIntermediate')
    return 'complete: the new intermediate signs; SVIDs in use stay good and follow with their renewals';
  if (quarantined === 0) return 'complete';
  return quarantined === 1
    ? 'complete; 1 Secret or bundle was given up'
    : `complete; ${quarantined} Secrets and bundles were given up`;
}

function countsOf(propagation: Propagation | undefined): Partial<RotationStatus> {
  if (propagation === undefined) return {};
  const { targets, stale, exposed, blockers } = propagation;
  return { targets, stale, exposed, ...(blockers.length === 0 ? {} : { blockers }) };
}
