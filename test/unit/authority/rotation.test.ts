// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import { needsCount } from '../../../src/authority/rotation.ts';
import { requestWarnings } from '../../../src/authority/rotation-status.ts';
import { prepareTime, quarantineTime } from '../../../src/authority/slots.ts';
import { withCompletedRotation, withRefusal, withStored, withWithdrawn } from '../../../src/authority/transitions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { aDocument, aSlot, NOW } from '../../support/builders.ts';
import {
  active,
  type Circumstances,
  counted,
  M,
  newRoot,
  oldRoot,
  planOf,
  published,
  replacing,
  rootEnding,
  second,
  stored,
  td,
  withFresh,
  withKeysGone,
  withoutSlot,
} from './rotation-stages.ts';

describe('a request', () => {
  it.each([
    ['RotateIntermediate', 'ReplaceIntermediate'],
    ['RotateRoot', 'PrepareRoot'],
    ['Compromise', 'PrepareRoot'],
  ] as const)('to %s is taken up by %s', (action, kind) => {
    const rotation = { id: 'x', action };
    expect(planOf(aDocument(), NOW, { rotation }).action).toMatchObject({ kind, answer: { request: rotation } });
  });

  it.each(['RotateIntermediate', 'RotateRoot', 'Compromise'] as const)('to %s is taken up once', (action) => {
    const document = aDocument({ requestID: 'x' });
    expect(planOf(document, NOW, { rotation: { id: 'x', action } }).action).toBeUndefined();
    expect(planOf(document, NOW, { rotation: { id: 'y', action } }).action).toBeDefined();
  });

  it('that was answered before another is not answered again: it comes out of an old cache or an old manifest', () => {
    const [first, second] = ['first', 'second'].map((id) => ({ id, action: 'RotateRoot' }) as const);
    const refusal = 'not now';
    const after = [first, second].reduce(
      (document, request) => (request === undefined ? document : withRefusal(document, { request, refusal }, NOW)),
      aDocument(),
    );
    expect(after).toMatchObject({ requestID: 'second', answeredIDs: ['first'] });
    for (const rotation of [first, second]) expect(planOf(after, NOW, { rotation }).action).toBeUndefined();
    expect(planOf(after, NOW, { rotation: { id: 'third', action: 'RotateRoot' } }).action?.kind).toBe('PrepareRoot');
    const words = (rotation: typeof first) => requestWarnings({ ...td, ...(rotation && { rotation }) }, after);
    expect([words(first), words(second)]).toEqual([[expect.stringMatching(/first was answered before/)], []]);
  });

  it('is remembered among a bounded number', () => {
    let document = aDocument();
    for (let n = 0; n < 100; n += 1) {
      document = withRefusal(document, { request: { id: `r${n}`, action: 'RotateRoot' }, refusal: 'no' }, NOW);
    }
    expect(document.answeredIDs).toHaveLength(32);
    expect(document.answeredIDs?.[0]).toBe('r98');
  });

  const refusals: readonly (readonly [string, AuthorityDocument, Circumstances, RegExp])[] = [
    [
      'RotateIntermediate without the root key',
      aDocument(),
      { rotation: { id: 'x', action: 'RotateIntermediate' }, rootPresent: false },
      /^the Secret of the root is gone/,
    ],
    [
      'RotateRoot without the root key',
      aDocument(),
      { rotation: { id: 'x', action: 'RotateRoot' }, rootPresent: false },
      /^the Secret of the root is gone/,
    ],
    [
      'Compromise without the root key',
      aDocument(),
      { rotation: { id: 'x', action: 'Compromise' }, rootPresent: false },
      /runbook for lost keys/,
    ],
    [
      'RotateIntermediate under a root that ends',
      rootEnding(NOW + 2 * DAY),
      { rotation: { id: 'x', action: 'RotateIntermediate' } },
      /expires at 2026-06-17T12:00:00Z and can sign no further intermediate; ask for RotateRoot/,
    ],
    [
      'RotateRoot while another is in progress',
      published,
      { rotation: { id: 'x', action: 'RotateRoot' } },
      /in progress and goes on by itself/,
    ],
    [
      'RotateRoot while a compromise is cleared up',
      replacing,
      { rotation: { id: 'x', action: 'RotateRoot' } },
      /compromised root is being replaced/,
    ],
  ];

  it.each(refusals)('is refused and says why: %s', (_, document, circumstances, why) => {
    const { action } = planOf(document, NOW, circumstances);
    expect(action?.kind).toBe('RefuseRequest');
    const next = action?.kind === 'RefuseRequest' ? action.next : undefined;
    expect(next).toMatchObject({ slots: document.slots, requestID: 'x' });
    // The record of a rotation in progress stays.
    const record = document.rotation === undefined ? next?.rotation : next?.aside;
    expect(record).toMatchObject({ id: 'x', state: 'Refused', message: expect.stringMatching(why) });
    if (document.rotation !== undefined) expect(next?.rotation).toEqual(document.rotation);
  });

  it.each<[string, AuthorityDocument]>([
    ['a root is prepared', published],
    ['a root has just taken over', active],
    ['another compromise is cleared up', replacing],
    ['the root has ended', rootEnding(NOW - DAY)],
  ])('of a compromise is taken up while %s', (_, document) => {
    expect(planOf(document, NOW, { rotation: { id: 'x', action: 'Compromise' } }).action?.kind).toBe('PrepareRoot');
  });
});

