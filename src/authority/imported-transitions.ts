// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of an imported authority as changes of its document. What was published once and is published again stays
 * what it was, should the new plan be dropped.
 * @module
 */
import type { Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot, RotationRecord } from './document.ts';
import { preparedIntermediate, preparedRoot } from './slots.ts';
import { changed, retired, undone, withIntermediate } from './transitions.ts';

/** The imported intermediate signs from now on; it may be one that signed before, under another certificate. */
export function withImportedIntermediate(
  document: AuthorityDocument,
  next: AuthoritySlot,
  now: Instant,
): AuthorityDocument {
  return withIntermediate({ ...document, slots: document.slots.filter(({ id }) => id !== next.id) }, next, now);
}

/** The imported root is published, with the intermediate that will sign under it. */
export function withPreparedImport(
  document: AuthorityDocument,
  next: { readonly root: AuthoritySlot; readonly intermediate: AuthoritySlot },
  reason: string,
  now: Instant,
): AuthorityDocument {
  const published = preparedRoot(document);
  const again = published?.id === next.root.id;
  const replaced = again ? preparedIntermediate(document, published) : undefined;
  const kept = document.slots.flatMap((slot): AuthoritySlot[] => {
    if (slot.id === next.root.id || slot.id === next.intermediate.id) return [];
    return slot.id === replaced?.id ? undone(slot, now) : [slot];
  });
  const before = (id: string) => document.slots.find((slot) => slot.id === id);
  const root = again ? published : remembering(next.root, before(next.root.id));
  const intermediate = remembering(next.intermediate, before(next.intermediate.id));
  const rotation: RotationRecord = { action: 'RotateRoot', reason, state: 'InProgress', startedAt: now };
  return changed(document, { slots: [...kept, root, intermediate], ...(again ? {} : { rotation }) }, now);
}

/** The imported root and its intermediate take over. */
export function withActiveImport(
  document: AuthorityDocument,
  root: AuthoritySlot,
  intermediate: AuthoritySlot,
  now: Instant,
): AuthorityDocument {
  const slots = document.slots.map((slot): AuthoritySlot => {
    if (slot.id === root.id || slot.id === intermediate.id) return activated(slot, now);
    return retired(retired(slot, 'Root', document, now), 'Intermediate', document, now);
  });
  return changed(document, { slots }, now);
}

/** Leaves of a time when it was active may still be good. */
function remembering(slot: AuthoritySlot, before: AuthoritySlot | undefined): AuthoritySlot {
  return before?.leavesUntil === undefined ? slot : { ...slot, leavesUntil: before.leavesUntil };
}

function activated(slot: AuthoritySlot, now: Instant): AuthoritySlot {
  const { leavesUntil: _, ...rest } = slot;
  return { ...rest, state: 'Active', since: now };
}
