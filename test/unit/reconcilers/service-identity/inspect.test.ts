// SPDX-License-Identifier: Apache-2.0

import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesDigest } from '../../../../src/identity/desired.ts';
import { generateKeyPair } from '../../../../src/pki/key-pair.ts';
import { encodePEM, parsePrivateKeyPEM } from '../../../../src/pki/pem.ts';
import { type InspectionContext, inspectSecret } from '../../../../src/reconcilers/service-identity/inspect.ts';
import { KEY_ALGORITHMS } from '../../../../src/spiffe/svid.ts';
import { DAY, HOUR, MINUTE } from '../../../../src/time.ts';
import { watchBuffers } from '../../../support/buffer-watch.ts';
import {
  aMintedSecret,
  anchorsPEM,
  asRead,
  fileOf,
  type MintedSecret,
  type SecretJSON,
  withFiles,
} from '../../../support/minted-secret.ts';
import { aTestAuthority, NOW, type TestAuthority } from '../../../support/test-authority.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
let minted: MintedSecret;
let renewed: MintedSecret;
let foreign: MintedSecret;

beforeAll(async () => {
  authority = await aTestAuthority();
  stranger = await aTestAuthority({ generation: 2 });
  minted = await aMintedSecret(authority, { formats: ['PEM', 'CombinedPEM'] });
  renewed = await aMintedSecret(authority, { formats: ['PEM', 'CombinedPEM'] });
  foreign = await aMintedSecret(stranger);
});

function inspect(secret: SecretJSON, changes: Partial<InspectionContext> = {}) {
  const { root } = authority;
  return inspectSecret(asRead(secret), {
    anchors: [root],
    trustDomain: 'example.org',
    formats: ['PEM'],
    now: NOW,
    ...changes,
  });
}

describe('a Secret as stored', () => {
  it('tells the facts of its SVID', () => {
    const { svid, problem, ...rest } = inspect(minted.secret);
    expect(problem).toBeUndefined();
    expect(svid).toEqual({
      spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
      dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
      subject: 'Empty',
      algorithm: 'ECDSA-P256',
      serialNumber: minted.svid.serialNumber,
      fingerprint: minted.svid.fingerprint,
      authorityID: authority.issuer.id,
      notBefore: NOW - MINUTE,
      notAfter: NOW + HOUR,
    });
    const digest = filesDigest(anchorsPEM(authority));
    expect(rest).toEqual({ type: 'kubernetes.io/tls', immutable: false, filesDigest: digest, formatsComplete: true });
  });

  it.each(KEY_ALGORITHMS)('with a key of kind %s', async (algorithm) => {
    const { secret } = await aMintedSecret(authority, { request: { algorithm } });
    expect(inspect(secret).svid?.algorithm).toBe(algorithm);
  });

  it('with a SPIFFEPath subject', async () => {
    const { secret } = await aMintedSecret(authority, { request: { subject: 'SPIFFEPath' } });
    expect(inspect(secret).svid?.subject).toBe('SPIFFEPath');
  });

  it.each([
    ['valid for a while', NOW + 30 * MINUTE],
    ['at its very end', NOW + HOUR],
    ['expired', NOW + 2 * HOUR],
    ['long expired, and its authority with it', NOW + 3000 * DAY],
    ['seen by a clock that is behind', NOW - HOUR],
  ])('is not damaged by time: %s', (_, now) => {
    const { svid, problem } = inspect(minted.secret, { now });
    expect(problem).toBeUndefined();
    expect(svid?.notAfter).toBe(NOW + HOUR);
  });

  it('says what can be seen from outside: type and immutability', () => {
    expect(inspect({ ...minted.secret, immutable: true }).immutable).toBe(true);
    expect(inspect({ ...minted.secret, type: 'Opaque' }).type).toBe('Opaque');
    expect(inspect({ ...minted.secret, type: 'x'.repeat(100_000) }).type.length).toBeLessThan(100);
    expect(inspect({}).type).toBe('');
  });
});

