// SPDX-License-Identifier: Apache-2.0
/**
 * The rotation of roots: publish everywhere, count what is stored, wait for the margin, sign; and on a compromise sign
 * at once, count what is replaced, wait for the margin, withdraw. Each part of the plan gives a step or a time to look
 * again.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { RotationRequest } from '../api/trust-domain.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import type { AuthorityPlan } from './actions.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import { comesFromOutside, requestRefusal } from './imported-refusals.ts';
import type { Situation } from './observed.ts';
import { breaking, type Propagation, unsettled } from './propagation.ts';
import {
  anchors,
  authoritySignsUntil,
  forgetTime,
  hasGivenUp,
  preparedIntermediate,
  preparedRoot,
  prepareTime,
  quarantineTime,
  removalDeadline,
  rootCanSign,
  trustEnds,
  withdrawalDeadline,
} from './slots.ts';
import {
  type Answer,
  changed,
  neverSigns,
  takenBack,
  withCompletedRotation,
  withGivenUp,
  withMended,
  withoutSlots,
  withoutStored,
  withRefusal,
  withStored,
  withWithdrawn,
} from './transitions.ts';

/** How often it is counted while a step waits for the count. */
const RECOUNT: Duration = SECOND;
/** How often it is counted where only people wait for it. */
const IDLE_RECOUNT: Duration = 10 * MINUTE;
/** A count that is incomplete for a moment comes of a renewal between its two writes, or of a namespace just made. */
const FLICKER: Duration = 5 * SECOND;

/**
 * Whether more than one root is published, one has to go, or something was given up: then what Secrets and bundles hold is
 * of interest.
 */
export function needsCount(document: AuthorityDocument): boolean {
  return waitsForCount(document) || anchors(document).length > 1 || hasGivenUp(document);
}

/** Whether the next step depends on what Secrets and bundles hold. */
function waitsForCount(document: AuthorityDocument): boolean {
  return preparedRoot(document) !== undefined || document.slots.some(compromisedRoot);
}

/** How long leaves may be good is on record before any of them is signed; it bounds the stay of an old root. */
export function planLifetime({ document, intermediate, trustDomain, now }: Situation): AuthorityPlan {
  const { longestTTL } = intermediate;
  if (longestTTL === undefined || longestTTL >= trustDomain.maxTTL) return {};
  const noted = { ...intermediate, longestTTL: trustDomain.maxTTL };
  const slots = document.slots.map((slot) => (slot.id === intermediate.id ? noted : slot));
  return { action: { kind: 'NoteLifetime', next: changed(document, { slots }, now) } };
}

/** The answer to a request that is new. */
export function planRequest(situation: Situation): AuthorityPlan {
  const { document, trustDomain, now } = situation;
  const { rotation: request } = trustDomain;
  if (request === undefined || request.id === document.requestID || wasAnswered(request, document)) return {};
  // First the root that follows a compromised one signs; until then nothing new is made under the old.
  if (situation.root.compromised === true && request.action !== 'Compromise') return {};
  const refusal = requestRefusal(request.action, situation) ?? refusalOf(request, situation);
  const answer: Answer = { request, ...(refusal === undefined ? {} : { refusal }) };
  if (refusal !== undefined) return { action: { kind: 'RefuseRequest', next: withRefusal(document, answer, now) } };
  const kind = request.action === 'RotateIntermediate' ? 'ReplaceIntermediate' : 'PrepareRoot';
  return { action: { kind, document, answer } };
}

/** Whether it was answered before the last one. */
export function wasAnswered({ id }: RotationRequest, { answeredIDs = [] }: AuthorityDocument): boolean {
  return answeredIDs.includes(id);
}

function refusalOf({ action }: RotationRequest, situation: Situation): string | undefined {
  const { document, root, rootPresent, trustDomain, now } = situation;
  if (!rootPresent)
    return 'the Secret of the root is gone, so nothing new can be signed; restore it, or see the runbook for lost keys';
  switch (action) {
    case 'RotateIntermediate':
      if (rootCanSign(root, trustDomain, now)) return undefined;
      return `the root expires at ${formatTimestamp(root.notAfter)} and can sign no further intermediate; ask for RotateRoot instead`;
    case 'RotateRoot':
      if (document.slots.some(compromisedRoot))
        return 'a compromised root is being replaced; ask again when that is complete';
      // Roots would pile up in every ca.crt.
      if (anchors(document).length > 1)
        return 'a rotation of the root is in progress and goes on by itself; ask again when it is complete';
      return undefined;
    case 'Compromise':
      return undefined;
  }
}

