// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { RotationRequest } from '../../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import {
  firstDocument,
  withActiveRoot,
  withCompletedRotation,
  withDestroyedKeys,
  withIntermediate,
  withMended,
  withoutSlots,
  withoutStored,
  withPreparedRoot,
  withRefusal,
  withStored,
  withWithdrawn,
} from '../../../src/authority/transitions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { aDocument, aSlot, NOW } from '../../support/builders.ts';

const LATER = NOW + HOUR;
const rotate: RotationRequest = { id: 'r', action: 'RotateRoot', reason: 'a drill' };
const compromise: RotationRequest = { id: 'c', action: 'Compromise' };
const oldRoot = aSlot({ kind: 'Root' });
const newRoot = aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', since: NOW });
const second = aSlot({ id: 'intermediate-2', issuerID: 'root-2', since: LATER, notAfter: LATER + 7 * DAY });
const published = withPreparedRoot(aDocument(), newRoot, NOW);
const active = withActiveRoot(published, newRoot, second, LATER);

/** Ids and states, and a star on what is compromised. */
function slots({ slots }: AuthorityDocument): string[] {
  return slots.map(({ id, state, compromised }) => `${id} ${state}${compromised === true ? '*' : ''}`);
}

describe('the first document', () => {
  it('has revision 1 and a sequence of Unix seconds', () => {
    const document = firstDocument('example.org', [oldRoot], NOW + 999);
    expect(document).toEqual({ trustDomain: 'example.org', revision: 1, sequence: NOW / SECOND, slots: [oldRoot] });
  });
});

describe('a new intermediate', () => {
  const next = aSlot({ id: 'intermediate-2', since: LATER });

  it('signs, and the one before is kept until its last leaf has ended', () => {
    const after = withIntermediate(aDocument(), next, LATER);
    expect(slots(after)).toEqual(['root-1 Active', 'intermediate-1 Retired', 'intermediate-2 Active']);
    expect(after.slots[1]).toMatchObject({ since: LATER, leavesUntil: aSlot().notAfter });
    expect(after.rotation).toBeUndefined();
  });

  it('answers the request that asked for it in the same write', () => {
    const request: RotationRequest = { id: 'i', action: 'RotateIntermediate', reason: 'why not' };
    const after = withIntermediate(aDocument(), next, LATER, { request });
    expect(after.requestID).toBe('i');
    expect(after.rotation).toEqual({ ...request, state: 'Completed', startedAt: LATER, completedAt: LATER });
  });

  it('leaves the times of those that have retired before', () => {
    const old = aSlot({ id: 'old', state: 'Retired', leavesUntil: NOW });
    const after = withIntermediate(aDocument({ slots: [oldRoot, old, aSlot()] }), next, LATER);
    expect(after.slots[1]).toEqual(old);
  });
});

describe('a prepared root', () => {
  it('is published beside the others, on record as scheduled', () => {
    expect(slots(published)).toEqual(['root-1 Active', 'intermediate-1 Active', 'root-2 Prepared']);
    expect(published.rotation).toEqual({ action: 'RotateRoot', state: 'InProgress', startedAt: NOW });
    expect(published.requestID).toBeUndefined();
  });

  it('keeps on record who asked', () => {
    const after = withPreparedRoot(aDocument(), newRoot, NOW, { request: rotate });
    expect(after).toMatchObject({ requestID: 'r', rotation: { ...rotate, state: 'InProgress', startedAt: NOW } });
  });

  it('does not forget an answered request when the schedule asks', () => {
    const after = withPreparedRoot(aDocument({ requestID: 'r' }), newRoot, NOW);
    expect(after.requestID).toBe('r');
    expect(after.rotation?.id).toBeUndefined();
  });

  it('condemns everything before it on a compromise, a prepared root too', () => {
    const third = aSlot({ kind: 'Root', id: 'root-3', state: 'Prepared' });
    const after = withPreparedRoot(published, third, LATER, { request: compromise });
    expect(slots(after)).toEqual(['root-1 Active*', 'intermediate-1 Active*', 'root-2 Retired*', 'root-3 Prepared']);
    expect(after.slots[2]).toMatchObject({ since: LATER, leavesUntil: NOW });
  });

  it('condemns what has retired as well, and keeps its times', () => {
    const third = aSlot({ kind: 'Root', id: 'root-3', state: 'Prepared' });
    const after = withPreparedRoot(active, third, LATER + HOUR, { request: compromise });
    expect(slots(after).slice(0, 4)).toEqual([
      'root-1 Retired*',
      'intermediate-1 Retired*',
      'root-2 Active*',
      'intermediate-2 Active*',
    ]);
    expect(after.slots[0]).toMatchObject({ since: LATER, leavesUntil: aSlot().notAfter });
  });
});

