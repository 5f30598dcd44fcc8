// SPDX-License-Identifier: Apache-2.0
/**
 * Minting: the leaf profile of design rule 2, the clock rules of rule 1, the path check of rule 3, the zeroed keys of
 * rule 10.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { privateKeyMatches } from '../../../src/pki/key-pair.ts';
import { mintSVID, requestProblem, type SVIDRequest, signLeaf } from '../../../src/pki/mint.ts';
import { encodePEM, parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { anSVIDRequest, aTestAuthority, NOW } from '../../support/test-authority.ts';

const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_ISSUANCE'));
const { issuer, intermediate, root } = await aTestAuthority();

describe('an SVID', () => {
  it.each(KEY_ALGORITHMS)('with a key %s comes with key, chain and facts that belong together', async (algorithm) => {
    const svid = await mintSVID(issuer, anSVIDRequest({ algorithm }), NOW);
    const [leaf = Buffer.of(), ...chain] = parseCertificatesPEM(svid.chainPEM);
    expect(leaf).toEqual(Buffer.from(svid.certificate.der));
    expect(chain).toEqual([Buffer.from(intermediate.der)]);
    expect(svid.certificate.publicKeyAlgorithm).toBe(algorithm);
    const key = parsePrivateKeyPEM(svid.privateKeyPEM);
    expect(privateKeyMatches(key, svid.certificate.publicKey)).toBe(true);
    const theirs = new X509Certificate(leaf);
    expect(theirs.serialNumber.toLowerCase()).toBe(svid.serialNumber);
    expect(theirs.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(svid.fingerprint);
    expect(svid).toMatchObject({ notBefore: NOW - MINUTE, notAfter: NOW + HOUR, clamped: false });
  });

  it('follows rule 2 to the octet', async () => {
    const { certificate } = await mintSVID(issuer, anSVIDRequest(), NOW);
    expect(certificate.serialNumber).toHaveLength(16);
    expect((certificate.serialNumber[0] ?? 0) >> 6).toBe(1);
    const text = Buffer.from(certificate.tbs).toString('hex');
    // keyUsage critical digitalSignature; both purposes; basicConstraints critical and empty.
    expect(text).toContain('300e0603551d0f0101ff040403020780');
    expect(text).toContain('301d0603551d250416301406082b0601050507030106082b06010505070302');
    expect(text).toContain('300c0603551d130101ff04023000');
    const keyID = Buffer.from(intermediate.subjectKeyID ?? []).toString('hex');
    expect(text).toContain(`301f0603551d23041830168014${keyID}`);
    expect(Buffer.from(certificate.issuer).equals(intermediate.subject)).toBe(true);
  });

  it('has a critical subject alternative name if, and only if, its subject is empty', async () => {
    const empty = await mintSVID(issuer, anSVIDRequest(), NOW);
    expect(empty.certificate.critical.has('subjectAltName')).toBe(true);
    const named = await mintSVID(issuer, anSVIDRequest({ subject: 'SPIFFEPath' }), NOW);
    expect(named.certificate.critical.has('subjectAltName')).toBe(false);
    expect(new X509Certificate(named.certificate.der).subject).toBe('CN=ns/shop/sa/checkout');
  });

  it('has a new key and a new serial number every time', async () => {
    const [one, two] = [await mintSVID(issuer, anSVIDRequest(), NOW), await mintSVID(issuer, anSVIDRequest(), NOW)];
    expect(one.serialNumber).not.toBe(two.serialNumber);
    expect(one.privateKeyPEM.equals(two.privateKeyPEM)).toBe(false);
  });

  it('needs no DNS names and takes wildcards one label deep', async () => {
    expect((await mintSVID(issuer, anSVIDRequest({ dnsNames: [] }), NOW)).certificate.dnsNames).toEqual([]);
    const dnsNames = ['*.checkout.shop.svc', 'a', `${'x'.repeat(63)}.svc`];
    expect((await mintSVID(issuer, anSVIDRequest({ dnsNames }), NOW)).certificate.dnsNames).toEqual(dnsNames);
  });
});

describe('rule 1: lifetimes', () => {
  it('begin a minute before the second of now, and end a ttl after it', async () => {
    const svid = await mintSVID(issuer, anSVIDRequest({ ttl: 20 * SECOND }), NOW + 999);
    expect(svid).toMatchObject({ notBefore: NOW - MINUTE, notAfter: NOW + 20 * SECOND, clamped: false });
  });

  it('never begin before the issuer', async () => {
    const young = await aTestAuthority({ notBefore: NOW - 10 * SECOND });
    const svid = await mintSVID(young.issuer, anSVIDRequest(), NOW);
    expect(svid).toMatchObject({ notBefore: NOW - 10 * SECOND, notAfter: NOW + HOUR, clamped: false });
  });

  it('never end after the issuer, and say so', async () => {
    const { notAfter } = intermediate;
    const now = notAfter - HOUR;
    expect(await mintSVID(issuer, anSVIDRequest({ ttl: HOUR }), now)).toMatchObject({ notAfter, clamped: false });
    expect(await mintSVID(issuer, anSVIDRequest({ ttl: HOUR + SECOND }), now)).toMatchObject({
      notAfter,
      clamped: true,
    });
    expect(await mintSVID(issuer, anSVIDRequest({ ttl: 900 * DAY }), now)).toMatchObject({ notAfter, clamped: true });
    expect(await mintSVID(issuer, anSVIDRequest(), notAfter - 1)).toMatchObject({ notAfter, clamped: true });
  });

  it('cross the end of 2049', async () => {
    const now = Date.parse('2049-12-31T23:30:00Z');
    const late = await aTestAuthority({ notBefore: now - DAY, notAfter: now + DAY });
    const svid = await mintSVID(late.issuer, anSVIDRequest(), now);
    expect(new X509Certificate(svid.certificate.der).validToDate.toISOString()).toBe('2050-01-01T00:30:00.000Z');
  });
});

describe('what cannot be minted is said before a key is made', () => {
  it.each<[string, Partial<SVIDRequest>, string]>([
    ['no SPIFFE ID', { spiffeID: 'https://example.org/a' }, 'does not start with "spiffe://"'],
    ['another trust domain', { spiffeID: 'spiffe://other/a' }, 'another trust domain'],
    ['no path', { spiffeID: 'spiffe://example.org' }, 'no path'],
    ['more than 2048 bytes', { spiffeID: `spiffe://example.org/${'a'.repeat(2048)}` }, '2048'],
    [
      'a subject too long',
      { subject: 'SPIFFEPath', spiffeID: `spiffe://example.org/${'a'.repeat(65)}` },
      '64 characters',
    ],
    ['a name in capitals', { dnsNames: ['Checkout.shop'] }, '"Checkout.shop" is not a lowercase DNS name'],
    ['a name that is not ASCII', { dnsNames: ['é.shop'] }, 'DNS name'],
    ['an empty name', { dnsNames: [''] }, 'DNS name'],
    ['an empty label', { dnsNames: ['a..b'] }, 'DNS name'],
    ['a trailing dot', { dnsNames: ['a.b.'] }, 'DNS name'],
    ['a hyphen at the edge', { dnsNames: ['-a.b'] }, 'DNS name'],
    ['a bare wildcard', { dnsNames: ['*'] }, 'DNS name'],
    ['a wildcard inside', { dnsNames: ['a.*.b'] }, 'DNS name'],
    ['half a wildcard', { dnsNames: ['a*.b'] }, 'DNS name'],
    ['a label of 64 characters', { dnsNames: [`${'a'.repeat(64)}.b`] }, 'DNS name'],
    ['a name of 254 characters', { dnsNames: [`${'a.'.repeat(126)}bc`] }, 'DNS name'],
    ['no lifetime', { ttl: 0 }, 'whole seconds'],
    ['a negative lifetime', { ttl: -HOUR }, 'whole seconds'],
    ['a lifetime with a fraction', { ttl: 1500 }, 'whole seconds'],
    ['a lifetime that is no number', { ttl: Number.NaN }, 'whole seconds'],
    ['an endless lifetime', { ttl: Number.POSITIVE_INFINITY }, 'whole seconds'],
  ])('%s', async (_name, changes, problem) => {
    const request = anSVIDRequest(changes);
    expect(requestProblem(issuer, request, NOW)).toContain(problem);
    await expect(mintSVID(issuer, request, NOW)).rejects.toThrow(refusal);
  });

  it('takes a subject of exactly 64 characters', async () => {
    const spiffeID = `spiffe://example.org/${'a'.repeat(64)}`;
    const svid = await mintSVID(issuer, anSVIDRequest({ subject: 'SPIFFEPath', spiffeID }), NOW);
    expect(new X509Certificate(svid.certificate.der).subject).toBe(`CN=${'a'.repeat(64)}`);
  });

  it('takes a SPIFFE ID of exactly 2048 bytes', async () => {
    const spiffeID = 'spiffe://example.org/'.padEnd(2048, 'a');
    expect((await mintSVID(issuer, anSVIDRequest({ spiffeID }), NOW)).certificate.uris).toEqual([spiffeID]);
  });

  it('an issuer that is not valid now', () => {
    expect(requestProblem(issuer, anSVIDRequest(), intermediate.notBefore - 1)).toContain('not valid yet');
    expect(requestProblem(issuer, anSVIDRequest(), intermediate.notBefore)).toBeUndefined();
    expect(requestProblem(issuer, anSVIDRequest(), intermediate.notAfter)).toContain('expired');
  });
});

describe('rule 3: what fails the path check is never handed out', () => {
  it('an issuer whose root is not published', async () => {
    const stranger = await aTestAuthority({ generation: 2 });
    await expect(mintSVID({ ...issuer, anchors: [stranger.root] }, anSVIDRequest(), NOW)).rejects.toThrow(
      /no trust anchor/u,
    );
    await expect(mintSVID({ ...issuer, anchors: [] }, anSVIDRequest(), NOW)).rejects.toThrow(refusal);
    await expect(mintSVID({ ...issuer, anchors: [stranger.root, root] }, anSVIDRequest(), NOW)).resolves.toBeDefined();
  });

  it('a chain that does not hold the issuer, a certificate of another key, an intermediate in place of a root', async () => {
    const stranger = await aTestAuthority({ generation: 2 });
    await expect(mintSVID({ ...issuer, chain: [] }, anSVIDRequest(), NOW)).rejects.toThrow(refusal);
    await expect(mintSVID({ ...issuer, signer: stranger.signer }, anSVIDRequest(), NOW)).rejects.toThrow(
      /not signed by/u,
    );
    await expect(mintSVID({ ...issuer, anchors: [intermediate] }, anSVIDRequest(), NOW)).rejects.toThrow(
      /not self-signed/u,
    );
  });
});

/** Answers, at the end, with every larger Buffer that was allocated since. */
function spyOnKeys(): () => Buffer[] {
  const made: Buffer[] = [];
  const alloc = vi.spyOn(Buffer, 'alloc');
  return () => {
    for (const { type, value } of alloc.mock.results) {
      if (type === 'return' && value instanceof Buffer && value.length > 100) made.push(value);
    }
    alloc.mockRestore();
    return made;
  };
}

