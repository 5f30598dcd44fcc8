// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../../src/time.ts';
import { ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aTrustDomain, NOW } from '../../../support/builders.ts';
import { FOREIGN_HIERARCHIES, foreignAuthority } from '../../../support/foreign-authority.ts';
import { anOutsideCA, ImportedWorld, idOf, imported, importedWorld, type OutsideCA, WANTED } from './imported-world.ts';

let world: ImportedWorld;
let first: OutsideCA;

beforeEach(async () => {
  ({ world, first } = await importedWorld());
});

describe('the first import', () => {
  it('publishes the root and signs at once, with a copy of the key beside the document', async () => {
    await world.settle();
    expect(world.steps).toEqual(['CreateImported']);
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active']);
    expect(world.ready).toBe('True AuthorityReady');
    expect(world.keys).toEqual([idOf(first)]);
    expect(world.store.stored.has(ROOT)).toBe(false);
    expect(world.registry.get('default')?.loaded?.anchorsPEM).toBe(first.files['ca.crt']?.toString());
    expect((await world.mint()).clamped).toBe(false);
  });

  it('neither writes the Secret of the operator nor leaves its key in memory', async () => {
    await world.settle();
    expect(world.store.calls.filter((call) => call.endsWith(WANTED) && !call.startsWith('get'))).toEqual([]);
    expect(world.store.stored.get(WANTED)?.data.get('tls.key')).toEqual(first.files['tls.key']);
    for (const { secret } of world.store.reads) {
      for (const content of secret.data.values()) expect(content.every((octet) => octet === 0)).toBe(true);
    }
  });

  it('is done in steady state: no key is read and nothing is written until the Secret changes', async () => {
    await world.settle();
    world.store.calls.length = 0;
    world.statuses.length = 0;
    const { requeueAfter } = await world.run();
    expect(requeueAfter).toBe(MINUTE);
    await world.live(DAY, HOUR);
    expect([world.store.calls, world.statuses]).toEqual([[], []]);
    world.store.write(first.files);
    await world.run();
    expect([world.store.calls, world.statuses]).toEqual([[`get ${WANTED}`], []]);
  });

  it('happens once when two controllers race, and is left to the leader', async () => {
    const rival = new ImportedWorld({}, world.store);
    await Promise.all([world.run(), rival.run()]);
    expect(rival.registry.get('default')?.loaded?.issuer.id).toBe(idOf(first));
    expect(world.store.calls.filter((call) => call === `create ${ISSUING}`).length).toBeGreaterThan(0);
    const standby = new ImportedWorld({}, world.store);
    standby.leading = false;
    world.store.reads.length = 0;
    await standby.run();
    expect(standby.signer).toBe(idOf(first));
    expect(world.store.reads.map(({ name }) => name)).toEqual([ISSUING]);
  });

  it('takes a chain that openssl made, with the certificates between', async () => {
    world.clock.jump(Date.now() - NOW + MINUTE);
    const files = foreignAuthority(FOREIGN_HIERARCHIES['four authorities with just enough path length']);
    const fingerprint = await world.sharedFingerprint(files);
    world.respec(imported(fingerprint));
    await world.settle();
    expect(world.ready).toBe('True AuthorityReady');
    const { chainPEM } = await world.mint();
    expect(chainPEM.toString().match(/BEGIN CERTIFICATE/gu)).toHaveLength(3);
  });
});

describe('a Secret that is at fault', () => {
  let stranger: OutsideCA;
  beforeEach(async () => {
    stranger = await world.another();
  });

  it.each([
    ['is absent', () => world.store.stored.delete(WANTED), 'ImportedSecretNotFound', /create it/],
    ['has no key', () => world.store.edit(WANTED, 'tls.key', undefined), 'ImportedAuthorityInvalid', /no file tls.key/],
    [
      'has another key',
      () => world.store.edit(WANTED, 'tls.key', stranger.files['tls.key']),
      'ImportedAuthorityInvalid',
      /not the key of the first certificate/,
    ],
    ['is one of ours', () => world.store.managed.add(WANTED), 'ImportedAuthorityInvalid', /Signet keeps itself/],
  ])('%s: nothing is signed, and the condition says why', async (_, spoil, reason, message) => {
    spoil();
    await world.run();
    expect(world.ready).toBe(`False ${reason}`);
    expect(world.condition('Ready')?.message).toMatch(message);
    expect(world.store.calls.filter((call) => !call.startsWith('get'))).toEqual([]);
    world.store.managed.clear();
    world.store.write(first.files);
    await world.settle();
    expect(world.ready).toBe('True AuthorityReady');
  });

  it.each([
    ['is absent', () => world.store.stored.delete(WANTED), 'ImportedSecretNotFound'],
    ['is not PEM', () => world.store.edit(WANTED, 'tls.crt', Buffer.from('nothing')), 'ImportedAuthorityInvalid'],
  ])('%s: an authority in use goes on', async (_, spoil, reason) => {
    await world.settle();
    spoil();
    await world.settle();
    expect(world.ready).toBe(`True ${reason}`);
    expect(world.signer).toBe(idOf(first));
    const restarted = new ImportedWorld({}, world.store);
    await restarted.settle();
    expect(restarted.signer).toBe(idOf(first));
  });

  it('is judged again later: a certificate may begin tomorrow', async () => {
    const begins = await anOutsideCA(first.root, NOW + DAY);
    world.store.write(begins.files);
    await world.run();
    expect(world.condition('Ready')?.message).toMatch(/not valid before/);
    await world.live(DAY, HOUR);
    expect(world.ready).toBe('True AuthorityReady');
  });
});