describe('the count of a published root', () => {
  it.each([
    [NOW, NOW],
    [NOW + 1, NOW + SECOND],
    [NOW + 999, NOW + SECOND],
  ])('is complete at %i: never noted as earlier, in whole seconds', (at, noted) => {
    const after = withStored(published, newRoot, at, 0);
    expect(after.slots.find(({ id }) => id === 'root-2')?.storedSince).toBe(noted);
    expect(after.rotation?.quarantined).toBeUndefined();
  });

  it('keeps how many were given up', () => {
    expect(withStored(published, newRoot, NOW, 3).rotation).toMatchObject({ state: 'InProgress', quarantined: 3 });
  });

  it('can be complete no longer', () => {
    const stored = withStored(published, newRoot, NOW, 0);
    expect(withoutStored(stored, newRoot, NOW).slots).toEqual(published.slots);
  });
});

describe('a root that takes over', () => {
  it('retires the root and the intermediate before it in one write', () => {
    expect(slots(active)).toEqual([
      'root-1 Retired',
      'intermediate-1 Retired',
      'root-2 Active',
      'intermediate-2 Active',
    ]);
    expect(active.slots[2]).toMatchObject({ since: LATER });
  });

  it.each<[string, readonly AuthorityDocument['slots'][number][], number]>([
    ['of its last intermediate', [oldRoot, aSlot()], aSlot().notAfter],
    [
      'of one that has retired and ends later',
      [oldRoot, aSlot({ id: 'x', state: 'Retired', notAfter: NOW + 9 * DAY }), aSlot()],
      NOW + 9 * DAY,
    ],
    [
      'of one whose issuer is not known any more',
      [
        oldRoot,
        { ...aSlot({ id: 'x', state: 'Retired', notAfter: NOW + 9 * DAY }), issuerID: undefined as never },
        aSlot(),
      ],
      NOW + 9 * DAY,
    ],
    [
      'not of another root',
      [oldRoot, aSlot({ id: 'x', issuerID: 'root-0', state: 'Retired', notAfter: NOW + 9 * DAY }), aSlot()],
      aSlot().notAfter,
    ],
    ['never later than its own', [aSlot({ kind: 'Root', notAfter: NOW + DAY }), aSlot()], NOW + DAY],
  ])('bounds the leaves of the old root by the end %s', (_, before, end) => {
    const document = aDocument({ slots: [...before, newRoot] });
    const after = withActiveRoot(document, newRoot, second, LATER);
    expect(after.slots.find(({ id }) => id === 'root-1')?.leavesUntil).toBe(end);
  });
});

describe('roots on their way out', () => {
  it('have their keys destroyed', () => {
    const after = withDestroyedKeys(active, [oldRoot], LATER);
    expect(after.slots.map(({ keyDestroyed }) => keyDestroyed)).toEqual([true, undefined, undefined, undefined]);
  });

  it('are withdrawn', () => {
    const after = withWithdrawn(active, [oldRoot], LATER);
    expect(after.slots[0]?.withdrawnSince).toBe(LATER);
  });

  it('are forgotten', () => {
    expect(slots(withoutSlots(active, [oldRoot], LATER))).not.toContain('root-1 Retired');
  });
});

