// SPDX-License-Identifier: Apache-2.0
/**
 * The certificates of authorities: names, profile, validity, and what is refused.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { createCrossCertificate, createIntermediate, createRoot } from '../../../src/pki/authority.ts';
import { authorityID, subjectKeyID } from '../../../src/pki/key-pair.ts';
import { privateKeySigner, type Signer } from '../../../src/pki/signer.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { DAY, SECOND } from '../../../src/time.ts';
import { aTestAuthority, NOW, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const validity = { notBefore: NOW, notAfter: NOW + 30 * DAY };
const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_AUTHORITY'));

async function signerOf(name: string): Promise<Signer> {
  return privateKeySigner((await testKey('ECDSA-P256', name)).privateKey);
}

async function aRoot(name = 'root 1', changes = {}): ReturnType<typeof createRoot> {
  return createRoot({ trustDomain, signer: await signerOf(name), ...validity, ...changes });
}

describe('createRoot', () => {
  it.each(KEY_ALGORITHMS)('makes a self-signed root with a key %s', async (algorithm) => {
    const { privateKey, publicKey } = await testKey(algorithm, 'root 1');
    const root = await createRoot({ trustDomain, signer: privateKeySigner(privateKey), ...validity });
    const theirs = new X509Certificate(root.der);
    expect(theirs.subject).toBe(`O=Signet\nCN=root ${authorityID(publicKey)}`);
    expect(theirs.issuer).toBe(theirs.subject);
    expect(theirs.verify(theirs.publicKey)).toBe(true);
    expect(theirs.ca).toBe(true);
    expect(theirs.subjectAltName).toBe('URI:spiffe://example.org');
    expect(root.pathLength).toBeUndefined();
    expect(Buffer.from(root.subjectKeyID ?? []).equals(subjectKeyID(publicKey))).toBe(true);
    expect(Buffer.from(root.authorityKeyID ?? []).equals(subjectKeyID(publicKey))).toBe(true);
    expect(root.serialNumber).toHaveLength(16);
  });

  it('cuts times to whole seconds', async () => {
    const root = await aRoot('root 1', { notBefore: NOW + 999, notAfter: NOW + DAY + 1 });
    expect(root).toMatchObject({ notBefore: NOW, notAfter: NOW + DAY });
  });

  it.each([
    ['ends before it begins', { notAfter: NOW - SECOND }],
    ['ends as it begins', { notAfter: NOW }],
  ])('refuses a root that %s', async (_name, changes) => {
    await expect(aRoot('root 1', changes)).rejects.toThrow(refusal);
  });

  it('refuses what a broken signer made', async () => {
    const signer = {
      ...(await signerOf('root 1')),
      sign: (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(70)),
    };
    await expect(createRoot({ trustDomain, signer, ...validity })).rejects.toThrow(refusal);
  });

  it.each(['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])('may end at %s', async (end) => {
    const root = await aRoot('root 1', { notAfter: Date.parse(end) });
    expect(root.notAfter).toBe(Date.parse(end));
    expect(new X509Certificate(root.der).validToDate.getTime()).toBe(Date.parse(end));
  });
});

describe('createIntermediate', () => {
  it('makes an authority that signs leaves only, under the issuer’s very name', async () => {
    const { root, rootSigner } = await aTestAuthority();
    const { publicKey } = await testKey('Ed25519', 'middle');
    const issuer = { certificate: root, signer: rootSigner };
    const made = await createIntermediate({ trustDomain, publicKey, issuer, notBefore: NOW, notAfter: NOW + DAY });
    expect(made).toMatchObject({ ca: true, pathLength: 0, publicKeyAlgorithm: 'Ed25519', notAfter: NOW + DAY });
    expect(Buffer.from(made.issuer).equals(root.subject)).toBe(true);
    expect(Buffer.from(made.authorityKeyID ?? []).equals(root.subjectKeyID ?? Buffer.of())).toBe(true);
    expect(new X509Certificate(made.der).subject).toBe(`O=Signet\nCN=intermediate ${authorityID(publicKey)}`);
    expect(new X509Certificate(made.der).checkIssued(new X509Certificate(root.der))).toBe(true);
  });

  it('refuses one that outlives its root, is older, is of another trust domain, or is signed by another key', async () => {
    const { root, rootSigner } = await aTestAuthority();
    const { publicKey } = await testKey('Ed25519', 'middle');
    const request = { trustDomain, publicKey, issuer: { certificate: root, signer: rootSigner }, ...validity };
    await expect(createIntermediate(request)).resolves.toBeDefined();
    await expect(createIntermediate({ ...request, notAfter: root.notAfter })).resolves.toBeDefined();
    await expect(createIntermediate({ ...request, notAfter: root.notAfter + SECOND })).rejects.toThrow(refusal);
    await expect(createIntermediate({ ...request, notBefore: root.notBefore - SECOND })).rejects.toThrow(refusal);
    await expect(createIntermediate({ ...request, trustDomain: 'other.example' })).rejects.toThrow(refusal);
    const issuer = { certificate: root, signer: await signerOf('root 2') };
    await expect(createIntermediate({ ...request, issuer })).rejects.toThrow(refusal);
  });
});

describe('createCrossCertificate', () => {
  it('puts the new root’s name and key under the old root’s signature', async () => {
    const old = await aTestAuthority();
    const next = await aTestAuthority({ generation: 2 });
    const issuer = { certificate: old.root, signer: old.rootSigner };
    const request = { trustDomain, root: next.root, issuer, ...validity };
    const cross = await createCrossCertificate(request);
    expect(cross).toMatchObject({ ca: true, pathLength: undefined });
    expect(Buffer.from(cross.subject).equals(next.root.subject)).toBe(true);
    expect(Buffer.from(cross.publicKey).equals(next.root.publicKey)).toBe(true);
    expect(Buffer.from(cross.subjectKeyID ?? []).equals(next.root.subjectKeyID ?? Buffer.of())).toBe(true);
    expect(Buffer.from(cross.issuer).equals(old.root.subject)).toBe(true);
    await expect(createCrossCertificate({ ...request, notAfter: old.root.notAfter + SECOND })).rejects.toThrow(refusal);
    await expect(createCrossCertificate({ ...request, root: old.root })).rejects.toThrow(/self-issued/u);
  });
});
