// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { isSignetError } from '../../../../src/errors.ts';
import { ownerReferenceTo } from '../../../../src/identity/ownership.ts';
import { MINUTE } from '../../../../src/time.ts';
import { aServiceIdentity } from '../../../support/builders.ts';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';
import { withFiles } from '../../../support/minted-secret.ts';

let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
});

describe('what others write', () => {
  beforeEach(async () => {
    await harness.run();
    await harness.run();
  });

  it('is read once, and not written when it changed nothing of ours', async () => {
    harness.touch();
    expect(await harness.run()).toEqual(['get checkout-svid']);
    expect(await harness.run()).toEqual([]);
    expect(harness.observer.foreignWrite).toHaveBeenCalledOnce();
    harness.restart();
    expect(await harness.run()).toEqual(['get checkout-svid']);
    expect(await harness.run()).toEqual([]);
  });

  it.each<[string, string | undefined, string]>([
    ['tls.key', 'garbage', 'replace'],
    ['tls.crt', undefined, 'replace'],
    ['ca.crt', 'rogue', 'patch'],
  ])('to %s is undone', async (file, content, verb) => {
    const before = harness.status?.fingerprint;
    harness.api.edit(SECRET, ({ meta, secret }) => ({ meta, secret: withFiles(secret, { [file]: content }) }));
    expect(await harness.run()).toEqual(['get checkout-svid', `${verb} checkout-svid`, 'status checkout']);
    expect(harness.svid).toBeDefined();
    expect(harness.observer.foreignWrite).toHaveBeenCalledOnce();
    expect(harness.status?.fingerprint === before).toBe(verb === 'patch');
    expect(await harness.run()).toEqual([]);
  });

  it('to ca.crt is undone also when the first try is refused', async () => {
    harness.api.edit(SECRET, ({ meta, secret }) => ({ meta, secret: withFiles(secret, { 'ca.crt': 'rogue' }) }));
    harness.api.fail('patch', 'ERR_KUBE_FORBIDDEN');
    expect(isSignetError(await harness.failure(), 'ERR_KUBE_FORBIDDEN')).toBe(true);
    expect(harness.status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'WriteRefused' });
    expect(await harness.run()).toEqual(['patch checkout-svid', 'status checkout']);
    expect(harness.status?.conditions?.[0]).toMatchObject({ status: 'True', reason: 'Issued' });
  });

  it('as immutable is replaced', async () => {
    harness.api.edit(SECRET, ({ meta, secret }) => ({ meta, secret: { ...secret, immutable: true } }));
    const calls = ['get checkout-svid', 'delete checkout-svid', 'create checkout-svid', 'status checkout'];
    expect(await harness.run()).toEqual(calls);
    expect(harness.api.stored.get(SECRET)?.meta.uid).not.toBe('secret-1');
    expect(await harness.run()).toEqual([]);
  });

  it('that takes the label away does not hide the Secret', async () => {
    harness.api.edit(SECRET, ({ meta, secret }) => ({ secret, meta: { ...meta, labels: {} } }));
    harness.memory.secretGone('shop/checkout', 'checkout-svid');
    const calls = ['head checkout-svid', 'get checkout-svid', 'patch checkout-svid', 'status checkout'];
    expect(await harness.run()).toEqual(calls);
    expect(await harness.run()).toEqual([]);
  });

  it('outruns us: the write is refused, and decided again on what is there', async () => {
    await harness.clock.advance(37 * MINUTE);
    harness.api.sync();
    harness.touch();
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(await harness.run()).toEqual(['get checkout-svid', 'replace checkout-svid', 'status checkout']);
    expect(harness.api.stored.get(SECRET)?.meta.annotations).toMatchObject({ 'tool.org/x': 'y' });
  });

  it('is decided on anew after a refusal although the watch still shows the version before', async () => {
    await harness.clock.advance(37 * MINUTE);
    harness.api.sync();
    harness.touch();
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(await harness.run('stale')).toEqual(['get checkout-svid', 'replace checkout-svid', 'status checkout']);
  });

  it('is mended even where the watch is behind and shows a Secret that is gone', async () => {
    await harness.clock.advance(37 * MINUTE);
    harness.api.sync();
    harness.api.stored.delete(SECRET);
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_NOT_FOUND')).toBe(true);
    expect(await harness.run()).toEqual(['head checkout-svid', 'create checkout-svid', 'status checkout']);
  });
});

describe('a Secret of somebody else', () => {
  it('that the cache does not show is found by trying, left alone, and then only looked at', async () => {
    harness.api.create({ name: 'checkout-svid' });
    expect(await harness.run()).toEqual(['create checkout-svid', 'head checkout-svid', 'status checkout']);
    expect(harness.status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'SecretConflict' });
    expect(await harness.run()).toEqual(['head checkout-svid']);
    harness.api.stored.delete(SECRET);
    expect(await harness.run()).toEqual(['head checkout-svid', 'create checkout-svid', 'status checkout']);
  });

  it('that was restored for a former object of this name is adopted with a fresh key', async () => {
    await harness.run();
    const former = { ...ownerReferenceTo(aServiceIdentity()), uid: 'former' };
    const old = harness.status?.fingerprint;
    harness.api.edit(SECRET, ({ meta, secret }) => ({ secret, meta: { ...meta, ownerReferences: [former] } }));
    harness.api.put(aServiceIdentity());
    harness.restart();
    expect(await harness.run()).toEqual(['get checkout-svid', 'replace checkout-svid', 'status checkout']);
    expect(harness.status?.fingerprint).not.toBe(old);
    expect(harness.api.stored.get(SECRET)?.meta.ownerReferences[0]?.uid).toBe('uid-checkout');
  });

  it('that was restored for this object is adopted as it is', async () => {
    await harness.run();
    const { meta, secret } = harness.api.stored.get(SECRET) ?? {};
    const old = harness.status?.fingerprint;
    harness.api.stored.delete(SECRET);
    harness.api.create({ ...meta, name: 'checkout-svid', uid: 'restored' }, secret);
    harness.restart();
    expect(await harness.run()).toEqual(['get checkout-svid', 'status checkout']);
    expect(harness.status).toMatchObject({ fingerprint: old, secret: { uid: 'restored' } });
    expect(await harness.run()).toEqual([]);
  });
});

describe('a status that could not be written', () => {
  it.each([
    ['a renewRequest', { renewRequest: 'now' }],
    ['a retained Secret', { secret: { deletionPolicy: 'Retain', name: 'kept' } }],
  ] as const)('does not issue twice for %s', async (_, spec) => {
    await harness.run();
    harness.respecify(spec);
    for (const code of ['ERR_KUBE_CONFLICT', 'ERR_KUBE_INVALID', 'ERR_KUBE_UNAVAILABLE'] as const) {
      harness.api.fail('status', code);
      expect(isSignetError(await harness.failure(), code)).toBe(true);
    }
    expect(await harness.run()).toEqual(['status checkout']);
    expect(await harness.run()).toEqual([]);
    expect(harness.observer.issued).toHaveBeenCalledTimes(2);
  });

  it('is written after the spec changed meanwhile, on the new version', async () => {
    harness.api.sync();
    harness.respecify({ mtls: { allowedClients: [] } });
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(await harness.run()).toEqual(['patch checkout-svid', 'status checkout']);
    expect(harness.status?.observedGeneration).toBe(2);
    expect(harness.observer.issued).toHaveBeenCalledTimes(1);
  });
});
