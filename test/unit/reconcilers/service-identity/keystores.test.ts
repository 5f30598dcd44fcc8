// SPDX-License-Identifier: Apache-2.0
/**
 * PKCS#12 files through the whole reconciler: written, left alone, written again for a new password, left out without
 * one, and healed.
 * @module
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { encodePEM, parsePrivateKeyPEM } from '../../../../src/pki/pem.ts';
import { openStore } from '../../../../src/pki/pkcs12-reader.ts';
import type { LoadedAuthority } from '../../../../src/reconcilers/authority/load.ts';
import { MINUTE } from '../../../../src/time.ts';
import { aResolvedTrustDomain } from '../../../support/builders.ts';
import {
  aLoadedAuthority,
  anIdentityHarness,
  type IdentityHarness,
  SECRET,
} from '../../../support/identity-harness.ts';
import type { SecretJSON } from '../../../support/minted-secret.ts';

let harness: IdentityHarness;

const PASSWORD_SECRET = 'shop/keystore-password';
const LABELS = { 'signet.dev/password': 'true' };
const formats = [
  { type: 'PEM' as const },
  { type: 'PKCS12' as const, pkcs12: { passwordSecretRef: { name: 'keystore-password' } } },
];

function passwordJSON(password: string): SecretJSON {
  return { type: 'Opaque', data: { password: Buffer.from(password).toString('base64') } };
}

function fileOf(name: string): Buffer | undefined {
  const file = harness.api.stored.get(SECRET)?.secret.data?.[name];
  return file === undefined ? undefined : Buffer.from(file, 'base64');
}

async function opened(name: string, password: string) {
  return await openStore(fileOf(name) ?? Buffer.alloc(0), Buffer.from(password));
}

/** One more root. */
async function addAnchor(): Promise<void> {
  addAnchors(await aLoadedAuthority());
}

function addAnchors(other: LoadedAuthority): void {
  const old = harness.registry.get('default')?.loaded;
  if (old === undefined) return nobody();
  const anchors = [...old.issuer.anchors, ...other.issuer.anchors];
  const loaded = { ...old, anchorsPEM: old.anchorsPEM + other.anchorsPEM, issuer: { ...old.issuer, anchors } };
  harness.registry.set(aResolvedTrustDomain(), { loaded });
}

/** The passwords that are read from here on; what happens before each is handed out. */
function passwordsRead(happen: () => void | Promise<void> = () => undefined): readonly Buffer[] {
  const { getPasswordSecret } = harness.api.api;
  const passwords: Buffer[] = [];
  harness.api.api.getPasswordSecret = async (namespace, name) => {
    const read = await getPasswordSecret(namespace, name);
    passwords.push(...(read?.secret.data.values() ?? []));
    await happen();
    return read;
  };
  return passwords;
}

function nobody(): never {
  throw new Error('no authority');
}

function blocked() {
  return harness.status?.conditions?.find(({ type }) => type === 'FormatBlocked');
}

function ready() {
  return harness.status?.conditions?.find(({ type }) => type === 'Ready');
}

async function expectWhole(password: string): Promise<void> {
  const keys = await opened('keystore.p12', password);
  const trust = await opened('truststore.p12', password);
  expect(keys?.privateKey).toEqual(parsePrivateKeyPEM(fileOf('tls.key') ?? Buffer.alloc(0)));
  expect(pem(keys?.certificates)).toBe(fileOf('tls.crt')?.toString());
  expect(pem(trust?.certificates)).toBe(fileOf('ca.crt')?.toString());
  expect(trust?.privateKey).toBeUndefined();
}

function pem(certificates: readonly Uint8Array[] = []): string {
  return Buffer.concat(certificates.map((der) => encodePEM('CERTIFICATE', der))).toString();
}

beforeEach(async () => {
  harness = await anIdentityHarness();
  harness.respecify({ secret: { formats } });
});

