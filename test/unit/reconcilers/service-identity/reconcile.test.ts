// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { isSignetError } from '../../../../src/errors.ts';
import { reconcileIdentity } from '../../../../src/reconcilers/service-identity/reconcile.ts';
import { HOUR, MINUTE } from '../../../../src/time.ts';
import { aResolvedTrustDomain, aServiceIdentity } from '../../../support/builders.ts';
import {
  aLoadedAuthority,
  anIdentityHarness,
  type IdentityHarness,
  SECRET,
} from '../../../support/identity-harness.ts';

let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
});

describe('issuance', () => {
  it('is two writes and no read', async () => {
    const { api } = harness;
    expect(await harness.run()).toEqual(['create checkout-svid', 'status checkout']);
    expect(harness.svid?.fingerprint).toBe(harness.status?.fingerprint);
    const { resourceVersion } = api.stored.get(SECRET)?.meta ?? {};
    expect(harness.status?.secret).toEqual({ name: 'checkout-svid', uid: 'secret-1', resourceVersion });
    expect(await harness.run()).toEqual([]);
  });

  it('renews with two writes and no read', async () => {
    await harness.run();
    await harness.clock.advance(37 * MINUTE);
    expect(await harness.run()).toEqual(['replace checkout-svid', 'status checkout']);
    expect(harness.svid?.notBefore).toBe(harness.clock.now() - MINUTE);
  });

  it('asks to be run again at the renewal time', async () => {
    harness.api.sync();
    const result = await reconcileIdentity('shop/checkout', harness.deps);
    expect(result.requeueAfter).toBeGreaterThanOrEqual(0.4 * HOUR - 1);
    expect(result.requeueAfter).toBeLessThan(0.6 * HOUR);
  });

  it('answers the echoes of its own writes without a second look, until something is different', async () => {
    await harness.run();
    harness.api.sync();
    const first = await reconcileIdentity('shop/checkout', harness.deps);
    await harness.clock.advance(5000);
    const second = await reconcileIdentity('shop/checkout', harness.deps);
    expect((first.requeueAfter ?? 0) - (second.requeueAfter ?? 0)).toBe(5000);
    harness.api.edit(SECRET, ({ meta, secret }) => ({ secret, meta: { ...meta, labels: {} } }));
    expect(await harness.run()).not.toEqual([]);
  });

  it('zeroes the body whatever came of the write', async () => {
    await harness.run();
    harness.api.fail('replace', 'ERR_KUBE_UNAVAILABLE');
    await harness.clock.advance(37 * MINUTE);
    expect(isSignetError(await harness.failure(), 'ERR_KUBE_UNAVAILABLE')).toBe(true);
    expect(harness.api.bodies).toHaveLength(2);
    for (const body of harness.api.bodies) expect(body.every((octet) => octet === 0)).toBe(true);
  });

  it('signs and writes nothing while the gate is shut', async () => {
    harness.refusal = 'the Lease was lost';
    expect(isSignetError(await harness.failure(), 'ERR_NOT_SIGNING')).toBe(true);
    expect(harness.api.calls).toEqual([]);
  });

  it('happens once for a renewRequest', async () => {
    await harness.run();
    harness.respecify({ renewRequest: 'a' });
    expect(await harness.run()).toEqual(['replace checkout-svid', 'status checkout']);
    expect(harness.status?.observedRenewRequest).toBe('a');
    harness.restart();
    expect(await harness.run()).toEqual([]);
  });

  it('never mixes the anchors it was decided on with a leaf of another authority', async () => {
    const { api, registry } = harness;
    api.sync();
    await harness.run();
    harness.touch();
    harness.respecify({ renewRequest: 'a' });
    // While the touched Secret is read, the authority is replaced.
    const { getSecret } = api.api;
    const loaded = { ...(await aLoadedAuthority()), anchorsPEM: 'of another root' };
    api.api.getSecret = (namespace, name) => {
      registry.set(aResolvedTrustDomain(), { loaded });
      return getSecret(namespace, name);
    };
    const before = api.stored.get(SECRET);
    expect(isSignetError(await harness.failure(), 'ERR_NOT_SIGNING')).toBe(true);
    expect(api.stored.get(SECRET)).toBe(before);
  });

  it('waits for an authority that goes away while it is decided, and does not take that for a fault of its own', async () => {
    const { api, registry, memory } = harness;
    await harness.run();
    api.edit(SECRET, ({ meta, secret }) => ({ secret, meta: { ...meta, labels: {} } }));
    memory.secretGone('shop/checkout', 'checkout-svid');
    const { headSecret } = api.api;
    api.api.headSecret = (namespace, name) => {
      registry.unload('default');
      return headSecret(namespace, name);
    };
    expect(await harness.run()).toEqual(['head checkout-svid', 'status checkout']);
    expect(harness.status?.conditions?.[0]).toMatchObject({ status: 'True', reason: 'AuthorityUnavailable' });
  });
});

describe('a changed secret.name', () => {
  it('creates the new Secret, deletes the old one, and records it', async () => {
    await harness.run();
    harness.respecify({ secret: { name: 'tls' } });
    expect(await harness.run()).toEqual(['create tls', 'delete checkout-svid', 'status checkout']);
    expect(harness.status?.secret?.name).toBe('tls');
    expect([...harness.api.stored.keys()]).toEqual(['shop/tls']);
    expect(await harness.run()).toEqual([]);
  });

  it('comes back to an old Secret that could not be deleted at once', async () => {
    await harness.run();
    harness.respecify({ secret: { name: 'tls' } });
    harness.api.fail('delete', 'ERR_KUBE_UNAVAILABLE');
    expect(isSignetError(await harness.failure(), 'ERR_KUBE_UNAVAILABLE')).toBe(true);
    expect(harness.status?.conditions?.[0]).toMatchObject({ status: 'True' });
    expect(await harness.run()).toEqual(['get tls', 'delete checkout-svid', 'status checkout']);
    expect([...harness.api.stored.keys()]).toEqual(['shop/tls']);
    expect(await harness.run()).toEqual([]);
  });
});

describe('an identity that is gone', () => {
  it('is forgotten, and nothing is done', async () => {
    await harness.run();
    const identity = aServiceIdentity({ metadata: { deletionTimestamp: '2026-06-15T12:00:00Z' } });
    harness.api.put({ ...identity, spec: { ...identity.spec, services: ['cart'] } });
    expect(await harness.run()).toEqual([]);
    expect(await reconcileIdentity('shop/unknown', harness.deps)).toEqual({});
  });
});