describe('the schedule', () => {
  it('prepares the next root in the last third of the signing time', () => {
    const due = prepareTime(oldRoot, td);
    expect(due).toBe(oldRoot.notAfter - 7 * DAY - (358 * DAY - MINUTE) / 3);
    const fresh = aDocument({ slots: [oldRoot, aSlot({ notBefore: due - HOUR, notAfter: due + 7 * DAY })] });
    expect(planOf(fresh, due - 1)).toEqual({ requeueAfter: 1 });
    expect(planOf(fresh, due).action).toEqual({ kind: 'PrepareRoot', document: fresh });
  });

  it('prepares none while one is prepared, and none without the root key', () => {
    const due = prepareTime(oldRoot, td);
    const prepared = { ...newRoot, since: due };
    const slots = [oldRoot, prepared, aSlot({ notBefore: due, notAfter: due + 7 * DAY })];
    const waiting = counted({ stale: 1 });
    expect(planOf(aDocument({ slots }), due + HOUR, { propagation: undefined }).action).toBeUndefined();
    expect(
      planOf(aDocument({ slots: [{ ...newRoot, state: 'Active', notAfter: NOW + 30 * DAY }, second] }), NOW, {
        propagation: waiting,
        rootPresent: false,
      }).action,
    ).toBeUndefined();
  });
});

