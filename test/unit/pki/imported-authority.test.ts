// SPDX-License-Identifier: Apache-2.0
/**
 * What the openssl program does not make: crafted authorities with one thing out of the ordinary or wrong.
 * @module
 */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/pki/certificate.ts';
import { octetString, sequence, TRUE } from '../../../src/pki/der.ts';
import { readForeignCertificate } from '../../../src/pki/foreign-certificate.ts';
import { type ImportedAuthority, validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { commonName } from '../../../src/pki/names.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { privateKeySigner } from '../../../src/pki/signer.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import {
  authorityKeyID,
  basicConstraints,
  type Craft,
  craftAuthority,
  extension,
  flipLastBit,
  keyIdentifier,
  keyUsage,
  nameConstraints,
  pathLength,
  subjectAltName,
  uri,
} from '../../support/craft-certificate.ts';
import { importedIssuer } from '../../support/imported-issuer.ts';
import { anSVIDRequest, NOW, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const rootKey = await testKey('ECDSA-P256', 'foreign root');
const issuerKey = await testKey('ECDSA-P256', 'foreign issuer');
const ROOT_NAME = commonName('Foreign Root');
const USUAL = { notAfter: NOW + 300 * DAY, notBefore: NOW - DAY };
const rootSigner = privateKeySigner(rootKey.privateKey);
const rootIssuer = { certificate: { subject: ROOT_NAME, publicKey: rootKey.publicKey }, signer: rootSigner };

interface Parts {
  readonly issuer?: Partial<Craft>;
  readonly root?: Partial<Craft>;
}

function pem(...ders: readonly Uint8Array[]): string {
  return ders.map((der) => encodePEM('CERTIFICATE', der).toString()).join('');
}

async function judge({ issuer = {}, root = {} }: Parts, now = NOW): Promise<ImportedAuthority | string> {
  const plain = { subjectAltName: undefined, ...root.extensions };
  const rootDER = await craftAuthority(rootIssuer, {
    publicKey: rootKey.publicKey,
    subject: ROOT_NAME,
    notBefore: NOW - DAY,
    notAfter: NOW + 3000 * DAY,
    ...root,
    extensions: plain,
  });
  const issuerDER = await craftAuthority(rootIssuer, {
    publicKey: issuerKey.publicKey,
    subject: commonName('Foreign Issuer'),
    ...USUAL,
    ...issuer,
    extensions: {
      subjectAltName: undefined,
      basicConstraints: basicConstraints(true, TRUE, pathLength(0)),
      ...issuer.extensions,
    },
  });
  const keyPEM = encodePEM('PRIVATE KEY', issuerKey.privateKey);
  const result = await validateImportedAuthority({
    certificatePEM: pem(issuerDER),
    rootsPEM: Buffer.from(pem(rootDER)),
    keyPEM,
    trustDomain,
    now,
  });
  return 'problem' in result ? result.problem : result.value;
}

async function accepted(parts: Parts, now = NOW): Promise<ImportedAuthority> {
  const verdict = await judge(parts, now);
  if (typeof verdict === 'string') throw new Error(verdict);
  return verdict;
}

const spiffe = (id: string): Uint8Array => subjectAltName(false, uri(id));
const constrainedTo = (critical: boolean, ...hosts: readonly string[]): Uint8Array =>
  nameConstraints(critical, hosts.map(uri));

describe('a shared root', () => {
  it.each<[string, Parts, boolean, boolean]>([
    ['nothing said', {}, true, false],
    [
      'the issuer names the trust domain',
      { issuer: { extensions: { subjectAltName: spiffe('spiffe://example.org') } } },
      true,
      false,
    ],
    [
      'the root names the trust domain',
      { root: { extensions: { subjectAltName: spiffe('spiffe://example.org') } } },
      false,
      false,
    ],
    [
      'the root names something else',
      { root: { extensions: { subjectAltName: spiffe('https://example.org') } } },
      true,
      false,
    ],
    ['the issuer is constrained', { issuer: { extensions: { nc: constrainedTo(true, 'example.org') } } }, false, true],
    ['the root is constrained', { root: { extensions: { nc: constrainedTo(true, 'example.org') } } }, false, true],
    [
      'constrained to two trust domains',
      { issuer: { extensions: { nc: constrainedTo(true, 'example.org', 'other.org') } } },
      true,
      false,
    ],
    [
      'constrained, but not critical',
      { issuer: { extensions: { nc: constrainedTo(false, 'example.org') } } },
      true,
      false,
    ],
  ])('%s', async (_name, parts, shared, constrained) => {
    expect(await accepted(parts)).toMatchObject({ shared, constrained });
  });

  it('is known by the fingerprint that an operator acknowledges', async () => {
    const { root, rootFingerprint } = await accepted({});
    expect(rootFingerprint).toBe(fingerprint(root.der));
  });

  it('is told of where constraints do not count', async () => {
    const parts = { issuer: { extensions: { nc: constrainedTo(false, 'example.org') } } };
    expect((await accepted(parts)).warnings.join()).toContain('does not mark its name constraints critical');
  });
});

describe('the end of an authority', () => {
  it('is the first end on the way to the root, and no leaf outlives it', async () => {
    const authority = await accepted({ root: { notAfter: NOW + HOUR } });
    expect(authority.notAfter).toBe(NOW + HOUR);
    expect(authority.warnings.join()).toContain(`no certificate will outlive ${new Date(NOW + HOUR).toISOString()}`);
    const issuer = importedIssuer(authority, trustDomain);
    expect(await mintSVID(issuer, anSVIDRequest({ ttl: 2 * HOUR }), NOW)).toMatchObject({
      notAfter: NOW + HOUR,
      clamped: true,
    });
    expect(await mintSVID(issuer, anSVIDRequest({ ttl: 59 * MINUTE }), NOW)).toMatchObject({ clamped: false });
    await expect(mintSVID(issuer, anSVIDRequest(), NOW + HOUR)).rejects.toMatchObject({ code: 'ERR_ISSUANCE' });
  });

  it('is warned of 90 days ahead, or a third of a shorter life', async () => {
    const long = await accepted({});
    expect(long.notAfter - long.warnFrom).toBe(90 * DAY);
    const short = await accepted({ issuer: { notBefore: NOW - DAY, notAfter: NOW + 29 * DAY } });
    expect(short.notAfter - short.warnFrom).toBe(10 * DAY);
  });

  it.each<[string, Parts, RegExp]>([
    [
      'an expired issuer',
      { issuer: { notAfter: NOW - SECOND } },
      /^tls\.crt certificate 1 .* expired at .*; renew it/u,
    ],
    ['an expired root', { root: { notAfter: NOW - SECOND } }, /^ca\.crt certificate 1 .* expired at .*; renew it/u],
    ['an issuer of tomorrow', { issuer: { notBefore: NOW + DAY } }, /is not valid before/u],
  ])('%s', async (_name, parts, problem) => {
    expect(await judge(parts)).toMatch(problem);
  });
});

describe('refused', () => {
  it.each<[string, Parts, RegExp]>([
    [
      'no CA',
      { issuer: { extensions: { basicConstraints: basicConstraints(true) } } },
      /is not a certificate authority; have it issued again/u,
    ],
    [
      'a root that is no CA',
      { root: { extensions: { basicConstraints: basicConstraints(true) } } },
      /is not a certificate authority; a root needs/u,
    ],
    [
      'basic constraints that are not critical',
      { issuer: { extensions: { basicConstraints: basicConstraints(false, TRUE) } } },
      /basic constraints critical/u,
    ],
    ['no keyCertSign', { issuer: { extensions: { keyUsage: keyUsage(true, 1, 0x02) } } }, /no key usage keyCertSign/u],
    [
      'digitalSignature below the root',
      { issuer: { extensions: { keyUsage: keyUsage(true, 1, 0x86) } } },
      /the key usage digitalSignature/u,
    ],
    [
      'a SPIFFE ID with a path',
      { issuer: { extensions: { subjectAltName: spiffe('spiffe://example.org/ca') } } },
      /SPIFFE ID spiffe:\/\/example\.org\/ca/u,
    ],
    [
      'a root of another trust domain',
      { root: { extensions: { subjectAltName: spiffe('spiffe://other.org') } } },
      /^ca\.crt .*SPIFFE ID spiffe:\/\/other\.org/u,
    ],
    [
      'a root without room',
      { root: { extensions: { basicConstraints: basicConstraints(true, TRUE, pathLength(0)) } } },
      /^ca\.crt certificate 1 .* has the path length 0, but authorities under it: 1/u,
    ],
    [
      'no authority key identifier',
      { issuer: { extensions: { authorityKeyIdentifier: undefined } } },
      /not make a valid path.*no authority key identifier/u,
    ],
    [
      'a wrong authority key identifier',
      { issuer: { extensions: { authorityKeyIdentifier: authorityKeyID(keyIdentifier(Buffer.of(1))) } } },
      /of another key/u,
    ],
    ['a wrong signature', { issuer: { tamper: flipLastBit } }, /was not issued by the root/u],
    ['a root not signed by itself', { root: { tamper: flipLastBit } }, /not signed by its own key/u],
    ['a signature of an unknown kind', { issuer: { claims: 'ECDSA-SHA512' } }, /was not issued by the root/u],
    ['another issuer', { issuer: { issuerName: commonName('Other') } }, /it names CN=Other/u],
    [
      'policy constraints',
      { issuer: { extensions: { x: extension('2.5.29.36', true, sequence()) } } },
      /2\.5\.29\.36/u,
    ],
    [
      'distribution points nobody can read',
      { issuer: { extensions: { x: extension('2.5.29.31', false, octetString()) } } },
      /second reader refuses it; have it issued again/u,
    ],
    [
      'version 1',
      { root: { version: -1, extensions: { keyUsage: undefined } } },
      /^ca\.crt certificate 1 is not strict DER/u,
    ],
  ])('%s', async (_name, parts, problem) => {
    const verdict = await judge(parts);
    expect(verdict).toMatch(problem);
    expect(verdict).not.toContain('\n');
  });

  it.each([
    ['RSA 1024', generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ])('a key that is too weak or unknown: %s', async (_name, { publicKey }) => {
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    expect(await judge({ issuer: { publicKey: spki } })).toMatch(/has a key of an unsupported kind; use ECDSA P-256/u);
  });
});

it('a root may say more of its key than it must, and less loudly', async () => {
  await accepted({ root: { extensions: { keyUsage: keyUsage(false, 1, 0x86) } } });
  expect(await judge({ root: { extensions: { keyUsage: keyUsage(false, 7, 0x80) } } })).toMatch(/keyCertSign/u);
  expect(await judge({ root: { extensions: { keyUsage: undefined } } })).toMatch(/has no key usage/u);
});

it('names in messages stay on one line', async () => {
  const name = commonName(`evil\nname\u2028${'x'.repeat(200)}`);
  const der = await craftAuthority(rootIssuer, { publicKey: issuerKey.publicKey, subject: name, ...USUAL });
  const read = await readForeignCertificate(der);
  if ('problem' in read) throw new Error(read.problem);
  expect(read.value.subject).toMatch(/^CN=evil.{0,8}name.{80,110}\.\.\.$/u);
});
