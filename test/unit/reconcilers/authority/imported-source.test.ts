// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../../src/time.ts';
import { ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aPropagation, NOW } from '../../../support/builders.ts';
import { FOREIGN_HIERARCHIES, foreignAuthority } from '../../../support/foreign-authority.ts';
import {
  anOutsideCA,
  anOutsideRoot,
  ImportedWorld,
  idOf,
  imported,
  importedWorld,
  type OutsideCA,
  SELF_SIGNED,
  WANTED,
} from './imported-world.ts';

const M = 5 * MINUTE;
let world: ImportedWorld;
let first: OutsideCA;

beforeEach(async () => {
  ({ world, first } = await importedWorld());
});

describe('a change of source', () => {
  const counted = aPropagation();

  it('from our own to an imported one publishes, waits, and then leaves no key of ours behind', async () => {
    world = new ImportedWorld(SELF_SIGNED);
    await world.settle();
    const own = world.signer;
    world.store.write(first.files);
    world.respec(imported());
    await world.settle();
    expect(world.signer).toBe(own);
    expect(world.steps).toContain('PrepareImported');
    await world.live(2 * M, MINUTE);
    expect(world.signer).toBe(idOf(first));
    const rootKeys = [...(world.store.stored.get(ROOT)?.data.keys() ?? [])].filter((file) => file.endsWith('.key'));
    expect(rootKeys).toEqual([]);
  });

  it('keeps the waiting key when our own intermediate is replaced meanwhile', async () => {
    world = new ImportedWorld(SELF_SIGNED);
    await world.settle();
    world.store.write(first.files);
    world.respec(imported());
    world.propagation = { ...counted, stale: 1 };
    await world.clock.advance(84 * HOUR);
    await world.settle();
    world.store.stored.delete(WANTED);
    await world.clock.advance(13 * HOUR);
    await world.settle();
    expect(world.steps.slice(2)).toEqual(['PrepareImported', 'ReplaceIntermediate']);
    expect(new Set(world.keys)).toEqual(new Set([world.signer, idOf(first)]));
    expect(world.signer).not.toBe(idOf(first));
    world.propagation = counted;
    await world.live(2 * M, MINUTE);
    expect(world.signer).toBe(idOf(first));
  });

  it('from an imported one to our own publishes and waits', async () => {
    await world.settle();
    world.respec(SELF_SIGNED);
    await world.settle();
    expect(world.steps).toContain('PrepareRoot');
    expect(world.signer).toBe(idOf(first));
    await world.live(2 * M, MINUTE);
    expect(world.signer).not.toBe(idOf(first));
    expect(world.ready).toBe('True AuthorityReady');
    expect(world.issuer.chain).toHaveLength(1);
    expect(world.keys).toEqual([world.signer]);
  });

  it('that is taken back is called off', async () => {
    await world.settle();
    world.propagation = { ...counted, stale: 1 };
    world.respec(SELF_SIGNED);
    await world.settle();
    world.respec(imported());
    await world.settle();
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active']);
    expect([...(world.store.stored.get(ROOT)?.data.keys() ?? [])]).toEqual([]);
  });
});

describe('a shared root', () => {
  beforeEach(() => {
    world.clock.jump(Date.now() - NOW + MINUTE);
  });

  it('signs nothing until its fingerprint is acknowledged', async () => {
    const files = foreignAuthority(FOREIGN_HIERARCHIES['EJBCA, EC throughout, SEC1 key']);
    const fingerprint = await world.sharedFingerprint(files);
    expect(world.ready).toBe('False RootNotDedicated');
    expect(world.condition('SharedRoot')?.reason).toBe('RootNotDedicated');
    world.respec(imported('a'.repeat(64)));
    await world.run();
    expect(world.ready).toBe('False RootNotDedicated');
    world.respec(imported(fingerprint));
    await world.settle();
    expect(world.ready).toBe('True AuthorityReady');
    expect(world.condition('SharedRoot')).toBeUndefined();
    await world.mint();
    world.respec(imported());
    await world.settle();
    expect(world.ready).toBe('False RootNotDedicated');
    expect(world.signer).toBeUndefined();
  });

  it('changes nothing while another authority is in use', async () => {
    const now = world.clock.now();
    first = await anOutsideCA(await anOutsideRoot(now), now);
    world.store.write(first.files);
    await world.settle();
    const files = foreignAuthority(FOREIGN_HIERARCHIES['EJBCA, EC throughout, SEC1 key']);
    world.store.write({ 'tls.crt': files.certificatePEM, 'ca.crt': files.rootsPEM, 'tls.key': files.keyPEM });
    await world.settle();
    expect(world.signer).toBe(idOf(first));
    expect(world.ready).toBe('True RootNotDedicated');
    expect(world.condition('SharedRoot')).toBeDefined();
  });
});

