// SPDX-License-Identifier: Apache-2.0
/**
 * What is read out of a certificate, and the malformed ones that are refused.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { signatureIdentifier } from '../../../src/pki/algorithms.ts';
import {
  type Certificate,
  fingerprint,
  hasEmptySubject,
  isSelfIssued,
  parseCertificate,
  serialNumberHex,
} from '../../../src/pki/certificate.ts';
import {
  contextConstructed,
  contextPrimitive,
  element,
  objectIdentifier,
  octetString,
  sequence,
  TRUE,
} from '../../../src/pki/der.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { commonName } from '../../../src/pki/names.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import {
  authorityKeyID,
  basicConstraints,
  type Craft,
  type CraftIssuer,
  craftedAuthority,
  craftedLeaf,
  dns,
  extendedKeyUsage,
  extension,
  keyIdentifier,
  keyUsage,
  pathLength,
  subjectAltName,
  uri,
} from '../../support/craft-certificate.ts';
import { anSVIDRequest, aTestAuthority, NOW, type TestAuthority, testKey } from '../../support/test-authority.ts';

const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_DER'));
let authority: TestAuthority;
let issuer: CraftIssuer;
let publicKey: Uint8Array;

beforeAll(async () => {
  authority = await aTestAuthority();
  issuer = { certificate: authority.intermediate, signer: authority.signer };
  publicKey = (await testKey('ECDSA-P256', 'leaf')).publicKey;
});

function withExtensions(extensions: NonNullable<Craft['extensions']>): Promise<Certificate> {
  return craftedLeaf(issuer, { publicKey, extensions });
}

describe('a minted leaf', () => {
  it('is read into the facts it was made of', async () => {
    const { certificate } = await mintSVID(authority.issuer, anSVIDRequest(), NOW);
    expect(certificate).toMatchObject({
      notBefore: NOW - 60_000,
      notAfter: NOW + 3_600_000,
      publicKeyAlgorithm: 'ECDSA-P256',
      signatureAlgorithm: 'ECDSA-SHA256',
      ca: false,
      pathLength: undefined,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
      uris: ['spiffe://example.org/ns/shop/sa/checkout'],
      dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
      otherNames: false,
      authorityKeyIDHasIssuer: false,
      nameConstraints: undefined,
      unknownCritical: [],
    });
    expect([...certificate.critical].sort()).toEqual(['basicConstraints', 'keyUsage', 'subjectAltName']);
    expect(hasEmptySubject(certificate)).toBe(true);
    expect(isSelfIssued(certificate)).toBe(false);
    expect(Buffer.from(certificate.authorityKeyID ?? [])).toEqual(
      Buffer.from(authority.intermediate.subjectKeyID ?? []),
    );
    expect(Buffer.from(certificate.issuer).equals(authority.intermediate.subject)).toBe(true);
  });

  it('agrees with node:crypto and openssl about serial number and fingerprint', async () => {
    const { certificate } = await mintSVID(authority.issuer, anSVIDRequest({ subject: 'SPIFFEPath' }), NOW);
    const theirs = new X509Certificate(certificate.der);
    expect(theirs.serialNumber.toLowerCase()).toBe(serialNumberHex(certificate));
    expect(theirs.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(fingerprint(certificate.der));
    expect(theirs.subject).toBe('CN=ns/shop/sa/checkout');
    expect(theirs.validFromDate.getTime()).toBe(certificate.notBefore);
    expect(theirs.validToDate.getTime()).toBe(certificate.notAfter);
    const args = ['x509', '-inform', 'DER', '-noout', '-serial'];
    const output = execFileSync('openssl', args, { input: certificate.der }).toString();
    expect(output.trim().toLowerCase()).toBe(`serial=${serialNumberHex(certificate)}`);
  });
});

describe('an authority', () => {
  it('is read into the facts it was made of', () => {
    expect(authority.root).toMatchObject({
      ca: true,
      pathLength: undefined,
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: undefined,
      uris: ['spiffe://example.org'],
      dnsNames: [],
    });
    expect(authority.intermediate.pathLength).toBe(0);
    expect(isSelfIssued(authority.root)).toBe(true);
    expect(isSelfIssued(authority.intermediate)).toBe(false);
    expect([...authority.root.critical].sort()).toEqual(['basicConstraints', 'keyUsage']);
  });

  it.each(KEY_ALGORITHMS)('with a key %s names key and signature', async (algorithm) => {
    const { root, intermediate } = await aTestAuthority({ rootAlgorithm: algorithm });
    expect(root.publicKeyAlgorithm).toBe(algorithm);
    expect(intermediate.signatureAlgorithm).toBe(root.signatureAlgorithm);
  });
});

describe('facts that Signet never writes', () => {
  it('are still read', async () => {
    const certificate = await withExtensions({
      keyUsage: keyUsage(false, 7, 0xff, 0x80),
      extendedKeyUsage: extendedKeyUsage('1.3.6.1.5.5.7.3.9', '2.5.29.37.0'),
      subjectAltName: subjectAltName(
        false,
        element(contextPrimitive(7), Uint8Array.of(127, 0, 0, 1)),
        dns('a'),
        uri('b'),
      ),
      authorityKeyIdentifier: authorityKeyID(
        keyIdentifier(Uint8Array.of(1)),
        element(contextConstructed(1), element(contextConstructed(4), commonName('x'))),
        element(contextPrimitive(2), Uint8Array.of(5)),
      ),
      nameConstraints: extension('2.5.29.30', true, sequence(element(contextConstructed(0), sequence(dns('Svc'))))),
      policies: extension('2.5.29.32', false, sequence()),
      unknown: extension('1.2.3.4', true, sequence()),
    });
    expect(certificate.keyUsage).toHaveLength(9);
    expect(certificate).toMatchObject({
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.9', '2.5.29.37.0'],
      otherNames: true,
      uris: ['b'],
      dnsNames: ['a'],
      authorityKeyIDHasIssuer: true,
      nameConstraints: { permitted: [{ kind: 'DNS', base: 'svc' }], excluded: [] },
      unknownCritical: ['1.2.3.4'],
    });
    expect(certificate.critical.has('nameConstraints')).toBe(true);
    expect(certificate.critical.has('keyUsage')).toBe(false);
  });

  it('leaves algorithms it does not speak undefined', async () => {
    const foreign = sequence(objectIdentifier('1.3.132.0.35'));
    const spki = sequence(sequence(objectIdentifier('1.2.840.10045.2.1'), foreign), element(0x03, Uint8Array.of(0, 4)));
    expect(
      (await craftedLeaf(issuer, { publicKey: spki, extensions: { subjectKeyIdentifier: undefined } }))
        .publicKeyAlgorithm,
    ).toBe(undefined);
  });
});

/** A Name with one common name of this tag and text. */
function named(tag: number, ...text: readonly number[]): Uint8Array {
  return sequence(element(0x31, sequence(objectIdentifier('2.5.4.3'), element(tag, Uint8Array.from(text)))));
}

