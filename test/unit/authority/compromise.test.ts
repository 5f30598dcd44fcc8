// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { planAuthority } from '../../../src/authority/plan.ts';
import { needsCount } from '../../../src/authority/rotation.ts';
import { withStored, withWithdrawn } from '../../../src/authority/transitions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { aDocument, aSlot, NOW } from '../../support/builders.ts';
import {
  compromise,
  condemned,
  counted,
  M,
  newRoot,
  oldRoot,
  planOf,
  replacing,
  td,
  withFresh,
  withKeysGone,
} from './rotation-stages.ts';

describe('a compromised root', () => {
  it('gives way at once, whatever holds the new one', () => {
    expect(planOf(condemned, NOW, { propagation: counted({ stale: 10 }) }).action).toMatchObject({
      kind: 'ActivateRoot',
      root: { id: 'root-2' },
    });
    expect(planOf(condemned, NOW, { propagation: undefined }).action?.kind).toBe('ActivateRoot');
  });

  const keyless = withKeysGone(replacing);
  it.each([
    ['hold the new root', { stale: 1 }],
    ['were issued anew', { exposed: 1 }],
  ])('is not withdrawn before all %s', (_, left) => {
    expect(planOf(keyless, NOW + MINUTE, { propagation: counted(left) })).toEqual({ requeueAfter: SECOND });
  });

  it('is withdrawn at the last store and the margin', () => {
    const { action } = planOf(keyless, NOW + MINUTE);
    const next = action?.kind === 'MarkStored' ? action.next : aDocument();
    expect(planOf(next, NOW + MINUTE + M - 1).action).toBeUndefined();
    const { action: last } = planOf(next, NOW + MINUTE + M);
    expect(last).toMatchObject({ kind: 'WithdrawRoot', next: { rotation: { state: 'InProgress' } } });
    expect(planOf(next, NOW + MINUTE + M, { propagation: counted({ exposed: 1 }) }).action?.kind).toBe('UnmarkStored');
  });

  it.each([
    [undefined, { exposed: 3 }, undefined],
    [2, { exposed: 3 }, undefined],
    [3, { exposed: 3 }, 'WithdrawRoot'],
    [3, { stale: 4, exposed: 1 }, undefined],
    [4, { stale: 4, exposed: 1 }, 'WithdrawRoot'],
  ])(
    'is withdrawn at once when %s broken workloads are acknowledged and there are %o: %s',
    (acknowledgeBroken, left, kind) => {
      const rotation = { ...compromise, ...(acknowledgeBroken === undefined ? {} : { acknowledgeBroken }) };
      expect(planOf(keyless, NOW, { propagation: counted(left), rotation }).action?.kind).toBe(kind);
    },
  );

  it('is not withdrawn on the word of another request', () => {
    const document = { ...keyless, requestID: 'another' };
    const rotation = { id: 'another', action: 'RotateRoot' } as const;
    expect(planOf(document, NOW, { propagation: counted({ exposed: 1 }), rotation }).action).toBeUndefined();
  });

  it('is withdrawn at last although something still depends on it, and that is counted', () => {
    const propagation = counted({ stale: 1, exposed: 2 });
    expect(planOf(keyless, NOW + HOUR - 1, { propagation }).action).toBeUndefined();
    const { action } = planOf(keyless, NOW + HOUR, { propagation });
    expect(action).toMatchObject({ kind: 'MarkStored', next: { rotation: { quarantined: 2 } } });
  });

  it('is withdrawn although something came back past the deadline, which is given up then', () => {
    const marked = withStored(keyless, newRoot, NOW + HOUR - M, 0);
    const { action } = planOf(marked, NOW + HOUR, { propagation: counted({ exposed: 3 }) });
    expect(action).toMatchObject({ kind: 'WithdrawRoot', next: { rotation: { quarantined: 3 } } });
  });

  const withdrawn = withWithdrawn(keyless, [oldRoot], NOW + HOUR);
  it('is forgotten when nothing holds it any more, and the rotation is complete', () => {
    expect(planOf(withdrawn, NOW + HOUR, { propagation: counted({ stale: 1 }) })).toEqual({ requeueAfter: SECOND });
    expect(planOf(withdrawn, NOW + HOUR).action).toMatchObject({
      kind: 'Forget',
      slots: [{ id: 'root-1' }],
      next: { rotation: { state: 'Completed' } },
    });
  });

  it('is chased for an hour', () => {
    const propagation = counted({ stale: 1 });
    expect(planOf(withdrawn, NOW + 2 * HOUR - 1, { propagation }).action).toBeUndefined();
    expect(planOf(withdrawn, NOW + 2 * HOUR, { propagation }).action?.kind).toBe('Forget');
  });

  it('is kept count of where it was given up, past the end of the rotation, until nothing holds it any more', () => {
    const { action } = planOf(withdrawn, NOW + 2 * HOUR, { propagation: counted({ stale: 1 }) });
    const given = withFresh(action?.kind === 'Forget' ? action.next : aDocument(), NOW + 2 * HOUR);
    expect(given.rotation).toMatchObject({ state: 'Completed', quarantined: 1 });
    expect(needsCount(given)).toBe(true);
    for (const left of [{ stale: 1 }, { exposed: 1 }])
      expect(planOf(given, NOW + 2 * HOUR, { propagation: counted(left) })).toEqual({ requeueAfter: 10 * MINUTE });
    expect(planOf(given, NOW + 2 * HOUR, { propagation: undefined }).action).toBeUndefined();
    const mended = planOf(given, NOW + 3 * HOUR).action;
    const next = mended?.kind === 'NoteMended' ? mended.next : given;
    expect(next.rotation).toEqual({ ...given.rotation, quarantined: undefined });
    expect(needsCount(next)).toBe(false);
  });

  it('is never withdrawn while it is the one that signs', () => {
    const slots = [{ ...oldRoot, compromised: true as const, storedSince: NOW }, aSlot({ compromised: true })];
    expect(planOf(aDocument({ slots }), NOW + HOUR).action?.kind).toBe('PrepareRoot');
  });

  it('signs no further intermediate, whoever asks, before the new root does', () => {
    const rotation = { id: 'i', action: 'RotateIntermediate' } as const;
    expect(planOf(condemned, NOW, { rotation }).action?.kind).toBe('ActivateRoot');
    expect(planOf(replacing, NOW, { rotation }).action?.kind).toBe('ReplaceIntermediate');
  });

  it('leaves no rotation in progress that has nothing to do: its root was lost with an earlier document', () => {
    const rotation = { ...compromise, state: 'InProgress', startedAt: NOW } as const;
    const { action } = planOf(aDocument({ rotation, requestID: 'c' }), NOW);
    expect(action).toMatchObject({ kind: 'CompleteRotation', next: { rotation: { state: 'Completed' } } });
  });

  it('is out of the way before the schedule prepares another', () => {
    const long = { ...td, root: { ...td.root, ttl: 900 * DAY }, intermediate: { ...td.intermediate, ttl: 400 * DAY } };
    const recorded = { authorities: [], rotation: undefined };
    const issuing = { kind: 'loaded', document: keyless } as const;
    const propagation = counted({ exposed: 1 });
    const plan = planAuthority({ trustDomain: long, recorded, rootPresent: true, issuing, propagation }, NOW);
    expect(plan.action).toBeUndefined();
  });
});