describe('key and chain', () => {
  const cases: readonly (readonly [string, () => SecretJSON])[] = [
    ['no data at all', () => ({ type: 'kubernetes.io/tls' })],
    ['no key', () => withFiles(minted.secret, { 'tls.key': undefined })],
    ['no chain', () => withFiles(minted.secret, { 'tls.crt': undefined })],
    ['an empty key', () => withFiles(minted.secret, { 'tls.key': '' })],
    ['an empty chain', () => withFiles(minted.secret, { 'tls.crt': '' })],
    ['garbage for a key', () => withFiles(minted.secret, { 'tls.key': 'garbage' })],
    ['garbage for a chain', () => withFiles(minted.secret, { 'tls.crt': Buffer.from([0, 255, 1]) })],
    ['garbage in PEM', () => withFiles(minted.secret, { 'tls.crt': encodePEM('CERTIFICATE', Buffer.from('garbage')) })],
    [
      'garbage in the PEM of the key',
      () => withFiles(minted.secret, { 'tls.key': encodePEM('PRIVATE KEY', Buffer.from('garbage')) }),
    ],
    ['the key of another SVID', () => withFiles(minted.secret, { 'tls.key': fileOf(renewed.secret, 'tls.key') })],
    ['the chain of another SVID', () => withFiles(minted.secret, { 'tls.crt': fileOf(renewed.secret, 'tls.crt') })],
    [
      'a leaf without its issuer',
      () => withFiles(minted.secret, { 'tls.crt': encodePEM('CERTIFICATE', minted.svid.certificate.der) }),
    ],
    [
      'an issuer without its leaf',
      () => withFiles(minted.secret, { 'tls.crt': encodePEM('CERTIFICATE', authority.intermediate.der) }),
    ],
    [
      'a chain with the root in it',
      () => withFiles(minted.secret, { 'tls.crt': fileOf(minted.secret, 'tls.crt') + anchorsPEM(authority) }),
    ],
    [
      'a chain with a stranger in it',
      () => withFiles(minted.secret, { 'tls.crt': fileOf(minted.secret, 'tls.crt') + anchorsPEM(stranger) }),
    ],
    [
      'text between the certificates',
      () => withFiles(minted.secret, { 'tls.crt': `# mine\n${fileOf(minted.secret, 'tls.crt')}` }),
    ],
    ['two keys', () => withFiles(minted.secret, { 'tls.key': fileOf(minted.secret, 'tls.key').repeat(2) })],
    ['an SVID of another authority', () => foreign.secret],
    [
      'a certificate authority for a leaf',
      () =>
        withFiles(minted.secret, {
          'tls.crt': encodePEM('CERTIFICATE', authority.intermediate.der).toString() + anchorsPEM(authority),
        }),
    ],
  ];

  it.each(cases)('hold no SVID with %s, and the rest is told all the same', (_, secret) => {
    const content = inspect(secret());
    expect(content.svid).toBeUndefined();
    expect(content.problem).toMatch(/\w/);
    expect(content.type).toBe('kubernetes.io/tls');
  });

  it('hold none with a key of another kind', async () => {
    const { privateKey } = await generateKeyPair('Ed25519');
    const secret = withFiles(minted.secret, { 'tls.key': encodePEM('PRIVATE KEY', privateKey) });
    expect(inspect(secret)).toMatchObject({ problem: expect.stringContaining('not the key of the leaf') });
  });

  it('hold none with a key that takes seconds to sign', async () => {
    const { secret } = await aMintedSecret(authority, { request: { algorithm: 'Ed25519' } });
    const key = generateKeyPairSync('slh-dsa-sha2-256s').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const { problem } = inspect(withFiles(secret, { 'tls.key': key }));
    expect(problem).toContain('not the key of the leaf');
  });

  it.each<[string, () => Record<string, string>]>([
    ['more certificates than a path has', () => ({ 'tls.crt': fileOf(minted.secret, 'tls.crt').repeat(3) })],
    ['a chain of more than 64 KiB', () => ({ 'tls.crt': fileOf(minted.secret, 'tls.crt') + '\n'.repeat(64 * 1024) })],
    ['a key of more than 8 KiB', () => ({ 'tls.key': fileOf(minted.secret, 'tls.key') + '\n'.repeat(8 * 1024) })],
  ])('are not read with %s', (_, files) => {
    const { svid, problem } = inspect(withFiles(minted.secret, files()));
    expect(svid).toBeUndefined();
    expect(problem).toContain('cannot be read');
  });

  it('hold their SVID up to those bounds', () => {
    const chain = fileOf(minted.secret, 'tls.crt');
    const padded = chain + '\n'.repeat(64 * 1024 - chain.length);
    expect(inspect(withFiles(minted.secret, { 'tls.crt': padded })).svid).toBeDefined();
  });

  it('hold none of another trust domain, or that the published anchors do not vouch for', () => {
    expect(inspect(minted.secret, { trustDomain: 'other.org' }).svid).toBeUndefined();
    expect(inspect(minted.secret, { anchors: [] }).svid).toBeUndefined();
    expect(inspect(minted.secret, { anchors: [stranger.root] }).svid).toBeUndefined();
    expect(inspect(minted.secret, { anchors: [stranger.root, authority.root] }).svid).toBeDefined();
  });

  it('never quote the key in a problem', () => {
    for (const key of ['tls.key', 'tls.crt']) {
      const problem =
        inspect(withFiles(minted.secret, { [key]: `${fileOf(minted.secret, 'tls.key')}x` })).problem ?? '';
      expect(problem).not.toMatch(/[A-Za-z0-9+/]{20}/);
    }
  });

  it('survive single flipped bits anywhere in the chain as a problem, never as another SVID', () => {
    const chain = Buffer.from(fileOf(minted.secret, 'tls.crt'));
    for (let at = 0; at < chain.length; at += 23) {
      const tampered = Buffer.from(chain);
      tampered[at] = (tampered[at] ?? 0) ^ 1;
      const { svid } = inspect(withFiles(minted.secret, { 'tls.crt': tampered }));
      if (svid !== undefined) expect(svid.fingerprint).toBe(minted.svid.fingerprint);
    }
  });
});