describe('another issuing CA under the same root', () => {
  it('signs at once; the one before stays known, and its key is gone', async () => {
    await world.settle();
    const next = await anOutsideCA(first.root, NOW);
    world.store.write(next.files);
    await world.settle();
    expect(world.steps).toEqual(['CreateImported', 'ImportIntermediate']);
    expect(world.slots).toEqual(['Root Active', 'Intermediate Retired', 'Intermediate Active']);
    expect(world.keys).toEqual([idOf(next)]);
    expect(world.issuer.id).toBe(idOf(next));
    expect(world.registry.get('default')?.loaded?.knownIDs).toEqual(new Set([idOf(first), idOf(next)]));
  });

  it('may have the same key under a new certificate', async () => {
    await world.settle();
    world.store.write((await anOutsideCA(first.root, NOW, 900 * DAY, first.key)).files);
    await world.settle();
    expect(world.slots).toEqual(['Root Active', 'Intermediate Active']);
    expect(world.issuer.certificate.notAfter).toBe(NOW + 900 * DAY);
  });

  it('may be one that signed before', async () => {
    await world.settle();
    world.store.write((await anOutsideCA(first.root, NOW)).files);
    await world.settle();
    world.store.write(first.files);
    await world.settle();
    expect(world.signer).toBe(idOf(first));
    expect(world.keys).toEqual([idOf(first)]);
  });
});

describe('requests', () => {
  it.each([
    ['RotateIntermediate', /replace the content of Secret issuing-ca/],
    ['RotateRoot', /replace the content of Secret issuing-ca/],
    ['Compromise', /can mint identities until its root.*or until 20.*under a new root/],
  ] as const)('%s is refused and says what to do instead', async (action, message) => {
    await world.settle();
    world.respec({ rotation: { id: 'x', action } });
    await world.settle();
    expect(world.status?.rotation).toMatchObject({
      id: 'x',
      state: 'Refused',
      message: expect.stringMatching(message),
    });
    expect(world.signer).toBe(idOf(first));
  });
});

describe('the loss of the issuing Secret', () => {
  it('is mended from the Secret of the operator while its root is the same', async () => {
    await world.settle();
    world.store.stored.delete(ISSUING);
    const next = await anOutsideCA(first.root, NOW);
    world.store.write(next.files);
    await world.settle();
    expect(world.signer).toBe(idOf(next));
    expect(world.registry.get('default')?.loaded?.knownIDs).toEqual(new Set([idOf(first), idOf(next)]));
  });

  it('does not repeat what was published and answered before', async () => {
    await world.settle();
    for (const id of ['x', 'y']) {
      world.respec({ rotation: { id, action: 'RotateRoot' } });
      await world.settle();
    }
    const trustDomain = world.trustDomains.get('default') ?? aTrustDomain();
    const sequence = NOW;
    const status = { ...trustDomain.status, bundle: { sequence, configMaps: { total: 0, current: 0 } } };
    world.trustDomains.set('default', { ...trustDomain, status });
    world.store.stored.delete(ISSUING);
    world.steps.length = 0;
    await world.settle();
    expect(world.steps).toEqual(['CreateImported']);
    expect(world.document).toMatchObject({ sequence: sequence + 1, requestID: 'y' });
  });

  it('is not mended under a root that nobody trusts', async () => {
    await world.settle();
    world.store.stored.delete(ISSUING);
    world.store.write((await world.another()).files);
    await world.settle();
    expect(world.ready).toBe('False AuthorityLost');
    expect(world.condition('Ready')?.message).toMatch(/under that root/);
    expect(world.store.stored.has(ISSUING)).toBe(false);
  });
});