describe('the record', () => {
  it('says when a rotation was complete', () => {
    const after = withCompletedRotation(published, LATER);
    expect(after.rotation).toMatchObject({ state: 'Completed', completedAt: LATER });
    expect(withCompletedRotation(aDocument(), LATER)).toEqual(aDocument());
  });

  it('keeps a refusal with its reason, once for each id', () => {
    const after = withRefusal(aDocument(), { request: rotate, refusal: 'not now' }, LATER);
    expect(after.requestID).toBe('r');
    expect(after.rotation).toEqual({
      ...rotate,
      state: 'Refused',
      message: 'not now',
      startedAt: LATER,
      completedAt: LATER,
    });
    expect(after.slots).toEqual(aDocument().slots);
  });

  it('of what was given up outlasts what is over at once', () => {
    const given = withCompletedRotation(withStored(published, newRoot, NOW, 2), LATER);
    const request = { id: 'i', action: 'RotateIntermediate' } as const;
    for (const after of [
      withIntermediate(given, second, LATER, { request }),
      withRefusal(given, { request, refusal: 'no' }, LATER),
    ]) {
      expect(after.rotation).toEqual(given.rotation);
      expect(after.aside).toMatchObject({ id: 'i' });
    }
    expect(withRefusal(withMended(given, LATER), { request, refusal: 'no' }, LATER).rotation).toMatchObject({
      id: 'i',
    });
    expect(withPreparedRoot(given, newRoot, LATER, { request: compromise }).rotation).not.toHaveProperty('quarantined');
  });
});

const next = aSlot({ id: 'intermediate-9', since: LATER });
const changes: readonly (readonly [
  string,
  AuthorityDocument,
  (document: AuthorityDocument) => AuthorityDocument,
  boolean,
])[] = [
  ['a new intermediate', aDocument(), (document) => withIntermediate(document, next, LATER), false],
  ['a prepared root', aDocument(), (document) => withPreparedRoot(document, newRoot, LATER), true],
  ['a complete count', published, (document) => withStored(document, newRoot, LATER, 0), false],
  ['a count that is not complete', published, (document) => withoutStored(document, newRoot, LATER), false],
  ['a takeover', published, (document) => withActiveRoot(document, newRoot, second, LATER), false],
  ['destroyed keys', active, (document) => withDestroyedKeys(document, [oldRoot], LATER), false],
  ['a withdrawal', active, (document) => withWithdrawn(document, [oldRoot], LATER), true],
  ['forgetting an anchor', active, (document) => withoutSlots(document, [oldRoot], LATER), true],
  ['forgetting an intermediate', active, (document) => withoutSlots(document, [aSlot()], LATER), false],
  ['the end of a rotation', published, (document) => withCompletedRotation(document, LATER), false],
  ['a refusal', aDocument(), (document) => withRefusal(document, { request: rotate, refusal: 'no' }, LATER), false],
];

describe('revision and sequence', () => {
  it.each(changes)('after %s: one more write; the sequence follows the anchors alone', (_, before, change, moves) => {
    const after = change(before);
    expect(after.revision).toBe(before.revision + 1);
    expect(after.sequence).toBe(moves ? LATER / SECOND : before.sequence);
  });

  it('rises even where the clock does not', () => {
    const ahead = aDocument({ sequence: LATER / SECOND + 100 });
    expect(withPreparedRoot(ahead, newRoot, LATER).sequence).toBe(ahead.sequence + 1);
    expect(withPreparedRoot(ahead, newRoot, NOW - DAY).sequence).toBe(ahead.sequence + 1);
  });

  it('does not rise again when a withdrawn root is forgotten', () => {
    const withdrawn = withWithdrawn(active, [oldRoot], LATER);
    expect(withoutSlots(withdrawn, [oldRoot], LATER + MINUTE).sequence).toBe(withdrawn.sequence);
  });

  it('leaves the document that it started from as it was', () => {
    const before = JSON.stringify(published);
    for (const [, , change] of changes) change(published);
    expect(JSON.stringify(published)).toBe(before);
  });
});