describe('with a password', () => {
  beforeEach(() => harness.api.create({ name: 'keystore-password', labels: LABELS }, passwordJSON('first')));

  it('is one read and two writes, and then nothing', async () => {
    expect(await harness.run()).toEqual(['get keystore-password', 'create checkout-svid', 'status checkout']);
    await expectWhole('first');
    expect(blocked()).toBeUndefined();
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual([]);
    harness.restart();
    expect(await harness.run()).toEqual([]);
  });

  it('keeps the password out of everything it writes but the files', async () => {
    await harness.run();
    const { meta } = harness.api.stored.get(SECRET) ?? {};
    const told = JSON.stringify([meta, harness.status, harness.memory.password('shop/checkout', undefined)]);
    expect(told).not.toContain('first');
    expect(meta?.annotations['signet.dev/password-digest']).toMatch(/^secret-1\/\d+ [0-9a-f]{32}$/);
  });

  it('writes nothing for a password Secret that was only touched', async () => {
    await harness.run();
    harness.api.edit(PASSWORD_SECRET, ({ meta, secret }) => ({
      secret,
      meta: { ...meta, labels: { ...LABELS, a: 'b' } },
    }));
    expect(await harness.run()).toEqual(['get keystore-password']);
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual([]);
  });

  it('follows a new password with a new SVID', async () => {
    await harness.run();
    const before = harness.status?.fingerprint;
    harness.api.edit(PASSWORD_SECRET, ({ meta }) => ({ meta, secret: passwordJSON('second') }));
    expect(await harness.run()).toContain('replace checkout-svid');
    expect(harness.observer.issued.mock.lastCall?.[1]).toMatchObject({ reason: 'PasswordChanged' });
    expect(harness.status?.fingerprint).not.toBe(before);
    await expectWhole('second');
    expect(await opened('keystore.p12', 'first')).toBeUndefined();
    expect(await harness.run()).toEqual([]);
  });

  it('renews with one read more than others', async () => {
    await harness.run();
    await harness.clock.advance(37 * MINUTE);
    expect(await harness.run()).toEqual(['get keystore-password', 'replace checkout-svid', 'status checkout']);
    await expectWhole('first');
  });

  it.each(['keystore.p12', 'truststore.p12'])('heals a damaged %s, and leaves a foreign write alone', async (name) => {
    await harness.run();
    harness.touch();
    expect(await harness.run()).toEqual(['get checkout-svid', 'get keystore-password']);
    harness.api.edit(SECRET, ({ meta, secret }) => ({
      meta,
      secret: { ...secret, data: { ...secret.data, [name]: 'AAAA' } },
    }));
    expect(await harness.run()).toContain('replace checkout-svid');
    await expectWhole('first');
  });

  it('writes new anchors and their trust store together', async () => {
    await harness.run();
    await addAnchor();
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual(['get keystore-password', 'patch checkout-svid', 'status checkout']);
    await expectWhole('first');
    expect((await opened('truststore.p12', 'first'))?.certificates).toHaveLength(2);
  });

  it('brings a trust store back that could not follow new anchors as soon as the password is there again', async () => {
    await harness.run();
    const { meta } = harness.api.stored.get(PASSWORD_SECRET) ?? {};
    harness.api.edit(PASSWORD_SECRET, ({ meta: was, secret }) => ({ secret, meta: { ...was, labels: {} } }));
    await addAnchor();
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toContain('patch checkout-svid');
    expect(fileOf('truststore.p12')).toBeUndefined();
    harness.api.create({ ...meta, name: 'keystore-password' }, passwordJSON('first'));
    expect(await harness.run()).toContain('replace checkout-svid');
    expect(harness.observer.issued.mock.lastCall?.[1]).toMatchObject({ reason: 'PasswordChanged' });
    await expectWhole('first');
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual([]);
  });

  it.each<[string, () => void | Promise<void>]>([
    ['the anchors change', addAnchor],
    ['the authority goes away', () => harness.registry.unload('default')],
    [
      'the Lease is lost',
      () => {
        harness.refusal = 'this replica does not hold the Lease';
      },
    ],
  ])('signs nothing where %s while the password is read, and forgets it', async (_, happen) => {
    const passwords = passwordsRead(happen);
    const signer = vi.spyOn(harness.registry.get('default')?.loaded?.issuer.signer ?? nobody(), 'sign');
    expect(await harness.failure()).toMatchObject({ code: 'ERR_NOT_SIGNING' });
    expect(signer).not.toHaveBeenCalled();
    expect(fileOf('tls.crt')).toBeUndefined();
    expect(passwords.map((password) => password.every((octet) => octet === 0))).toEqual([true]);
  });

  it('forgets the password where nothing can be minted', async () => {
    const passwords = passwordsRead();
    vi.spyOn(harness.registry.get('default')?.loaded?.issuer.signer ?? nobody(), 'sign').mockRejectedValue(
      new SignetError('ERR_NOT_SIGNING', 'no more'),
    );
    expect(await harness.failure()).toMatchObject({ message: 'no more' });
    expect(passwords.map((password) => password.every((octet) => octet === 0))).toEqual([true]);
  });

  it('writes the trust store for the anchors that the Secret gets with its peers', async () => {
    await harness.run();
    await addAnchor();
    await harness.clock.advance(MINUTE);
    await harness.run();
    harness.respecify({ secret: { formats }, mtls: { allowedClients: [] } });
    expect(await harness.run()).toContain('patch checkout-svid');
    await expectWhole('first');
  });

  it('leaves the files out once the password is gone and the Secret is written, and brings them back', async () => {
    await harness.run();
    harness.api.stored.delete(PASSWORD_SECRET);
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual(['status checkout']);
    expect(blocked()).toMatchObject({ status: 'True', reason: 'PasswordNotFound' });
    expect(ready()).toMatchObject({ status: 'True' });
    await expectWhole('first');
    await harness.clock.advance(37 * MINUTE);
    expect(await harness.run()).toContain('replace checkout-svid');
    expect([fileOf('keystore.p12'), fileOf('truststore.p12')]).toEqual([undefined, undefined]);
    expect(ready()).toMatchObject({ status: 'True' });
    harness.api.create({ name: 'keystore-password', labels: LABELS }, passwordJSON('third'));
    expect(await harness.run()).toContain('replace checkout-svid');
    await expectWhole('third');
    expect(blocked()).toBeUndefined();
  });
});