describe('rule 10: the key', () => {
  it('is nowhere but in the PEM once it is handed out', async () => {
    const stop = spyOnKeys();
    const svid = await mintSVID(issuer, anSVIDRequest(), NOW);
    const key = parsePrivateKeyPEM(svid.privateKeyPEM);
    const secret = key.subarray(36, 68);
    const base64 = key.toString('base64');
    const rest = stop().filter((buffer) => buffer !== svid.privateKeyPEM && buffer !== key);
    expect(rest.length).toBeGreaterThan(2);
    for (const buffer of rest) {
      expect(buffer.includes(secret)).toBe(false);
      expect(buffer.includes(base64.slice(0, 60)) || buffer.includes(base64.slice(-60))).toBe(false);
    }
  });

  it('is zeroed when signing fails, and when the check fails', async () => {
    const header = Buffer.from('308187020100301306072a8648ce3d0201', 'hex');
    const broken = { ...issuer.signer, sign: (): Promise<Uint8Array> => Promise.reject(new Error('HSM gone')) };
    for (const failing of [
      { ...issuer, signer: broken },
      { ...issuer, anchors: [] },
    ]) {
      const stop = spyOnKeys();
      await expect(mintSVID(failing, anSVIDRequest(), NOW)).rejects.toThrow();
      const buffers = stop();
      expect(buffers.some((buffer) => buffer.length === 138)).toBe(true);
      expect(buffers.filter((buffer) => buffer.includes(header))).toEqual([]);
    }
  });

  it('passes on what the signer says', async () => {
    const signer = { ...issuer.signer, sign: (): Promise<Uint8Array> => Promise.reject(new Error('HSM gone')) };
    await expect(mintSVID({ ...issuer, signer }, anSVIDRequest(), NOW)).rejects.toThrow('HSM gone');
  });
});

it('signLeaf is the half before the check', async () => {
  const { der, key, clamped } = await signLeaf({ ...issuer, anchors: [] }, anSVIDRequest(), NOW);
  expect(clamped).toBe(false);
  expect(privateKeyMatches(key.privateKey, parseCertificate(der).publicKey)).toBe(true);
  expect(encodePEM('PRIVATE KEY', key.privateKey).toString()).toContain('BEGIN PRIVATE KEY');
});
