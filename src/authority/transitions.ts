// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of an authority as changes of its document: each takes the document as stored and gives the one to store.
 * @module
 */
import type { RotationRequest } from '../api/trust-domain.ts';
import { type Instant, SECOND } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot, RotationRecord } from './document.ts';
import { anchors, leafEnd, leavesUntil } from './slots.ts';

export type Change = Partial<Pick<AuthorityDocument, 'slots' | 'rotation' | 'aside' | 'requestID'>>;

/** A request as it goes on record, and why it is refused if it is. */
export interface Answer {
  readonly request: RotationRequest;
  readonly refusal?: string;
}

/** The first document of an authority; `published`: the sequence of a bundle that was published before. */
export function firstDocument(
  trustDomain: string,
  slots: readonly AuthoritySlot[],
  now: Instant,
  published = 0,
): AuthorityDocument {
  return { trustDomain, revision: 1, sequence: Math.max(published + 1, Math.floor(now / SECOND)), slots };
}

/** `next` signs from now on instead of every intermediate before it; their keys are destroyed by the same write. */
export function withIntermediate(
  document: AuthorityDocument,
  next: AuthoritySlot,
  now: Instant,
  answer?: Answer,
): AuthorityDocument {
  const slots = [...document.slots.map((slot) => retired(slot, 'Intermediate', document, now)), next];
  return changed(document, { slots, ...(answer === undefined ? {} : answered(document, answer, now)) }, now);
}

/** A new root is published. On a compromise everything before it counts as compromised. */
export function withPreparedRoot(
  document: AuthorityDocument,
  root: AuthoritySlot,
  now: Instant,
  answer?: Answer,
): AuthorityDocument {
  const compromise = answer?.request.action === 'Compromise';
  const before = compromise ? document.slots.map((slot) => condemned(slot, document, now)) : document.slots;
  const scheduled: RotationRecord = { action: 'RotateRoot', state: 'InProgress', startedAt: now };
  const record = answer === undefined ? { rotation: scheduled } : answered(document, answer, now);
  return changed(document, { slots: [...before, root], ...record }, now);
}

/** Every Secret and bundle holds the new root since now; `quarantined` of them were given up. */
export function withStored(
  document: AuthorityDocument,
  root: AuthoritySlot,
  now: Instant,
  quarantined: number,
): AuthorityDocument {
  // Rounded up: what is stored is cut to whole seconds, and the margin must not begin too early.
  const storedSince = Math.ceil(now / SECOND) * SECOND;
  const slots = document.slots.map((slot) => (slot.id === root.id ? { ...slot, storedSince } : slot));
  const { rotation } = document;
  const record = rotation === undefined || quarantined === 0 ? {} : { rotation: { ...rotation, quarantined } };
  return changed(document, { slots, ...record }, now);
}

/** Something came back that does not hold the new root: the margin begins anew. */
export function withoutStored(document: AuthorityDocument, root: AuthoritySlot, now: Instant): AuthorityDocument {
  const slots = document.slots.map((slot) => {
    if (slot.id !== root.id) return slot;
    const { storedSince: _, ...rest } = slot;
    return rest;
  });
  return changed(document, { slots }, now);
}

/** The prepared root signs from now on, through an intermediate of its own. */
export function withActiveRoot(
  document: AuthorityDocument,
  root: AuthoritySlot,
  intermediate: AuthoritySlot,
  now: Instant,
): AuthorityDocument {
  const slots = document.slots.map((slot): AuthoritySlot => {
    if (slot.id === root.id) return { ...slot, state: 'Active', since: now };
    return retired(retired(slot, 'Root', document, now), 'Intermediate', document, now);
  });
  return changed(document, { slots: [...slots, intermediate] }, now);
}

/** The published root will never sign, and the next one has to be made. `why`: what a request for it is told. */
export function withoutPrepared(
  document: AuthorityDocument,
  root: AuthoritySlot,
  why: string,
  now: Instant,
): AuthorityDocument {
  const slots = document.slots.filter(({ id }) => id !== root.id);
  const { rotation } = document;
  if (rotation?.state !== 'InProgress') return changed(document, { slots }, now);
  const message = `${why}, so the root was taken back; ask again`;
  const over: RotationRecord = { ...rotation, state: 'Refused', message, completedAt: now };
  return changed(document, { slots, rotation: over }, now);
}

