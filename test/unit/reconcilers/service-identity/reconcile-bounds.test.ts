// SPDX-License-Identifier: Apache-2.0
/**
 * The reconciler where it keeps less than there is, or does less than is asked for: large foreign metadata, a hidden
 * Secret of an earlier name, specs that change again and again.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { reconcileIdentity } from '../../../../src/reconcilers/service-identity/reconcile.ts';
import { MINUTE, SECOND } from '../../../../src/time.ts';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';

let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
  await harness.run();
});

const BULK = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(100_000) };

function bloat(): void {
  harness.api.edit(SECRET, ({ meta, secret }) => ({
    secret,
    meta: { ...meta, annotations: { ...meta.annotations, ...BULK }, finalizers: ['example.org/hold'] },
  }));
}

describe('labels and annotations that are too much to keep', () => {
  it('survive a renewal, at the price of one more read', async () => {
    bloat();
    expect(await harness.run()).toEqual(['get checkout-svid']);
    await harness.clock.advance(37 * MINUTE);
    expect(await harness.run()).toEqual(['head checkout-svid', 'replace checkout-svid', 'status checkout']);
    expect(harness.api.stored.get(SECRET)?.meta).toMatchObject({
      annotations: BULK,
      finalizers: ['example.org/hold'],
    });
    expect(harness.api.secrets.get(SECRET)?.annotations).not.toMatchObject(BULK);
    expect(await harness.run()).toEqual([]);
  });

  it('survive a replacement when the Secret changes between read and write', async () => {
    bloat();
    await harness.run();
    await harness.clock.advance(37 * MINUTE);
    harness.api.fail('replace', 'ERR_KUBE_CONFLICT');
    await harness.failure();
    await harness.run('stale');
    expect(harness.api.stored.get(SECRET)?.meta.annotations).toMatchObject(BULK);
    expect(await harness.run()).toEqual([]);
  });

  it('cost nothing in steady state once a renewal has recorded the Secret', async () => {
    bloat();
    await harness.run();
    await harness.clock.advance(37 * MINUTE);
    await harness.run();
    harness.restart();
    expect(await harness.run()).toEqual([]);
  });
});

describe('the Secret of an earlier name', () => {
  it('is deleted although somebody took our label away, which hid it', async () => {
    harness.api.edit(SECRET, ({ meta, secret }) => ({ secret, meta: { ...meta, labels: {} } }));
    harness.restart();
    harness.respecify({ secret: { name: 'other' } });
    const calls = ['head checkout-svid', 'create other', 'delete checkout-svid', 'status checkout'];
    expect(await harness.run()).toEqual(calls);
    expect([...harness.api.stored.keys()]).toEqual(['shop/other']);
    expect(await harness.run()).toEqual([]);
  });

  it('is looked for no more once it is gone', async () => {
    harness.api.stored.delete(SECRET);
    harness.restart();
    harness.respecify({ secret: { name: 'other' } });
    expect(await harness.run()).toEqual(['head checkout-svid', 'create other', 'status checkout']);
    expect(await harness.run()).toEqual([]);
  });
});

it('follows a spec that flips to and fro at a bounded rate, and ends with the last one', async () => {
  const issuances = () => harness.observer.issued.mock.calls.length;
  const before = issuances();
  for (let flip = 0; flip < 20; flip += 1) {
    harness.respecify({ services: [flip % 2 === 0 ? 'cart' : 'checkout'] });
    await harness.run();
  }
  harness.respecify({ services: ['ledger'] });
  for (let look = 0; look < 3; look += 1) await harness.run();
  expect(issuances() - before).toBe(5);
  expect(harness.status?.conditions?.map(({ type, reason }) => [type, reason])).toEqual([
    ['Ready', 'RepeatedChanges'],
    ['Contended', 'RepeatedChanges'],
  ]);
  harness.respecify({ services: ['cart', 'checkout'] });
  await harness.run();
  await harness.clock.advance(30 * SECOND);
  await harness.run();
  expect(issuances() - before).toBe(6);
  expect(harness.svid?.dnsNames).toContain('cart.shop.svc');
  expect(harness.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True', reason: 'Issued' }]);
});

function edit(n: number): void {
  harness.api.edit(SECRET, ({ meta, secret }) => ({
    meta,
    secret: { ...secret, data: { ...secret.data, 'extra.txt': String(n) } },
  }));
}

describe('a Secret that somebody edits again and again', () => {
  it('is read ten times at once, then every half minute', async () => {
    let reads = 0;
    for (let n = 0; n < 30; n += 1) {
      edit(n);
      reads += (await harness.run()).length;
    }
    expect(reads).toBe(10);
    harness.api.sync();
    expect(await reconcileIdentity('shop/checkout', harness.deps)).toMatchObject({ requeueAfter: 30 * SECOND });
    await harness.clock.advance(30 * SECOND);
    expect(await harness.run()).toEqual(['get checkout-svid']);
    edit(30);
    expect(await harness.run()).toEqual([]);
    harness.memory.forget('shop/checkout');
    expect(await harness.run()).toEqual(['get checkout-svid']);
  });

  it('is renewed when that is due', async () => {
    // Status tells it in whole seconds, rounded down.
    const due = Date.parse(harness.status?.renewalTime ?? '') + SECOND;
    await harness.clock.advance(due - 2 * SECOND - harness.clock.now());
    for (let n = 0; n < 11; n += 1) {
      edit(n);
      await harness.run();
    }
    expect(harness.api.calls).toEqual([]);
    await harness.clock.advance(2 * SECOND);
    expect(await harness.run()).toEqual(['get checkout-svid', 'replace checkout-svid', 'status checkout']);
  });
});

describe('reads that fail for a while', () => {
  it.each<[string, number, string[]]>([
    ['of a Secret that somebody edited', 0, ['get checkout-svid']],
    ['of one whose renewal is due', 37 * MINUTE, ['get checkout-svid', 'replace checkout-svid', 'status checkout']],
  ])('hold up no later one %s', async (_, elapsed, calls) => {
    harness.touch();
    await harness.clock.advance(elapsed);
    for (let tries = 0; tries < 20; tries += 1) {
      harness.api.fail('get', 'ERR_KUBE_UNAVAILABLE');
      expect(await harness.failure()).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    }
    expect(await harness.run()).toEqual(calls);
  });
});
