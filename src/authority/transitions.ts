// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of an authority as changes of its document: each takes the document as stored and gives the one to store.
 * @module
 */
import type { RotationRequest } from '../api/trust-domain.ts';
import { type Instant, SECOND } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot, RotationRecord } from './document.ts';
import { anchors, hasGivenUp, leafEnd, leavesUntil, preparedIntermediate } from './slots.ts';

export type Change = Partial<Pick<AuthorityDocument, 'slots' | 'rotation' | 'aside' | 'requestID' | 'answeredIDs'>>;

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

/** An authority begins anew on request under `slots`: nothing that there was before is valid any more. */
export function begunAnew(document: AuthorityDocument, request: RotationRequest, now: Instant): AuthorityDocument {
  const { rotation, ...ids } = answered(document, { request }, now);
  return { ...document, ...ids, ...(rotation === undefined ? {} : { rotation: completed(rotation, now) }) };
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

/** Part of another step: what came back too late for the margin to begin anew is given up as well. */
export function withGivenUp(document: AuthorityDocument, left: number): AuthorityDocument {
  const { rotation } = document;
  if (rotation === undefined || left <= (rotation.quarantined ?? 0)) return document;
  return { ...document, rotation: { ...rotation, quarantined: left } };
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

/** How a rotation is over whose root is taken back. */
export type RotationEnd = Required<Pick<RotationRecord, 'state' | 'message'>>;

/** The end where the published root can never sign, and the next one has to be made. */
export function neverSigns(why: string): RotationEnd {
  return { state: 'Refused', message: `${why}, so the root was taken back; ask again` };
}

/**
 * A root that was published and has not signed goes, and so does the intermediate that waits for it. What signed before
 * it was published again is retired once more.
 */
export function takenBack(
  document: AuthorityDocument,
  root: AuthoritySlot,
  end: RotationEnd,
  now: Instant,
): { readonly next: AuthorityDocument; readonly slots: readonly AuthoritySlot[] } {
  const waiting = preparedIntermediate(document, root);
  const gone = waiting === undefined ? [root] : [root, waiting];
  const ids = new Set(gone.map(({ id }) => id));
  const slots = document.slots.flatMap((slot) => (ids.has(slot.id) ? undone(slot, now) : [slot]));
  const { rotation } = document;
  const over = rotation?.state === 'InProgress' ? { rotation: { ...rotation, ...end, completedAt: now } } : {};
  return { next: changed(document, { slots, ...over }, now), slots: gone };
}

/** The slot when it is not to take over any more; none: nothing depends on it. */
export function undone(slot: AuthoritySlot, now: Instant): AuthoritySlot[] {
  const { storedSince: _, ...rest } = slot;
  return slot.leavesUntil === undefined ? [] : [{ ...rest, state: 'Retired', since: now }];
}

/** The keys of retired roots are destroyed. */
export function withDestroyedKeys(
  document: AuthorityDocument,
  roots: readonly AuthoritySlot[],
  now: Instant,
): AuthorityDocument {
  return withMark(document, roots, { keyDestroyed: true }, now);
}

/** These roots are no anchors any more. */
export function withWithdrawn(
  document: AuthorityDocument,
  roots: readonly AuthoritySlot[],
  now: Instant,
): AuthorityDocument {
  return withMark(document, roots, { withdrawnSince: now }, now);
}

function withMark(
  document: AuthorityDocument,
  marked: readonly AuthoritySlot[],
  mark: Partial<AuthoritySlot>,
  now: Instant,
): AuthorityDocument {
  const ids = new Set(marked.map(({ id }) => id));
  return changed(
    document,
    { slots: document.slots.map((slot) => (ids.has(slot.id) ? { ...slot, ...mark } : slot)) },
    now,
  );
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

/** Nothing is left of what was given up. */
export function withMended(document: AuthorityDocument, now: Instant): AuthorityDocument {
  const { rotation } = document;
  if (rotation === undefined) return document;
  const { quarantined: _, ...rest } = rotation;
  return changed(document, { rotation: rest }, now);
}

/** The request is on record and changes nothing. */
export function withRefusal(document: AuthorityDocument, answer: Answer, now: Instant): AuthorityDocument {
  return changed(document, answered(document, answer, now), now);
}

/**
 * The record of a request. What is over at once, refused or a new intermediate, never hides a rotation in progress, nor
 * one of which something given up is left: it stands aside.
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
  const ids = { requestID: id, ...earlierIDs(document) };
  if (refusal === undefined && action !== 'RotateIntermediate') return { rotation: begun, ...ids };
  const over: RotationRecord =
    refusal === undefined ? completed(begun, now) : { ...begun, state: 'Refused', message: refusal, completedAt: now };
  const hides = document.rotation?.state === 'InProgress' || hasGivenUp(document);
  return { [hides ? 'aside' : 'rotation']: over, ...ids };
}

/** More than anybody asks for while a cache is old. */
const MOST_IDS = 32;

function earlierIDs({ requestID, answeredIDs = [] }: AuthorityDocument): Pick<AuthorityDocument, 'answeredIDs'> {
  return requestID === undefined ? {} : { answeredIDs: [requestID, ...answeredIDs].slice(0, MOST_IDS) };
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