describe('a published root', () => {
  it('does not give up what only a compromised authority signed, long ago', () => {
    const slots = [oldRoot, newRoot, second];
    const { action } = planOf(aDocument({ slots }), NOW + MINUTE, { propagation: counted({ exposed: 1 }) });
    expect(action?.kind).toBe('MarkStored');
    expect(action).not.toHaveProperty('next.rotation.quarantined');
  });

  it('that ended before it could sign is taken back, and the request for it told so', () => {
    const rotation = { id: 'r', action: 'RotateRoot', state: 'InProgress', startedAt: NOW } as const;
    const slots = [oldRoot, { ...newRoot, notAfter: NOW + HOUR }, second];
    const { action } = planOf(aDocument({ slots, rotation, requestID: 'r' }), NOW + HOUR);
    expect(action).toMatchObject({
      kind: 'Forget',
      slots: [{ id: 'root-2' }],
      next: { slots: [{ id: 'root-1' }, { kind: 'Intermediate' }], rotation: { state: 'Refused' } },
    });
  });

  it('signs although something came back past the deadline, which is given up then', () => {
    const late = quarantineTime(newRoot, oldRoot, td);
    expect(planOf(stored, late - 1, { propagation: counted({ stale: 2 }) }).action?.kind).toBe('UnmarkStored');
    const { action } = planOf(stored, late, { propagation: counted({ stale: 2 }) });
    expect(action).toMatchObject({ kind: 'ActivateRoot', document: { rotation: { quarantined: 2 } } });
    expect(planOf(stored, late).action).not.toHaveProperty('document.rotation.quarantined');
  });

  it('is counted, every second', () => {
    expect(needsCount(published)).toBe(true);
    expect(planOf(published, NOW, { propagation: undefined })).toEqual({ requeueAfter: SECOND });
    expect(planOf(published, NOW, { propagation: counted({ stale: 1 }) })).toEqual({ requeueAfter: SECOND });
  });

  it('is noted as stored when everything holds it', () => {
    const { action } = planOf(published, NOW + HOUR);
    expect(action).toEqual({ kind: 'MarkStored', next: withStored(published, newRoot, NOW + HOUR, 0) });
  });

  it('does not mind the exposed: nothing is compromised', () => {
    expect(planOf(published, NOW, { propagation: counted({ exposed: 3 }) }).action?.kind).toBe('MarkStored');
  });

  it('signs when the propagation margin has passed since, and not a moment before', () => {
    expect(planOf(stored, NOW + M - 1)).toEqual({ requeueAfter: 1 });
    expect(planOf(stored, NOW + M - 10 * SECOND)).toEqual({ requeueAfter: SECOND });
    expect(planOf(stored, NOW + M).action).toMatchObject({ kind: 'ActivateRoot', root: { id: 'root-2' } });
  });

  it('waits anew when something comes back that does not hold it, even at the last moment', () => {
    const { action } = planOf(stored, NOW + M, { propagation: counted({ stale: 1 }) });
    expect(action?.kind).toBe('UnmarkStored');
    const next = action?.kind === 'UnmarkStored' ? action.next : aDocument();
    expect(next.slots).toEqual(published.slots);
  });

  it('does not sign while it cannot be counted', () => {
    expect(planOf(stored, NOW + M, { propagation: undefined }).action).toBeUndefined();
  });

  it('gives up on what cannot be written after a day, and still waits for the margin', () => {
    const propagation = counted({ stale: 2 });
    expect(planOf(published, NOW + DAY - 1, { propagation }).action).toBeUndefined();
    const { action } = planOf(published, NOW + DAY, { propagation });
    const next = action?.kind === 'MarkStored' ? action.next : aDocument();
    expect(next.rotation?.quarantined).toBe(2);
    expect(planOf(next, NOW + DAY + M - 1, { propagation }).action).toBeUndefined();
    expect(planOf(next, NOW + DAY + M, { propagation }).action?.kind).toBe('ActivateRoot');
  });

  it('signs at once where the root before it has ended: there is nothing to wait for', () => {
    const slots = [aSlot({ kind: 'Root', notAfter: NOW - 1 }), newRoot, aSlot({ notAfter: NOW - 1 })];
    expect(planOf(aDocument({ slots }), NOW, { propagation: counted({ stale: 9 }) }).action?.kind).toBe('ActivateRoot');
  });
});

describe('the deadline of a published root', () => {
  const prepared = { ...newRoot, since: NOW };
  it.each([
    ['a day, where the old root has months left', 120 * DAY, DAY],
    ['half of what the old root has left to sign', 7 * DAY + 10 * HOUR, 5 * HOUR],
    ['twice the margin at least', 7 * DAY + MINUTE, 2 * M],
    ['twice the margin where the old root signs no more', DAY, 2 * M],
  ])('is %s', (_, left, wait) => {
    expect(quarantineTime(prepared, { ...oldRoot, notAfter: NOW + left }, td)).toBe(NOW + wait);
  });
});

describe('the old root', () => {
  it('loses its key at once', () => {
    expect(planOf(active, NOW + M).action).toMatchObject({ kind: 'DestroyRootKeys', roots: [{ id: 'root-1' }] });
    expect(planOf(active, NOW + M, { rootPresent: false }).action).toBeUndefined();
  });

  it('stays an anchor until no leaf under it can be valid, skew included', () => {
    const keyless = withKeysGone(active);
    const end = aSlot().notAfter + MINUTE;
    const fresh = (document: AuthorityDocument) => withFresh(document, end);
    expect(planOf(fresh(keyless), end - 1).action).toBeUndefined();
    const { action } = planOf(fresh(keyless), end);
    expect(action?.kind).toBe('WithdrawRoot');
    const next = action?.kind === 'WithdrawRoot' ? action.next : aDocument();
    expect(next.rotation).toMatchObject({ state: 'Completed', completedAt: end });
    expect(next.sequence).toBeGreaterThan(active.sequence);
  });

  it('is forgotten a longest lifetime later, when every Secret was renewed', () => {
    const end = aSlot().notAfter + MINUTE;
    const ended = withCompletedRotation(withWithdrawn(withKeysGone(active), [oldRoot], end), end);
    const gone = withoutSlot(withFresh(ended, end), 'intermediate-1');
    expect(planOf(gone, end + DAY - 1)).toEqual({ requeueAfter: 1 });
    expect(planOf(gone, end + DAY).action).toMatchObject({ kind: 'Forget', slots: [{ id: 'root-1' }] });
  });
});
