// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aPropagation } from '../../../support/builders.ts';
import { Rotating } from './rotating.ts';

const M = 5 * MINUTE;
const clear = aPropagation({ targets: 4 });

let harness: Rotating;

beforeEach(async () => {
  harness = new Rotating();
  await harness.run();
  harness.steps.length = 0;
});

async function rotateFully(): Promise<void> {
  await harness.pass(MINUTE);
  harness.ask({ id: 'drill', action: 'RotateRoot' });
  await harness.run();
  await harness.pass(M + SECOND);
  for (let days = 0; days < 10; days += 1) await harness.pass(DAY);
  expect(harness.roots).toEqual(['Active']);
}

describe('a planned rotation of the root', () => {
  it('goes step by step, and every verifier accepts what is signed meanwhile', async () => {
    const first = harness.rootID(0);
    const old = harness.root(first);
    harness.propagation = { ...clear, stale: 3 };
    harness.ask({ id: 'drill', action: 'RotateRoot' });

    await harness.run();
    expect(harness.steps).toEqual(['PrepareRoot']);
    expect(harness.roots).toEqual(['Active', 'Prepared']);
    expect(harness.rotation).toMatchObject({ id: 'drill', step: 'PublishingRoot', stale: 3 });
    const second = harness.rootID(1);
    const young = harness.root(second);
    expect(harness.loaded.anchorsPEM.match(/BEGIN/g)).toHaveLength(2);
    expect(harness.rootFiles).toEqual(
      [`${first}.crt`, `${first}.key`, `${second}.crt`, `${second}.cross.crt`, `${second}.key`].sort(),
    );
    expect(await harness.verdict([old])).toBeUndefined();

    await harness.pass(HOUR);
    expect(harness.roots).toEqual(['Active', 'Prepared']);
    harness.propagation = clear;
    await harness.pass(SECOND);
    expect(harness.rotation?.step).toBe('WaitingForMargin');
    await harness.pass(M - SECOND);
    expect(harness.roots).toEqual(['Active', 'Prepared']);

    await harness.pass(SECOND);
    expect(harness.roots).toEqual(['Retired', 'Active']);
    expect(harness.rotation?.step).toBe('WaitingForOldSVIDs');
    expect(harness.loaded.issuer.chain).toHaveLength(2);
    expect([await harness.verdict([old]), await harness.verdict([young]), await harness.verdict([old, young])]).toEqual(
      [undefined, undefined, undefined],
    );

    // The key of the old root is gone as soon as it signs no more.
    expect(harness.rootFiles).not.toContain(`${first}.key`);
    expect(harness.rootFiles).toContain(`${first}.crt`);

    const end = harness.slotOf(first).leavesUntil ?? 0;
    await harness.pass(end - harness.clock.now());
    expect(harness.roots).toEqual(['Retired', 'Active']);
    await harness.pass(MINUTE);
    expect(harness.roots).toEqual(['Retired withdrawn', 'Active']);
    expect(harness.rotation).toMatchObject({ id: 'drill', state: 'Completed' });
    expect(harness.loaded.issuer.chain).toHaveLength(1);
    expect(await harness.verdict([young])).toBeUndefined();
    expect(await harness.verdict([old])).toBeDefined();

    await harness.pass(DAY);
    expect(harness.roots).toEqual(['Active']);
    expect(harness.rootFiles.filter((file) => file.startsWith(first))).toEqual([]);
    expect(harness.ready).toBe('True AuthorityReady');
  });

  it('takes up the root that was stored before a kill', async () => {
    await harness.pass(MINUTE);
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    harness.store.fail(`patch ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    const [stored] = harness.rootFiles.filter((file) => file.endsWith('.cross.crt'));
    expect(harness.roots).toEqual(['Active']);
    harness.propagation = { ...clear, stale: 1 };
    await harness.run();
    expect(`${harness.rootID(1)}.cross.crt`).toBe(stored);
    expect(harness.rootFiles).toHaveLength(5);
  });

  it('does not take up one that is older than the root that signs', async () => {
    const old = harness.store.stored.get(ROOT);
    const before = harness.rootID(0);
    await rotateFully();
    // Somebody restores the Secret from a backup, and the root in it was forgotten long ago.
    for (const [file, content] of old?.data ?? []) harness.store.edit(ROOT, file, content);
    harness.propagation = { ...clear, stale: 1 };
    harness.ask({ id: 'again', action: 'RotateRoot' });
    await harness.run();
    expect(harness.roots).toEqual(['Active', 'Prepared']);
    expect(harness.rootID(1)).not.toBe(before);
  });

  it('takes a published root back whose key is gone, and leaves nothing of it', async () => {
    await harness.pass(MINUTE);
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    const published = harness.rootID(1);
    harness.store.edit(ROOT, `${published}.key`, undefined);
    await harness.pass(M + SECOND);
    expect(harness.roots).toEqual(['Active']);
    expect(harness.rotation).toMatchObject({
      id: 'drill',
      state: 'Refused',
      message: expect.stringContaining('is gone'),
    });
    expect(harness.rootFiles.filter((file) => file.startsWith(published))).toEqual([]);
  });

  it('comes back where it was when the issuing Secret is lost', async () => {
    await harness.pass(MINUTE);
    harness.propagation = { ...clear, stale: 1 };
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    const before = harness.loaded;
    harness.store.stored.delete(ISSUING);
    await harness.run();
    const after = harness.loaded;
    expect(harness.roots).toEqual(['Active', 'Prepared']);
    expect(after.anchorsPEM).toBe(before.anchorsPEM);
    expect(after.knownIDs).toContain(before.issuer.id);
    expect(harness.document).toMatchObject({ requestID: 'drill', rotation: { state: 'InProgress' } });
    harness.propagation = clear;
    await harness.pass(SECOND);
    await harness.pass(M);
    expect(harness.roots).toEqual(['Retired', 'Active']);
    expect(await harness.verdict([harness.root(harness.rootID(0))])).toBeUndefined();
  });
});

describe('a compromise', () => {
  it('signs with a new root at once, and withdraws the old one when nothing depends on it', async () => {
    const first = harness.rootID(0);
    const old = harness.root(first);
    const before = harness.loaded;
    harness.propagation = { ...clear, stale: 4, exposed: 3 };
    harness.ask({ id: 'c', action: 'Compromise' });
    await harness.run();
    expect(harness.steps).toEqual(['PrepareRoot', 'ActivateRoot', 'DestroyRootKeys']);
    expect(harness.roots).toEqual(['Retired compromised', 'Active']);
    expect(harness.loaded.knownIDs.has(before.issuer.id)).toBe(false);
    expect(harness.rootFiles).not.toContain(`${first}.key`);
    expect(await harness.verdict([old])).toBeUndefined();
    harness.propagation = clear;
    await harness.pass(SECOND);
    await harness.pass(M - SECOND);
    expect(harness.roots).toEqual(['Retired compromised', 'Active']);
    await harness.pass(SECOND);
    expect(harness.roots).toEqual(['Active']);
    expect(await harness.verdict([old])).toBeDefined();
    expect(harness.rotation?.state).toBe('Completed');
    expect(harness.rootFiles.filter((file) => file.startsWith(first))).toEqual([]);
  });

  it('tells of what it gave up until that is mended, whatever is asked for meanwhile', async () => {
    harness.propagation = { ...clear, stale: 1 };
    harness.ask({ id: 'c', action: 'Compromise' });
    await harness.run();
    for (let minutes = 0; minutes < 3 * 60; minutes += 1) await harness.pass(MINUTE);
    expect(harness.roots).toEqual(['Active']);
    const left = { id: 'c', state: 'Completed', quarantined: 1, stale: 1 };
    expect(harness.rotation).toMatchObject(left);
    harness.ask({ id: 'i', action: 'RotateIntermediate' });
    await harness.run();
    expect(harness.status?.lastRequest).toMatchObject({ id: 'i', state: 'Completed' });
    expect(harness.rotation).toMatchObject(left);
    harness.propagation = clear;
    await harness.pass(MINUTE);
    expect(harness.steps.at(-1)).toBe('NoteMended');
    expect(harness.rotation).toMatchObject({ id: 'c', state: 'Completed', message: 'complete' });
    for (const gone of ['quarantined', 'stale']) expect(harness.rotation).not.toHaveProperty(gone);
  });

  it('does not take up what was stored before a kill: whoever read the Secret has it too', async () => {
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    harness.store.fail(`patch ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    const [orphan = ''] = harness.rootFiles.filter((file) => file.endsWith('.cross.crt'));
    harness.ask({ id: 'c', action: 'Compromise' });
    harness.propagation = { ...clear, exposed: 1 };
    await harness.run();
    expect(orphan.startsWith(harness.rootID(1))).toBe(false);
    expect(harness.rootFiles).not.toContain(orphan);
    expect(harness.rootFiles).not.toContain(orphan.replace('.cross.crt', '.key'));
  });

  it('is followed by another before everybody has heard of the first, and all verifiers accept what is signed', async () => {
    const known = [harness.root(harness.rootID(0))];
    harness.propagation = aPropagation({ targets: 4, stale: 4, exposed: 4 });
    for (const id of ['first', 'second', 'third']) {
      await harness.pass(MINUTE);
      harness.ask({ id, action: 'Compromise' });
      await harness.run();
      known.push(harness.root(harness.rootID(known.length)));
    }
    expect(harness.roots).toEqual(['Retired compromised', 'Retired compromised', 'Retired compromised', 'Active']);
    for (const root of known) expect(await harness.verdict([root])).toBeUndefined();
    expect(await harness.verdict(known)).toBeUndefined();
  });

  it('stays one when the issuing Secret is lost before the new root signs', async () => {
    harness.ask({ id: 'c', action: 'Compromise' });
    harness.store.fail(`replace ${ISSUING}`, 'ERR_KUBE_FORBIDDEN');
    await harness.run();
    expect(harness.roots).toEqual(['Active compromised', 'Prepared']);
    expect(harness.registry.get('default')?.view.authority).toBeUndefined();
    expect(harness.ready).toBe('False WriteRefused');
    harness.store.stored.delete(ISSUING);
    harness.store.fail(`replace ${ISSUING}`, 'ERR_KUBE_FORBIDDEN');
    await harness.run();
    // Nothing is signed under the compromised root, not by the intermediate that took the place of the lost one either.
    expect(harness.registry.get('default')?.view.authority).toBeUndefined();
    harness.propagation = { ...clear, exposed: 1 };
    await harness.run();
    expect(harness.roots.sort()).toEqual(['Active', 'Retired compromised']);
    expect(harness.loaded.knownIDs.size).toBe(1);
  });
});
