// SPDX-License-Identifier: Apache-2.0
/** @module How often a bundle is read because of somebody else. */
import { beforeEach, expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { BundleMemory } from '../../../../src/reconcilers/bundle/memory.ts';
import { reconcileBundle } from '../../../../src/reconcilers/bundle/reconcile.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { KEY, Place, wanted } from './place.ts';

let place: Place;
let memory: BundleMemory;
let clock: ManualClock;

beforeEach(() => {
  place = new Place();
  memory = new BundleMemory();
  clock = new ManualClock();
});

function run() {
  return reconcileBundle(KEY, {
    memory,
    gate: { refusal: () => undefined },
    inTerm: () => true,
    clock,
    target: () => wanted('one'),
    cached: () => (place.cached === undefined ? [] : [place.cached]),
    calls: place,
    trustDomain: 'default',
    onChange: () => undefined,
  });
}

it('a bundle that somebody edits again and again is read ten times at once, then every half minute', async () => {
  await run();
  place.sync(memory);
  const reads = () => place.calls.filter((call) => call === 'read').length;
  for (let edits = 0; edits < 30; edits += 1) {
    place.put({ uid: 'cm-1' }, `edited ${edits}`);
    place.sync(memory);
    await run();
  }
  expect(reads()).toBe(10);
  expect(memory.blocked(KEY)?.reason).toBe('RepeatedEdits');
  expect(await run()).toEqual({ requeueAfter: 30_000 });
  for (let minutes = 1; minutes <= 10; minutes += 1) {
    await clock.advance(60_000);
    place.put({ uid: 'cm-1' }, `edited for ${minutes} minutes`);
    place.sync(memory);
    await run();
    await run();
  }
  expect(reads()).toBe(20);
  await clock.advance(600_000);
  await run();
  expect(memory.inPlace(KEY)).toBe('one');
});

it('a bundle whose name somebody has is looked for at that rate, however many others look like ours', async () => {
  place.put({ managed: false, trustDomain: undefined, owners: [] }, 'theirs');
  for (let others = 0; others < 30; others += 1) await run();
  expect(place.calls.filter((call) => call === 'read').length).toBe(10);
  expect(await run()).toEqual({ requeueAfter: 30_000 });
  expect(memory.blocked(KEY)?.reason).toBe('ObjectConflict');
});

it('a bundle that could not be read is read soon after, however often that was tried, and nobody is blamed', async () => {
  place.put({ uid: 'cm-1' }, 'one');
  place.sync(memory);
  const gone = new SignetError('ERR_KUBE_UNAVAILABLE', 'gone for a moment');
  place.failures.push(...Array.from({ length: 20 }, () => gone));
  for (let tries = 0; tries < 20; tries += 1) await expect(run()).rejects.toThrow('gone');
  expect(await run()).toEqual({});
  expect(memory.inPlace(KEY)).toBe('one');
});
