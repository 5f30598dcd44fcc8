// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import type { Propagation } from '../../../src/authority/propagation.ts';
import { rotationStatus } from '../../../src/authority/rotation-status.ts';
import {
  withCompletedRotation,
  withIntermediate,
  withRefusal,
  withStored,
  withWithdrawn,
} from '../../../src/authority/transitions.ts';
import { HOUR } from '../../../src/time.ts';
import { aDocument, aSlot, NOW } from '../../support/builders.ts';
import {
  active,
  compromise,
  condemned,
  counted,
  newRoot,
  oldRoot,
  published,
  replacing,
  stored,
  td,
} from './rotation-stages.ts';

const blockers = [{ kind: 'Secret', namespace: 'shop', name: 'checkout-svid', reason: 'immutable' }];
const some = counted({ stale: 3, exposed: 2, blockers });
const withdrawn = withWithdrawn(replacing, [oldRoot], NOW);

function statusOf(document: AuthorityDocument, propagation?: Propagation) {
  return rotationStatus(document, td, propagation);
}

describe('the status of a rotation', () => {
  it('is absent where there never was one', () => {
    expect(statusOf(aDocument())).toBeUndefined();
  });

  const steps: readonly (readonly [
    string,
    AuthorityDocument,
    Propagation | undefined,
    string,
    RegExp,
    string | undefined,
  ])[] = [
    [
      'publishing',
      published,
      some,
      'PublishingRoot',
      /^3 of 10 Secrets and bundles do not hold the new root yet; what still does not at 2026-06-16T12:00:00Z is given up$/,
      '2026-06-16T12:00:00Z',
    ],
    ['publishing, not counted yet', published, undefined, 'PublishingRoot', /being counted/, '2026-06-16T12:00:00Z'],
    [
      'waiting for the margin',
      stored,
      counted(),
      'WaitingForMargin',
      /signs at 2026-06-15T12:05:00Z/,
      '2026-06-15T12:05:00Z',
    ],
    [
      'waiting for old leaves',
      active,
      undefined,
      'WaitingForOldSVIDs',
      /stays until 2026-06-22T11:01:00Z/,
      '2026-06-22T11:01:00Z',
    ],
    [
      'replacing what is compromised',
      replacing,
      some,
      'ReplacingSVIDs',
      /^3 of 10 Secrets and bundles still depend .* at the latest at 2026-06-15T13:00:00Z; spec.rotation.acknowledgeBroken: 3 withdraws it at once and breaks at most that many workloads \(Secrets are counted, bundles are not\)$/,
      '2026-06-15T13:00:00Z',
    ],
    [
      'replacing, mostly exposed',
      replacing,
      counted({ stale: 1, exposed: 9 }),
      'ReplacingSVIDs',
      /^9 of 10.*acknowledgeBroken: 9 /,
      '2026-06-15T13:00:00Z',
    ],
    [
      'waiting to withdraw',
      withStored(replacing, newRoot, NOW + HOUR, 0),
      counted({ breaking: 7 }),
      'WaitingForMargin',
      /compromised root is withdrawn at 2026-06-15T13:05:00Z, .*; spec.rotation.acknowledgeBroken: 7 withdraws it at once/,
      '2026-06-15T13:05:00Z',
    ],
    [
      'removing',
      withdrawn,
      some,
      'RemovingRoot',
      /^3 of 10 Secrets and bundles still hold the withdrawn root$/,
      undefined,
    ],
    ['before a compromise has its new signer', condemned, undefined, 'PublishingRoot', /\w/, '2026-06-16T12:00:00Z'],
  ];

  it.each(steps)('says where it is: %s', (_, document, propagation, step, message, nextStepTime) => {
    const status = statusOf(document, propagation);
    expect(status).toMatchObject({ state: 'InProgress', step, message: expect.stringMatching(message) });
    expect(status?.nextStepTime).toBe(nextStepTime);
    expect(status?.startedAt).toBe('2026-06-15T12:00:00Z');
  });

  it.each([
    ['replacing', replacing],
    ['waiting to withdraw', withStored(replacing, newRoot, NOW + HOUR, 0)],
  ])('answers an acknowledgement that is too low: %s', (_, document) => {
    const message = (acknowledgeBroken: number) => {
      const rotation = { ...compromise, acknowledgeBroken };
      return rotationStatus(document, { ...td, rotation }, counted({ breaking: 3 }))?.message;
    };
    expect(message(2)).toContain('; spec.rotation.acknowledgeBroken: 2 is too low, 3 withdraws it at once');
    expect(message(3)).toContain('; spec.rotation.acknowledgeBroken: 3 withdraws it at once');
  });

  it('has the counts and samples of what holds it up, and none where nothing was counted', () => {
    expect(statusOf(published, some)).toMatchObject({ targets: 10, stale: 3, exposed: 2, blockers });
    expect(statusOf(published, counted())).not.toHaveProperty('blockers');
    expect(statusOf(published)).not.toHaveProperty('targets');
  });

  it('says who asked and why', () => {
    const request = { id: 'i', action: 'RotateIntermediate', reason: 'a drill' } as const;
    const done = withIntermediate(aDocument(), aSlot({ id: 'intermediate-2' }), NOW, { request });
    expect(statusOf(done)).toEqual({
      ...request,
      state: 'Completed',
      message: 'complete: the new intermediate signs; SVIDs in use stay good and follow with their renewals',
      startedAt: '2026-06-15T12:00:00Z',
      completedAt: '2026-06-15T12:00:00Z',
    });
  });

  it('says why a request was refused', () => {
    const request = { id: 'r', action: 'RotateRoot' } as const;
    const refused = withRefusal(aDocument(), { request, refusal: 'not now' }, NOW);
    expect(statusOf(refused)).toMatchObject({ id: 'r', state: 'Refused', message: 'not now' });
    expect(statusOf(refused)).not.toHaveProperty('step');
  });

  it.each([
    [published, /^1 of 10 Secrets and bundles does not hold the new root yet; what still does not at /],
    [replacing, /^1 of 10 Secrets and bundles still depends on the compromised root, which is withdrawn when nothing /],
    [withdrawn, /^1 of 10 Secrets and bundles still holds the withdrawn root$/],
    [withCompletedRotation(withStored(published, newRoot, NOW, 1), NOW), /^complete; 1 Secret or bundle was given up$/],
  ])('speaks of one as of one', (document, message) => {
    expect(statusOf(document, counted({ stale: 1 }))?.message).toMatch(message);
  });

  it('says when it is complete, and what was given up', () => {
    const marked = withStored(published, newRoot, NOW, 4);
    expect(statusOf(marked, counted())).toMatchObject({ state: 'InProgress', quarantined: 4 });
    expect(statusOf(withCompletedRotation(marked, NOW + HOUR), some)).toMatchObject({
      state: 'Completed',
      message: 'complete; 4 Secrets and bundles were given up',
      completedAt: '2026-06-15T13:00:00Z',
      quarantined: 4,
    });
  });

  it('names what is left of what was given up when it is complete, and nothing where nothing is', () => {
    const given = withCompletedRotation(withStored(published, newRoot, NOW, 4), NOW + HOUR);
    expect(statusOf(given, some)).toMatchObject({ quarantined: 4, targets: 10, stale: 3, exposed: 2, blockers });
    expect(statusOf(given, some)).not.toHaveProperty('step');
    const kept = withCompletedRotation(withStored(published, newRoot, NOW, 0), NOW + HOUR);
    expect(statusOf(kept, some)).not.toHaveProperty('blockers');
  });
});
