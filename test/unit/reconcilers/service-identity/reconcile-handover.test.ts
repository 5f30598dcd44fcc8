// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../../src/api/service-identity.ts';
import { RENEW_REQUEST_ANNOTATION } from '../../../../src/api/well-known.ts';
import { isSignetError } from '../../../../src/errors.ts';
import { MINUTE } from '../../../../src/time.ts';
import type { FakeSecret } from '../../../support/fake-api.ts';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';

const KEY = 'shop/checkout';
let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
  await harness.run();
  await harness.clock.advance(MINUTE);
});

/** The next holder of the Lease: it remembers nothing, and its watch of identities still shows what was before. */
function takeOver(lagging: ServiceIdentity | undefined): void {
  harness.restart();
  harness.api.sync();
  if (lagging !== undefined) harness.api.identities.set(KEY, lagging);
}

/** Asks, and has it answered by a signer that ends before its status is written. */
async function answeredWithoutStatus(): Promise<string | undefined> {
  harness.respecify({ renewRequest: 'a' });
  harness.api.fail('status', 'ERR_KUBE_TIMEOUT');
  expect(isSignetError(await harness.failure(), 'ERR_KUBE_TIMEOUT')).toBe(true);
  return harness.svid?.serialNumber;
}

function annotated(value: string): (secret: FakeSecret) => FakeSecret {
  return ({ meta, secret }) => ({
    secret,
    meta: { ...meta, annotations: { ...meta.annotations, [RENEW_REQUEST_ANNOTATION]: value } },
  });
}

describe('a renewRequest that was answered before a hand-over', () => {
  it('is not answered again where the signer ended before its status was written', async () => {
    const serial = await answeredWithoutStatus();
    takeOver(undefined);
    expect(await harness.run()).toEqual(['get checkout-svid', 'status checkout']);
    expect(harness.svid?.serialNumber).toBe(serial);
    expect(harness.status).toMatchObject({ serialNumber: serial, observedRenewRequest: 'a' });
    expect(await harness.run()).toEqual([]);
  });

  it('is not answered again where the first issuance was all that was stored', async () => {
    harness = await anIdentityHarness();
    const serial = await answeredWithoutStatus();
    takeOver(undefined);
    await harness.run();
    expect(harness.svid?.serialNumber).toBe(serial);
    expect(harness.status).toMatchObject({ serialNumber: serial, observedRenewRequest: 'a' });
  });

  it('is not answered again while the watch of identities lags', async () => {
    harness.respecify({ renewRequest: 'a' });
    const lagging = harness.api.identity(KEY);
    await harness.run();
    const serial = harness.svid?.serialNumber;
    takeOver(lagging);
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(harness.api.calls).toEqual(['get checkout-svid', 'status checkout']);
    expect(await harness.run()).toEqual([]);
    expect(harness.svid?.serialNumber).toBe(serial);
  });

  it('is not answered again while both watches lag', async () => {
    harness.respecify({ renewRequest: 'a' });
    harness.api.sync();
    const lagging = [new Map(harness.api.identities), new Map(harness.api.secrets)] as const;
    await harness.run();
    const serial = harness.svid?.serialNumber;
    harness.restart();
    for (const [key, identity] of lagging[0]) harness.api.identities.set(key, identity);
    for (const [key, meta] of lagging[1]) harness.api.secrets.set(key, meta);
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(harness.api.calls).toEqual(['replace checkout-svid', 'head checkout-svid', 'status checkout']);
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(await harness.run()).toEqual([]);
    expect(harness.svid?.serialNumber).toBe(serial);
  });

  it('does not stand for the next one', async () => {
    const serial = await answeredWithoutStatus();
    harness.respecify({ renewRequest: 'b' });
    takeOver(undefined);
    expect(await harness.run()).toEqual(['get checkout-svid', 'status checkout']);
    expect(harness.status?.serialNumber).toBe(serial);
    expect(await harness.run()).toEqual(['replace checkout-svid', 'status checkout']);
    expect(harness.status?.observedRenewRequest).toBe('b');
    expect(harness.svid?.serialNumber).not.toBe(serial);
  });

  it('is not believed of an SVID that status tells of, whoever says so in the Secret', async () => {
    const serial = harness.svid?.serialNumber;
    harness.api.edit(SECRET, annotated('a'));
    harness.respecify({ renewRequest: 'a' });
    await harness.run();
    expect(harness.svid?.serialNumber).not.toBe(serial);
    expect(harness.status?.observedRenewRequest).toBe('a');
  });

  it('is not believed of an older SVID that was put back', async () => {
    const old = harness.api.stored.get(SECRET)?.secret;
    await harness.clock.advance(37 * MINUTE);
    await harness.run();
    harness.api.edit(SECRET, ({ meta, secret }) => annotated('a')({ meta, secret: old ?? secret }));
    harness.respecify({ renewRequest: 'a' });
    const { fingerprint } = harness.svid ?? {};
    await harness.run();
    expect(harness.svid?.fingerprint).not.toBe(fingerprint);
    expect(harness.status?.fingerprint).toBe(harness.svid?.fingerprint);
  });
});

describe('a changed spec that was served before a hand-over', () => {
  it('is not undone by a holder whose watch of identities still shows the spec before it', async () => {
    const lagging = harness.api.identity(KEY);
    harness.respecify({ services: ['cart'] });
    await harness.run();
    const serial = harness.svid?.serialNumber;
    takeOver(lagging);
    expect(isSignetError(await harness.failure('stale'), 'ERR_KUBE_CONFLICT')).toBe(true);
    expect(harness.api.calls).toEqual(['get checkout-svid', 'status checkout']);
    expect(await harness.run()).toEqual([]);
    expect(harness.svid?.serialNumber).toBe(serial);
  });
});