describe('without a password', () => {
  it.each<[string, Record<string, string>, SecretJSON, string, RegExp]>([
    ['that is not labelled', {}, passwordJSON('first'), 'PasswordNotFound', /label/],
    ['whose label says no', { 'signet.dev/password': 'false' }, passwordJSON('first'), 'PasswordNotFound', /label/],
    [
      'under another key',
      LABELS,
      { type: 'Opaque', data: { other: 'AAAA' } },
      'PasswordInvalid',
      /its key password is missing/,
    ],
    ['that is empty', LABELS, passwordJSON(''), 'PasswordInvalid', /is empty/],
    ['with a newline', LABELS, passwordJSON('first\n'), 'PasswordInvalid', /newline/],
    ['in other letters', LABELS, passwordJSON('größer'), 'PasswordInvalid', /ASCII/],
    ['too long', LABELS, passwordJSON('a'.repeat(257)), 'PasswordInvalid', /256/],
  ])('issues the other formats, and says why: one %s', async (_, labels, secret, reason, message) => {
    harness.api.create({ name: 'keystore-password', labels }, secret);
    await harness.run();
    expect(ready()).toMatchObject({ status: 'True', reason: 'Issued' });
    expect(blocked()).toMatchObject({ status: 'True', reason, message: expect.stringMatching(message) });
    expect(fileOf('keystore.p12')).toBeUndefined();
    await harness.clock.advance(MINUTE);
    expect(await harness.run()).toEqual([]);
    harness.restart();
    const again = await harness.run();
    expect(again.filter((call) => !call.startsWith('get'))).toEqual([]);
    expect(blocked()).toMatchObject({ reason });
    harness.api.edit(PASSWORD_SECRET, ({ meta }) => ({
      meta: { ...meta, labels: LABELS },
      secret: passwordJSON('good'),
    }));
    await harness.run();
    await expectWhole('good');
    expect(blocked()).toBeUndefined();
  });

  it('issues the other formats where there is no such Secret at all', async () => {
    await harness.run();
    expect(ready()).toMatchObject({ status: 'True', reason: 'Issued' });
    expect(blocked()).toMatchObject({ reason: 'PasswordNotFound' });
  });

  it('gets rid of the files with the format', async () => {
    harness.api.create({ name: 'keystore-password', labels: LABELS }, passwordJSON('first'));
    await harness.run();
    harness.respecify({ secret: { formats: [{ type: 'PEM' }] } });
    expect(await harness.run()).toEqual(['replace checkout-svid', 'status checkout']);
    expect(fileOf('keystore.p12')).toBeUndefined();
  });
});