/** The next step of a rotation of the root that has begun. */
export function planRootRotation(situation: Situation): AuthorityPlan {
  const { document, root, intermediate, now } = situation;
  const next = preparedRoot(document);
  if (next !== undefined) {
    if (now >= next.notAfter) {
      const why = `the published root expired at ${formatTimestamp(next.notAfter)} before it could sign`;
      return { action: { kind: 'Forget', ...takenBack(document, next, neverSigns(why), now) } };
    }
    // Nothing under an expired root is valid, so there is nothing to wait for; a compromised one must not sign on.
    if (root.compromised === true || now > trustEnds(root, intermediate))
      return { action: { kind: 'ActivateRoot', document, root: next } };
    // The key that is to sign under an imported root is still to come.
    if (next.keyDestroyed === true && preparedIntermediate(document, next) === undefined) return {};
    return planPublished(situation, next);
  }
  // The one that was to follow it is lost, and the one that signs is never withdrawn.
  if (root.compromised === true) return situation.rootPresent ? { action: { kind: 'PrepareRoot', document } } : {};
  const condemned = anchors(document).filter(compromisedRoot);
  if (condemned.length > 0) return planWithdrawal(situation, condemned);
  const leaving = document.slots.filter(compromisedRoot);
  return leaving.length > 0 ? planRemoval(situation, leaving) : {};
}

/** A published root signs when everything holds it and the margin has passed since (design rule 5). */
function planPublished(situation: Situation, next: AuthoritySlot): AuthorityPlan {
  const { document, root, trustDomain, propagation } = situation;
  // What cannot be counted cannot be given up either: nobody would hear of it.
  if (propagation === undefined) return { requeueAfter: RECOUNT };
  const deadline = quarantineTime(next, root, trustDomain, authoritySignsUntil(document, root, trustDomain));
  const settled = settle({ ...situation, propagation }, next, { left: propagation.stale, deadline });
  if (settled !== 'passed') return settled;
  return { action: { kind: 'ActivateRoot', document: withGivenUp(document, propagation.stale), root: next } };
}

/** A compromised root is withdrawn when nothing depends on it and the margin has passed since, or on acknowledgement. */
function planWithdrawal(situation: Situation, condemned: readonly AuthoritySlot[]): AuthorityPlan {
  const { document, root, trustDomain, propagation, now } = situation;
  if (propagation === undefined) return { requeueAfter: RECOUNT };
  const withdraw = (from: AuthorityDocument): AuthorityPlan => ({
    action: { kind: 'WithdrawRoot', next: withWithdrawn(from, condemned, now) },
  });
  if (acknowledged(situation, propagation)) return withdraw(document);
  const deadline = withdrawalDeadline(root, condemned, trustDomain, propagation);
  const settled = settle({ ...situation, propagation }, root, { left: unsettled(propagation), deadline });
  return settled === 'passed' ? withdraw(withGivenUp(document, unsettled(propagation))) : settled;
}

/** Notes when nothing that counts is left, or the deadline has come, and waits for the margin from there on. */
function settle(
  { document, trustDomain, propagation, now }: Situation & { readonly propagation: Propagation },
  root: AuthoritySlot,
  { left, deadline }: { readonly left: number; readonly deadline: Instant },
): AuthorityPlan | 'passed' {
  if (left > 0 && now < deadline) {
    const flickers = now - (propagation.incompleteSince ?? 0) < FLICKER;
    if (root.storedSince === undefined || flickers) return { requeueAfter: RECOUNT };
    return { action: { kind: 'UnmarkStored', next: withoutStored(document, root, now) } };
  }
  if (root.storedSince === undefined) {
    return { action: { kind: 'MarkStored', next: withStored(document, root, now, left) } };
  }
  const passed = root.storedSince + trustDomain.propagationMargin;
  return now >= passed ? 'passed' : { requeueAfter: Math.min(RECOUNT, passed - now) };
}

/** The withdrawn root is forgotten when no Secret and no bundle holds it any more. */
function planRemoval(
  { document, trustDomain, propagation, now }: Situation,
  leaving: readonly AuthoritySlot[],
): AuthorityPlan {
  const withdrawn = Math.max(...leaving.map(({ withdrawnSince = now }) => withdrawnSince));
  if (propagation === undefined) return { requeueAfter: RECOUNT };
  if (propagation.stale > 0 && now < removalDeadline(withdrawn, trustDomain, propagation))
    return { requeueAfter: RECOUNT };
  const next = withCompletedRotation(withoutSlots(document, leaving, now), now, propagation.stale);
  return { action: { kind: 'Forget', next, slots: leaving } };
}

