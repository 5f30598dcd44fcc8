// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { ISSUING } from '../../../support/authority-harness.ts';
import { aPropagation, NOW } from '../../../support/builders.ts';
import {
  anOutsideCA,
  anOutsideRoot,
  type ImportedWorld,
  idOf,
  importedWorld,
  type OutsideCA,
  WANTED,
} from './imported-world.ts';

const M = 5 * MINUTE;
let world: ImportedWorld;
let first: OutsideCA;

beforeEach(async () => {
  ({ world, first } = await importedWorld());
});

describe('another root', () => {
  let next: OutsideCA;
  beforeEach(async () => {
    await world.settle();
    world.propagation = aPropagation({ targets: 3, stale: 1 });
    next = await world.another();
    world.store.write(next.files);
    await world.settle();
  });

  it('is published, while the old one signs with its own key', async () => {
    expect(world.steps).toEqual(['CreateImported', 'PrepareImported']);
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active', 'Root Prepared', 'Intermediate Prepared']);
    expect(new Set(world.keys)).toEqual(new Set([idOf(first), idOf(next)]));
    expect(world.signer).toBe(idOf(first));
    expect(world.status?.rotation?.step).toBe('PublishingRoot');
    expect(world.issuer.anchors).toHaveLength(2);
    await world.mint();
  });

  it('signs when everything holds it and the margin has passed, without a cross-certificate', async () => {
    await world.live(HOUR);
    expect(world.signer).toBe(idOf(first));
    world.propagation = aPropagation({ targets: 3 });
    await world.run();
    expect(world.status?.rotation?.step).toBe('WaitingForMargin');
    await world.clock.advance(M - SECOND);
    await world.run();
    expect(world.signer).toBe(idOf(first));
    await world.clock.advance(2 * SECOND);
    await world.run();
    expect(world.signer).toBe(idOf(next));
    expect(world.keys).toEqual([idOf(next)]);
    expect(world.issuer.chain).toHaveLength(1);
    expect(world.status?.rotation?.step).toBe('WaitingForOldSVIDs');
  });

  it('lets the old one go when the longest SVID under it has ended, though it has years left', async () => {
    world.propagation = aPropagation({ targets: 3 });
    await world.live(HOUR, MINUTE);
    await world.live(23 * HOUR, HOUR);
    expect(world.issuer.anchors).toHaveLength(2);
    await world.live(2 * HOUR, MINUTE);
    expect(world.issuer.anchors).toHaveLength(1);
    expect(world.status?.rotation?.state).toBe('Completed');
    await world.live(2 * DAY, HOUR);
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active']);
  });

  it('goes on although the Secret is deleted meanwhile', async () => {
    world.store.stored.delete(WANTED);
    world.propagation = aPropagation({ targets: 3 });
    await world.live(HOUR, MINUTE);
    expect(world.signer).toBe(idOf(next));
    expect(world.ready).toBe('True ImportedSecretNotFound');
  });

  it('is called off when the Secret has the authority in use again', async () => {
    world.store.write(first.files);
    await world.settle();
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active']);
    expect(world.keys).toEqual([idOf(first)]);
    expect(world.status?.rotation).toMatchObject({ state: 'Completed', message: expect.stringMatching(/called off/) });
  });

  it('gives way to a third one', async () => {
    const third = await world.another();
    world.store.write(third.files);
    await world.settle();
    expect(new Set(world.keys)).toEqual(new Set([idOf(first), idOf(third)]));
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active', 'Root Prepared', 'Intermediate Prepared']);
  });

  it('may get another issuing CA before it signs, and keeps its place in time', async () => {
    world.propagation = aPropagation({ targets: 3 });
    await world.run();
    const stored = world.document?.slots.find(({ state }) => state === 'Prepared')?.storedSince;
    const other = await anOutsideCA(next.root, NOW);
    world.store.write(other.files);
    await world.settle();
    expect(stored).toBeDefined();
    expect(world.document?.slots.find(({ state }) => state === 'Prepared')?.storedSince).toBe(stored);
    await world.live(2 * M, MINUTE);
    expect(world.signer).toBe(idOf(other));
    expect(world.keys).toEqual([idOf(other)]);
  });

  it('can be gone back from after it signs, and called off again, without losing an anchor', async () => {
    world.propagation = aPropagation({ targets: 3 });
    await world.live(2 * M, MINUTE);
    world.propagation = aPropagation({ targets: 3, stale: 1 });
    world.store.write(first.files);
    await world.settle();
    expect(world.slots.toSorted()).toEqual([
      'Intermediate Active',
      'Intermediate Prepared',
      'Root Active',
      'Root Prepared',
    ]);
    world.store.write(next.files);
    await world.settle();
    expect(world.slots.toSorted()).toEqual([
      'Intermediate Active',
      'Intermediate Retired',
      'Root Active',
      'Root Retired',
    ]);
    expect(world.issuer.anchors).toHaveLength(2);
    expect(world.keys).toEqual([idOf(next)]);
  });

  it('is fetched again when its key was lost while it waited', async () => {
    world.store.edit(ISSUING, `${idOf(next)}.key`, undefined);
    world.propagation = aPropagation({ targets: 3 });
    await world.live(4 * M, MINUTE);
    expect(world.signer).toBe(idOf(next));
  });

  it('under the key of a root that is trusted already is refused', async () => {
    world.store.write((await anOutsideCA(await anOutsideRoot(NOW, 40 * DAY, first.root), NOW, 9 * DAY)).files);
    await world.settle();
    expect(world.ready).toBe('True ImportedAuthorityInvalid');
    expect(world.condition('Ready')?.message).toMatch(/a root with a key of its own/);
  });

  it('over the key of the issuing CA in use is refused', async () => {
    const reused = await anOutsideCA(await anOutsideRoot(NOW), NOW, DAY, first.key);
    world.store.write(reused.files);
    await world.settle();
    expect(world.ready).toBe('True ImportedAuthorityInvalid');
    expect(world.condition('Ready')?.message).toMatch(/make a new key/);
  });
});