/** The keys of retired roots are destroyed. */
export function withDestroyedKeys(
  document: AuthorityDocument,
  roots: readonly AuthoritySlot[],
  now: Instant,
): AuthorityDocument {
  const ids = new Set(roots.map(({ id }) => id));
  const slots = document.slots.map(
    (slot): AuthoritySlot => (ids.has(slot.id) ? { ...slot, keyDestroyed: true } : slot),
  );
  return changed(document, { slots }, now);
}

/** These roots are no anchors any more. */
export function withWithdrawn(
  document: AuthorityDocument,
  roots: readonly AuthoritySlot[],
  now: Instant,
): AuthorityDocument {
  const ids = new Set(roots.map(({ id }) => id));
  const slots = document.slots.map(
    (slot): AuthoritySlot => (ids.has(slot.id) ? { ...slot, withdrawnSince: now } : slot),
  );
  return changed(document, { slots }, now);
}

/** Nothing depends on these any more. */
export function withoutSlots(
  document: AuthorityDocument,
  gone: readonly AuthoritySlot[],
  now: Instant,
): AuthorityDocument {
  const ids = new Set(gone.map(({ id }) => id));
  return changed(document, { slots: document.slots.filter(({ id }) => !ids.has(id)) }, now);
}

/** The rotation in progress has come to its end; `left` targets were given up on the way. */
export function withCompletedRotation(document: AuthorityDocument, now: Instant, left = 0): AuthorityDocument {
  const { rotation } = document;
  if (rotation === undefined) return document;
  const quarantined = Math.max(left, rotation.quarantined ?? 0);
  const record = quarantined === 0 ? rotation : { ...rotation, quarantined };
  return changed(document, { rotation: completed(record, now) }, now);
}

/** The request is on record and changes nothing. */
export function withRefusal(document: AuthorityDocument, answer: Answer, now: Instant): AuthorityDocument {
  return changed(document, answered(document, answer, now), now);
}

/**
 * The record of a request. What is over at once, refused or a new intermediate, never hides a rotation in progress: it
 * stands aside.
 */
function answered(document: AuthorityDocument, { request, refusal }: Answer, now: Instant): Change {
  const { id, action, reason } = request;
  const begun: RotationRecord = {
    id,
    action,
    state: 'InProgress',
    startedAt: now,
    ...(reason === undefined ? {} : { reason }),
  };
  if (refusal === undefined && action !== 'RotateIntermediate') return { rotation: begun, requestID: id };
  const over: RotationRecord =
    refusal === undefined ? completed(begun, now) : { ...begun, state: 'Refused', message: refusal, completedAt: now };
  return { [document.rotation?.state === 'InProgress' ? 'aside' : 'rotation']: over, requestID: id };
}

function completed(rotation: RotationRecord, now: Instant): RotationRecord {
  return { ...rotation, state: 'Completed', completedAt: now };
}

/** The slot as it is when an authority of this kind stops signing. */
export function retired(
  slot: AuthoritySlot,
  kind: AuthoritySlot['kind'],
  document: AuthorityDocument,
  now: Instant,
): AuthoritySlot {
  if (slot.kind !== kind || slot.state === 'Retired') return slot;
  // An imported intermediate that waits for its root has signed nothing, and is still to come.
  if (kind === 'Intermediate' && slot.state === 'Prepared') return slot;
  const until = kind === 'Root' ? leavesUntil(document, slot, now) : leafEnd(slot, now);
  return { ...slot, state: 'Retired', since: now, leavesUntil: until };
}

/** A root that was only prepared never signs; the active one goes on until the next step. */
function condemned(slot: AuthoritySlot, document: AuthorityDocument, now: Instant): AuthoritySlot {
  const compromised = { ...slot, compromised: true } as const;
  return slot.state === 'Prepared' ? retired(compromised, 'Root', document, now) : compromised;
}

/** The sequence rises with the anchors, and follows the clock so that a restored cluster does not repeat old numbers. */
export function changed(document: AuthorityDocument, change: Change, now: Instant): AuthorityDocument {
  const { aside, ...rest } = document;
  // What stood aside of an earlier rotation has no place beside the next.
  const kept = change.rotation === undefined || change.rotation.startedAt === document.rotation?.startedAt;
  const base = kept && aside !== undefined ? document : rest;
  const next = { ...base, ...change, revision: document.revision + 1 };
  if (sameAnchors(document, next)) return next;
  return { ...next, sequence: Math.max(document.sequence + 1, Math.floor(now / SECOND)) };
}

function sameAnchors(a: AuthorityDocument, b: AuthorityDocument): boolean {
  return anchorIDs(a) === anchorIDs(b);
}

function anchorIDs(document: AuthorityDocument): string {
  return anchors(document)
    .map(({ id }) => id)
    .join();
}