describe('the files beside', () => {
  it.each([
    ['ca.crt with a stranger', () => ({ 'ca.crt': anchorsPEM(authority) + anchorsPEM(stranger) })],
    ['ca.crt replaced', () => ({ 'ca.crt': anchorsPEM(stranger) })],
    ['ca.crt with one more newline', () => ({ 'ca.crt': `${anchorsPEM(authority)}\n` })],
    ['no ca.crt', () => ({ 'ca.crt': undefined })],
    ['peers nobody asked for', () => ({ 'allowed-clients': '' })],
  ])('change the digest: %s', (_, files) => {
    const content = inspect(withFiles(minted.secret, files()));
    expect(content.filesDigest).not.toBe(inspect(minted.secret).filesDigest);
    expect(content.svid).toBeDefined();
  });

  it('are told apart from each other', () => {
    const one = inspect(withFiles(minted.secret, { 'allowed-clients': 'a\n', 'allowed-servers': 'b\n' }));
    const two = inspect(withFiles(minted.secret, { 'allowed-clients': 'b\n', 'allowed-servers': 'a\n' }));
    expect(one.filesDigest).toBe(filesDigest(anchorsPEM(authority), 'a\n', 'b\n'));
    expect(two.filesDigest).not.toBe(one.filesDigest);
  });
});

describe('CombinedPEM', () => {
  const formats = ['PEM', 'CombinedPEM'] as const;

  it('is complete when it holds key and chain', () => {
    expect(inspect(minted.secret, { formats }).formatsComplete).toBe(true);
  });

  it.each([
    ['missing', () => ({ 'tls-combined.pem': undefined })],
    ['edited', () => ({ 'tls-combined.pem': `${fileOf(minted.secret, 'tls-combined.pem')}\n` })],
    ['of another SVID', () => ({ 'tls-combined.pem': fileOf(renewed.secret, 'tls-combined.pem') })],
    [
      'the other way round',
      () => ({ 'tls-combined.pem': fileOf(minted.secret, 'tls.crt') + fileOf(minted.secret, 'tls.key') }),
    ],
  ])('is not when it is %s', (_, files) => {
    const secret = withFiles(minted.secret, files());
    expect(inspect(secret, { formats }).formatsComplete).toBe(false);
    expect(inspect(secret).formatsComplete).toBe(true);
  });
});

describe('key bytes', () => {
  it.each<[string, () => SecretJSON]>([
    ['a good Secret', () => minted.secret],
    ['a key that does not match', () => withFiles(minted.secret, { 'tls.crt': fileOf(renewed.secret, 'tls.crt') })],
    ['a chain that cannot be read', () => withFiles(minted.secret, { 'tls.crt': 'garbage' })],
    [
      'a chain that is not valid',
      () => withFiles(minted.secret, { 'tls.crt': fileOf(minted.secret, 'tls.crt') + anchorsPEM(stranger) }),
    ],
  ])('are in no Buffer any more after %s', (_, make) => {
    const secret = make();
    const pem = Buffer.from(fileOf(secret, 'tls.key'));
    const der = parsePrivateKeyPEM(pem);
    const watch = watchBuffers();
    try {
      inspect(secret, { formats: ['PEM', 'CombinedPEM'] });
      expect(watch.count).toBeGreaterThan(3);
      expect(watch.holding(der.subarray(40, 64))).toBe(0);
      expect(watch.holding(pem.subarray(60, 92))).toBe(0);
    } finally {
      watch.stop();
    }
  });
});