describe('as the end comes near', () => {
  it('warns long ahead, signs on with shorter lives, and stops at the end', async () => {
    first = await anOutsideCA(first.root, NOW, 9 * DAY);
    world.store.write(first.files);
    await world.settle();
    expect(world.condition('AuthorityExpiring')).toBeUndefined();
    await world.live(7 * DAY, HOUR);
    expect(world.condition('AuthorityExpiring')).toMatchObject({ reason: 'ReplacementDue' });
    expect(world.ready).toBe('True AuthorityReady');
    await world.clock.advance(2 * DAY - 10 * MINUTE);
    await world.run();
    const { notAfter, clamped } = await world.mint();
    expect([notAfter, clamped]).toEqual([NOW + 9 * DAY, true]);
    expect(world.status?.notAfter).toBe(new Date(NOW + 9 * DAY).toISOString().replace('.000', ''));
    await world.clock.advance(11 * MINUTE);
    await world.run();
    expect(world.ready).toBe('False AuthorityExpired');
    expect(world.steps).toEqual(['CreateImported']);
    // Nothing under it is valid any more, so nothing is waited for.
    world.propagation = aPropagation({ stale: 1 });
    const next = await world.another();
    world.store.write(next.files);
    await world.settle();
    expect(world.signer).toBe(idOf(next));
  });

  it('no SVID outlives an authority above its issuer', async () => {
    const short = await anOutsideRoot(NOW, 30 * MINUTE);
    const long = await anOutsideCA(await anOutsideRoot(NOW, DAY, short), NOW, DAY);
    const { 'ca.crt': root = '' } = (await anOutsideCA(short, NOW, MINUTE)).files;
    world.store.write({ ...long.files, 'ca.crt': root });
    await world.settle();
    expect((await world.mint()).notAfter).toBe(NOW + 30 * MINUTE);
  });
});

describe('a Secret that was written by kubectl apply', () => {
  it('is used, and the operator hears of the second copy of its key', async () => {
    world.store.applied.add(WANTED);
    world.store.write((await world.another()).files);
    await world.settle();
    expect(world.condition('Ready')).toMatchObject({
      reason: 'AuthorityReady',
      message: expect.stringContaining('kubectl.kubernetes.io/last-applied-configuration'),
    });
  });
});

describe('writes that fail', () => {
  it.each(['create', 'patch', 'replace'])('are tried again (%s)', async (verb) => {
    const failing = `${verb} ${ISSUING}`;
    const attempt = async () => {
      await world.run().catch(() => undefined);
      await world.settle();
    };
    world.store.fail(failing, 'ERR_KUBE_UNAVAILABLE');
    await attempt();
    world.store.fail(failing, 'ERR_KUBE_UNAVAILABLE');
    const next = await anOutsideCA(first.root, NOW);
    world.store.write(next.files);
    await attempt();
    expect(world.signer).toBe(idOf(next));
    world.store.fail(failing, 'ERR_KUBE_CONFLICT');
    const last = await world.another();
    world.store.write(last.files);
    await attempt();
    await world.live(2 * M, MINUTE);
    expect(world.signer).toBe(idOf(last));
    expect(world.keys).toEqual([idOf(last)]);
  });
});