describe('malformed certificates are refused', () => {
  const serverAuth = objectIdentifier('1.3.6.1.5.5.7.3.1');
  it.each<[string, Partial<Craft>]>([
    ['version 1', { version: -1 }],
    ['version 2', { version: 1 }],
    ['version 4', { version: 3 }],
    ['two signature algorithms', { innerAlgorithm: signatureIdentifier('Ed25519') }],
    ['an empty serial number', { serialNumber: Uint8Array.of(2, 0) }],
    ['a padded serial number', { serialNumber: Uint8Array.of(2, 2, 0, 1) }],
    ['an issuer that is no name', { issuerName: sequence(sequence()) }],
    ['an empty relative name', { subject: sequence(element(0x31)) }],
    ['a name with a bare value', { subject: sequence(element(0x31, sequence(objectIdentifier('2.5.4.3')))) }],
    ['a name that is not UTF-8', { subject: named(0x0c, 0xc3) }],
    ['a name of the tag zero', { subject: named(0, 0x61) }],
    ['a name in a kind of text long out of use', { subject: named(0x14, 0x61) }],
    ['a printable name that is not ASCII', { subject: named(0x13, 0xe9) }],
    [
      'no extensions at all',
      {
        extensions: Object.fromEntries(
          [
            'keyUsage',
            'extendedKeyUsage',
            'basicConstraints',
            'subjectKeyIdentifier',
            'authorityKeyIdentifier',
            'subjectAltName',
          ].map((name) => [name, undefined]),
        ),
      },
    ],
    ['an extension twice', { extensions: { again: keyUsage(true, 7, 0x80) } }],
    [
      'an unknown extension twice',
      { extensions: { x: extension('1.2.3', false, sequence()), y: extension('1.2.3', false, sequence()) } },
    ],
    [
      'critical written out as FALSE',
      { extensions: { x: sequence(objectIdentifier('1.2.3'), element(1, Uint8Array.of(0)), octetString()) } },
    ],
    [
      'critical as a BER TRUE',
      { extensions: { x: sequence(objectIdentifier('1.2.3'), element(1, Uint8Array.of(1)), octetString()) } },
    ],
    [
      'an extension with something after its value',
      { extensions: { x: sequence(objectIdentifier('1.2.3'), octetString(), TRUE) } },
    ],
    [
      'octets after a known extension',
      { extensions: { keyUsage: extension('2.5.29.15', true, Uint8Array.of(3, 2, 7, 0x80, 0)) } },
    ],
    [
      'cA written out as FALSE',
      { extensions: { basicConstraints: basicConstraints(true, element(1, Uint8Array.of(0))) } },
    ],
    [
      'a negative path length',
      { extensions: { basicConstraints: basicConstraints(true, TRUE, Uint8Array.of(2, 1, 0xff)) } },
    ],
    [
      'a huge path length',
      { extensions: { basicConstraints: basicConstraints(true, TRUE, Uint8Array.of(2, 4, 1, 1, 1, 1)) } },
    ],
    ['path length before cA', { extensions: { basicConstraints: basicConstraints(true, pathLength(0), TRUE) } }],
    ['a key usage without bits', { extensions: { keyUsage: keyUsage(true, 0) } }],
    ['a key usage with a tenth bit', { extensions: { keyUsage: keyUsage(true, 6, 0x80, 0x40) } }],
    ['an empty extended key usage', { extensions: { extendedKeyUsage: extendedKeyUsage() } }],
    [
      'an extended key usage that is no list',
      { extensions: { extendedKeyUsage: extension('2.5.29.37', false, serverAuth) } },
    ],
    ['an empty subject alternative name', { extensions: { subjectAltName: subjectAltName(true) } }],
    ['a name of no known kind', { extensions: { subjectAltName: subjectAltName(true, element(contextPrimitive(9))) } }],
    ['a URI that is not ASCII', { extensions: { subjectAltName: subjectAltName(true, uri('spiffe://td/é')) } }],
    [
      'an empty subject key identifier',
      { extensions: { subjectKeyIdentifier: extension('2.5.29.14', false, octetString()) } },
    ],
    ['an empty key identifier', { extensions: { authorityKeyIdentifier: authorityKeyID(keyIdentifier(Buffer.of())) } }],
    ['foreign parts in the authority key identifier', { extensions: { authorityKeyIdentifier: authorityKeyID(TRUE) } }],
  ])('%s', async (_name, changes) => {
    await expect(craftedLeaf(issuer, { publicKey, ...changes })).rejects.toThrow(refusal);
  });

  it('octets after the certificate, a certificate cut short, one that is too large', () => {
    const { der } = authority.root;
    expect(() => parseCertificate(Buffer.concat([der, Buffer.of(0)]))).toThrow(refusal);
    expect(() => parseCertificate(der.subarray(0, -1))).toThrow(refusal);
    expect(() => parseCertificate(new Uint8Array(65_537))).toThrow(refusal);
    expect(() => parseCertificate(new Uint8Array())).toThrow(refusal);
  });
});

it('keeps a copy of what it read', async () => {
  const der = Buffer.from(authority.root.der);
  const certificate = parseCertificate(der);
  der.fill(0);
  expect(certificate.der).toEqual(authority.root.der);
  expect(isSelfIssued(certificate)).toBe(true);
  expect((await craftedAuthority(issuer, { publicKey, subject: commonName('x') })).ca).toBe(true);
});