/** How many workloads may break, as the operator has said of the compromise in progress; undefined: nothing was said. */
export function acknowledgement(
  { requestID }: AuthorityDocument,
  { rotation: request }: ResolvedTrustDomain,
): number | undefined {
  return request?.action === 'Compromise' && request.id === requestID ? request.acknowledgeBroken : undefined;
}

/** The operator has said how many workloads may break, and they are no more than that. */
function acknowledged({ document, trustDomain }: Situation, propagation: Propagation): boolean {
  const most = acknowledgement(document, trustDomain);
  return most !== undefined && breaking(propagation) <= most;
}

/** A root that has come into its last third is followed by the next one, without anybody asking. */
export function planSchedule(situation: Situation): AuthorityPlan {
  const { document, root, rootPresent, trustDomain, now } = situation;
  // What comes from outside is replaced from outside.
  if (comesFromOutside(situation)) return {};
  if (preparedRoot(document) !== undefined || now > root.notAfter || !rootPresent) return {};
  // Its margin would be mistaken for that of the root that replaces a compromised one.
  if (document.slots.some(compromisedRoot)) return {};
  const due = prepareTime(root, trustDomain);
  return now >= due ? { action: { kind: 'PrepareRoot', document } } : { requeueAfter: due - now };
}

/** What was given up is looked after, past the end of the rotation as well, until all of it is as it should be. */
export function planMended({ document, propagation, now }: Situation): AuthorityPlan {
  if (!hasGivenUp(document)) return {};
  if (propagation === undefined || unsettled(propagation) > 0) return { requeueAfter: IDLE_RECOUNT };
  return { action: { kind: 'NoteMended', next: withMended(document, now) } };
}

/** What is left over from earlier rotations. */
export function planCleanUp({ document, intermediate, rootPresent, trustDomain, now }: Situation): AuthorityPlan {
  const retired = document.slots.filter(({ state }) => state === 'Retired');
  const roots = retired.filter(({ kind }) => kind === 'Root');
  const keys = roots.filter(({ keyDestroyed }) => keyDestroyed !== true);
  if (keys.length > 0 && rootPresent) return { action: { kind: 'DestroyRootKeys', document, roots: keys } };
  const ended = roots.filter((slot) => slot.withdrawnSince === undefined && now >= forgetTime(slot));
  if (ended.length > 0)
    return { action: { kind: 'WithdrawRoot', next: afterWithdrawal(withWithdrawn(document, ended, now), now) } };
  // The root it was about was lost with an earlier document.
  const idle = anchors(document).length === 1 && !waitsForCount(document) && intermediate.imported === undefined;
  if (idle && document.rotation?.state === 'InProgress')
    return { action: { kind: 'CompleteRotation', next: withCompletedRotation(document, now) } };
  const times = retired
    .filter(({ withdrawnSince, compromised }) => withdrawnSince === undefined || compromised !== true)
    .map((slot) => ({ slot, at: forgottenAt(slot, trustDomain) }));
  const gone = times.filter(({ at }) => now >= at).map(({ slot }) => slot);
  if (gone.length > 0) return { action: { kind: 'Forget', next: withoutSlots(document, gone, now), slots: gone } };
  const waits = times.map(({ at }) => at - now);
  if (anchors(document).length > 1) waits.push(IDLE_RECOUNT);
  return waits.length === 0 ? {} : { requeueAfter: Math.min(...waits) };
}

/** A planned rotation is complete when no anchor is left but the one that signs. */
function afterWithdrawal(document: AuthorityDocument, now: Instant): AuthorityDocument {
  const { rotation } = document;
  const over = rotation?.state === 'InProgress' && rotation.action === 'RotateRoot' && anchors(document).length === 1;
  return over ? withCompletedRotation(document, now) : document;
}

/** A root that was withdrawn in peace leaves Secrets with their next renewal, which is at most a lifetime away. */
function forgottenAt(slot: AuthoritySlot, { maxTTL }: ResolvedTrustDomain): Instant {
  if (slot.kind === 'Intermediate') return forgetTime(slot);
  return slot.withdrawnSince === undefined ? forgetTime(slot) : slot.withdrawnSince + maxTTL;
}

function compromisedRoot({ kind, compromised }: AuthoritySlot): boolean {
  return kind === 'Root' && compromised === true;
}
