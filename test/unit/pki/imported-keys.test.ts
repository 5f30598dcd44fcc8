// SPDX-License-Identifier: Apache-2.0
/**
 * Keys and key identifiers of imported authorities: hierarchies made by @peculiar/x509 with identifiers of any length,
 * RSA keys of sizes that Signet does not make, key files of older forms.
 * @module
 */

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { type ImportedAuthority, validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { authorityID } from '../../../src/pki/key-pair.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { commonName } from '../../../src/pki/names.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { keyObjectSigner, privateKeySigner } from '../../../src/pki/signer.ts';
import { DAY } from '../../../src/time.ts';
import { craftAuthority } from '../../support/craft-certificate.ts';
import { importedIssuer } from '../../support/imported-issuer.ts';
import { peculiarAuthority, peculiarName } from '../../support/peculiar.ts';
import { anSVIDRequest, NOW, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const rootKey = await testKey('ECDSA-P256', 'foreign root');
const middleKey = await testKey('ECDSA-P384', 'foreign policy');
const issuerKey = await testKey('ECDSA-P256', 'foreign issuer');
const KEYS = [rootKey, middleKey, issuerKey];

function pem(ders: readonly Uint8Array[]): string {
  return ders.map((der) => encodePEM('CERTIFICATE', der).toString()).join('');
}

function nameOf(at: number): Uint8Array {
  return peculiarName(['O', 'Foreign'], ['CN', `authority ${at}`]);
}

/** Certificate `at` of root, policy authority and issuing authority, with a key identifier of that many octets. */
async function peculiarCertificate(at: number, keyIDLength: number): Promise<Uint8Array> {
  const above = Math.max(at - 1, 0);
  const [key = rootKey, by = rootKey] = [KEYS[at], KEYS[above]];
  const template = {
    serialNumber: Buffer.of(0x41, at),
    issuer: nameOf(above),
    issuerKeyID: Buffer.alloc(keyIDLength, above + 1),
    signatureAlgorithm: by.algorithm,
    notBefore: NOW - DAY,
    notAfter: NOW + (100 - at) * DAY,
    subject: nameOf(at),
    subjectKeyID: Buffer.alloc(keyIDLength, at + 1),
    publicKey: key.publicKey,
    spiffeID: 'spiffe://example.org',
    pathLength: at === 0 ? undefined : 2 - at,
  };
  return peculiarAuthority(template, by.privateKey);
}

async function hierarchy(keyIDLength: number): Promise<ImportedAuthority> {
  const ders = await Promise.all([2, 1, 0].map((at) => peculiarCertificate(at, keyIDLength)));
  const keyPEM = encodePEM('PRIVATE KEY', issuerKey.privateKey);
  const result = await validateImportedAuthority({ certificatePEM: pem(ders), keyPEM, trustDomain, now: NOW });
  if ('problem' in result) throw new Error(result.problem);
  return result.value;
}

describe('made by @peculiar/x509', () => {
  it.each([1, 8, 19, 20, 32, 64, 200])('its key identifier of %i octets goes into leaves verbatim', async (length) => {
    const authority = await hierarchy(length);
    expect(authority).toMatchObject({ shared: false, warnings: [] });
    const svid = await mintSVID(importedIssuer(authority, trustDomain), anSVIDRequest(), NOW);
    expect(Buffer.from(svid.certificate.authorityKeyID ?? [])).toEqual(Buffer.alloc(length, 3));
  });

  it('its issuer goes by the hash of its key', async () => {
    expect(importedIssuer(await hierarchy(20), trustDomain).id).toBe(authorityID(issuerKey.publicKey));
  });
});

/** An issuing CA over this public key, under a root. */
async function under(publicKey: Uint8Array): Promise<string> {
  const subject = commonName('Foreign Root');
  const signer = privateKeySigner(rootKey.privateKey);
  const by = { certificate: { subject, publicKey: rootKey.publicKey }, signer };
  const validity = { notBefore: NOW - DAY, notAfter: NOW + DAY };
  const root = await craftAuthority(by, { publicKey: rootKey.publicKey, subject, ...validity });
  return pem([await craftAuthority(by, { publicKey, subject: commonName('RSA'), ...validity }), root]);
}

describe('an RSA key of an unusual size', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2560 }).privateKey;
  const signer = keyObjectSigner(rsa);
  const certificatePEM = under(signer.publicKey);

  async function judged(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1'): Promise<object> {
    const keyPEM = Buffer.from(key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }));
    return validateImportedAuthority({ certificatePEM: await certificatePEM, keyPEM, trustDomain, now: NOW });
  }

  it('is known as one, and as none of ours', async () => {
    expect(signer.algorithm).toBe('RSA');
    const [text = ''] = (await certificatePEM).split('-----END');
    const der = Buffer.from(text.split('\n').slice(1).join(''), 'base64');
    expect(parseCertificate(der)).toMatchObject({ publicKeyAlgorithm: undefined, authorityKeyAlgorithm: 'RSA' });
  });

  it.each(['pkcs1', 'pkcs8'] as const)('is read from %s and taken for no other', async (type) => {
    expect(await judged(rsa, type)).toMatchObject({ value: { signer: { algorithm: 'RSA' } } });
    const other = generateKeyPairSync('rsa', { modulusLength: 2560 }).privateKey;
    expect(await judged(other, type)).toMatchObject({
      problem: expect.stringContaining('is not the key of the first'),
    });
  });

  it('is not an EC key, whatever the file says', async () => {
    const ec = createPrivateKey({ key: issuerKey.privateKey, format: 'der', type: 'pkcs8' });
    const problem = expect.stringContaining('is not the key of the first');
    expect(await judged(ec, 'sec1')).toMatchObject({ problem });
    expect(await judged(ec, 'pkcs8')).toMatchObject({ problem });
  });
});
