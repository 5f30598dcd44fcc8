// SPDX-License-Identifier: Apache-2.0
/**
 * The path check on leaves: X509-SVID rules and RFC 5280, each broken on purpose in a chain that is otherwise sound and
 * properly signed.
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { contextConstructed, contextPrimitive, element, octetString, sequence, TRUE } from '../../../src/pki/der.ts';
import { commonName, emptyName } from '../../../src/pki/names.ts';
import { privateKeySigner } from '../../../src/pki/signer.ts';
import { HOUR, SECOND } from '../../../src/time.ts';
import {
  authorityKeyID,
  basicConstraints,
  CLIENT_AUTH,
  type Craft,
  craftedLeaf,
  dns,
  extendedKeyUsage,
  extension,
  flipLastBit,
  keyIdentifier,
  keyUsage,
  nameConstraints,
  pathLength,
  SERVER_AUTH,
  subjectAltName,
  uri,
} from '../../support/craft-certificate.ts';
import { aPathFixture } from '../../support/path-fixture.ts';
import { NOW, testKey } from '../../support/test-authority.ts';

const { authority, check, intermediateProblem, issuer, leafKey, leafProblem } = await aPathFixture();

it('accepts the sound chain that every test below breaks', async () => {
  expect(await leafProblem({})).toBeUndefined();
  expect(await intermediateProblem({})).toBeUndefined();
  expect(await leafProblem({ subject: commonName('ns/shop/sa/checkout') })).toBeUndefined();
});

describe('X-1, X-2, X-15: the subject alternative names of a leaf', () => {
  const id = uri('spiffe://example.org/ns/shop/sa/checkout');
  it.each<[string, Uint8Array | undefined, string]>([
    ['none', undefined, 'has 0 URI'],
    ['DNS only', subjectAltName(true, dns('a.b')), 'has 0 URI'],
    ['two SPIFFE IDs', subjectAltName(true, id, uri('spiffe://example.org/b')), 'has 2 URI'],
    ['the same twice', subjectAltName(true, id, id), 'has 2 URI'],
    ['a second URI of another scheme', subjectAltName(true, id, uri('https://example.org')), 'has 2 URI'],
    ['another scheme alone', subjectAltName(true, uri('https://example.org/a')), 'invalid SPIFFE ID'],
    ['an uppercase trust domain', subjectAltName(true, uri('spiffe://Example.org/a')), 'invalid SPIFFE ID'],
    ['a trailing slash', subjectAltName(true, uri('spiffe://example.org/a/')), 'invalid SPIFFE ID'],
    [
      'an IP address besides',
      subjectAltName(true, id, element(contextPrimitive(7), Uint8Array.of(1, 2, 3, 4))),
      'other than',
    ],
    ['an empty DNS name', subjectAltName(true, id, dns('')), 'DNS subject alternative name'],
    ['a DNS name in capitals', subjectAltName(true, id, dns('A.b')), 'DNS subject alternative name'],
    ['a DNS name with an underscore', subjectAltName(true, id, dns('a_b.c')), 'DNS subject alternative name'],
    [
      'a mail address besides',
      subjectAltName(true, id, element(contextPrimitive(1), Buffer.from('a@b'))),
      'other than',
    ],
  ])('%s', async (_name, subjectAltName, problem) => {
    expect(await leafProblem({ extensions: { subjectAltName } })).toContain(problem);
  });

  it('X-2: DNS names besides are welcome', async () => {
    const names = subjectAltName(true, dns('a.b'), id, dns('*.c.d'));
    expect(await leafProblem({ extensions: { subjectAltName: names } })).toBeUndefined();
  });

  it('X-3: the ID has a path', async () => {
    const root = subjectAltName(true, uri('spiffe://example.org'));
    expect(await leafProblem({ extensions: { subjectAltName: root } })).toContain('without a path');
  });

  it('X-4: they are critical when the subject is empty', async () => {
    const extensions = { subjectAltName: subjectAltName(false, id) };
    expect(await leafProblem({ extensions })).toContain('empty subject');
    expect(await leafProblem({ extensions, subject: commonName('x') })).toBeUndefined();
  });

  it('X-16: the ID is of the trust domain whose anchors are asked', async () => {
    const foreign = subjectAltName(true, uri('spiffe://other.example/ns/shop/sa/checkout'));
    const problem = await leafProblem({ extensions: { subjectAltName: foreign } });
    expect(problem).toBe('the leaf certificate has a SPIFFE ID of the trust domain other.example, not example.org');
  });
});

describe('X-8, X-9, X-10, X-12: what a leaf may be used for', () => {
  it.each<[string, Craft['extensions'], string]>([
    ['X-8: an authority', { basicConstraints: basicConstraints(true, TRUE) }, 'is a certificate authority'],
    ['X-8: a path length', { basicConstraints: basicConstraints(true, pathLength(0)) }, 'has a path length'],
    ['X-9: no key usage', { keyUsage: undefined }, 'has no key usage'],
    ['X-9: a key usage that is not critical', { keyUsage: keyUsage(false, 7, 0x80) }, 'key usage critical'],
    ['X-10: no digitalSignature', { keyUsage: keyUsage(true, 5, 0x20) }, 'not digitalSignature alone'],
    ['X-10: keyCertSign', { keyUsage: keyUsage(true, 2, 0x84) }, 'not digitalSignature alone'],
    ['X-10: cRLSign', { keyUsage: keyUsage(true, 1, 0x82) }, 'not digitalSignature alone'],
    ['rule 2: keyEncipherment besides', { keyUsage: keyUsage(true, 5, 0xa0) }, 'not digitalSignature alone'],
    ['rule 2: no extended key usage', { extendedKeyUsage: undefined }, 'has no extended key usage'],
    ['X-12: serverAuth alone', { extendedKeyUsage: extendedKeyUsage(SERVER_AUTH) }, 'not serverAuth and clientAuth'],
    ['X-12: clientAuth alone', { extendedKeyUsage: extendedKeyUsage(CLIENT_AUTH) }, 'not serverAuth and clientAuth'],
    ['X-12: any purpose', { extendedKeyUsage: extendedKeyUsage('2.5.29.37.0') }, 'not serverAuth and clientAuth'],
    [
      'rule 2: a third purpose',
      { extendedKeyUsage: extendedKeyUsage(SERVER_AUTH, CLIENT_AUTH, '1.2.3') },
      'not serverAuth',
    ],
    ['rule 2: one purpose twice', { extendedKeyUsage: extendedKeyUsage(SERVER_AUTH, SERVER_AUTH) }, 'not serverAuth'],
  ])('%s', async (_name, extensions = {}, problem) => {
    expect(await leafProblem({ extensions })).toContain(problem);
  });
});

describe('X-14: RFC 5280 for leaves', () => {
  it.each<[string, Partial<Craft>, string]>([
    ['expired', { notAfter: NOW - SECOND }, 'expired at'],
    ['not valid yet', { notBefore: NOW + SECOND }, 'is not valid before'],
    ['ends before it begins', { notBefore: NOW + HOUR, notAfter: NOW - HOUR }, 'expires no later than it begins'],
    ['ends as it begins', { notBefore: NOW, notAfter: NOW }, 'expires no later than it begins'],
    ['a signature of zeros', { tamper: (signature) => new Uint8Array(signature.length) }, 'not signed by'],
    ['a flipped bit', { tamper: flipLastBit }, 'not signed by'],
    ['an empty signature', { tamper: () => new Uint8Array() }, 'not signed by'],
    ['octets after the signature', { tamper: (signature) => Uint8Array.of(...signature, 0) }, 'not signed by'],
    [
      'an unknown critical extension',
      { extensions: { x: extension('1.2.3.4', true, octetString()) } },
      'extension 1.2.3.4',
    ],
    [
      'critical policy constraints',
      { extensions: { x: extension('2.5.29.36', true, sequence()) } },
      'extension 2.5.29.36',
    ],
    ['name constraints', { extensions: { x: nameConstraints(false, [uri('example.org')]) } }, 'name constraints'],
    ['serial number zero', { serialNumber: Uint8Array.of(2, 1, 0) }, 'not positive'],
    ['a negative serial number', { serialNumber: Uint8Array.of(2, 1, 0x80) }, 'not positive'],
    ['a serial number of 21 octets', { serialNumber: Uint8Array.of(2, 21, 1, ...Buffer.alloc(20)) }, 'longer than 20'],
    [
      'a critical subject key identifier',
      { extensions: { subjectKeyIdentifier: extension('2.5.29.14', true, octetString(Buffer.of(1))) } },
      'identifier critical',
    ],
    [
      'a critical authority key identifier',
      { extensions: { authorityKeyIdentifier: extension('2.5.29.35', true, sequence(keyIdentifier(Buffer.of(1)))) } },
      'identifier critical',
    ],
    [
      'no authority key identifier',
      { extensions: { authorityKeyIdentifier: undefined } },
      'no authority key identifier',
    ],
    [
      'an empty authority key identifier',
      { extensions: { authorityKeyIdentifier: authorityKeyID() } },
      'no authority key identifier',
    ],
    [
      'another authority key identifier',
      { extensions: { authorityKeyIdentifier: authorityKeyID(keyIdentifier(Buffer.of(1))) } },
      'of another key',
    ],
    ['another issuer', { issuerName: commonName('other') }, 'names another issuer'],
    ['an empty issuer', { issuerName: emptyName() }, 'self-issued'],
  ])('%s', async (_name, changes, problem) => {
    expect(await leafProblem(changes)).toContain(problem);
  });

  it('rule 2: an authority key identifier has no issuer and serial number', async () => {
    const directory = element(contextConstructed(1), element(contextConstructed(4), authority.root.subject));
    const serial = element(contextPrimitive(2), authority.intermediate.serialNumber);
    const own = keyIdentifier(authority.intermediate.subjectKeyID ?? Buffer.of());
    const extensions = { authorityKeyIdentifier: authorityKeyID(own, directory, serial) };
    expect(await leafProblem({ extensions })).toContain('with issuer and serial number');
  });

  it('unknown extensions that are not critical are no one’s concern', async () => {
    expect(await leafProblem({ extensions: { x: extension('1.2.3.4', false, octetString()) } })).toBeUndefined();
  });

  it('rule 1: a leaf neither outlives its issuer nor is older', async () => {
    const { notBefore, notAfter } = authority.intermediate;
    expect(await leafProblem({ notAfter })).toBeUndefined();
    expect(await leafProblem({ notAfter: notAfter + SECOND })).toContain('outlives its issuer');
    expect(await leafProblem({ notBefore })).toBeUndefined();
    expect(await leafProblem({ notBefore: notBefore - SECOND })).toContain('is older than its issuer');
  });

  it('is judged at the given time, both ends included', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const chain = [leaf, authority.intermediate];
    expect(check(chain, [authority.root], leaf.notBefore)).toBeUndefined();
    expect(check(chain, [authority.root], leaf.notBefore - 1)).toContain('not valid before');
    expect(check(chain, [authority.root], leaf.notAfter)).toBeUndefined();
    expect(check(chain, [authority.root], leaf.notAfter + 1)).toContain('expired');
  });

  it('keys Signet does not speak', async () => {
    const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ type: 'spki', format: 'der' });
    expect(await leafProblem({ publicKey: p521 })).toContain('public key that is unsupported');
    const subjectKeyIdentifier = extension(
      '2.5.29.14',
      false,
      octetString(authority.intermediate.subjectKeyID ?? Buffer.of()),
    );
    expect(await intermediateProblem({ publicKey: p521, extensions: { subjectKeyIdentifier } })).toContain(
      'public key that is unsupported',
    );
  });

  it('a key that is no point of its curve, in the leaf and above', async () => {
    const broken = authority.intermediate.publicKey.slice().fill(7, -64);
    const keyID = octetString(authority.intermediate.subjectKeyID ?? Buffer.of());
    const extensions = { subjectKeyIdentifier: extension('2.5.29.14', false, keyID) };
    expect(await leafProblem({ publicKey: broken })).toContain('none of its kind');
    expect(await intermediateProblem({ publicKey: broken, extensions })).toContain('none of its kind');
  });

  it('the right name over another key', async () => {
    const signer = privateKeySigner((await testKey('ECDSA-P256', 'other')).privateKey);
    const leaf = await craftedLeaf({ certificate: authority.intermediate, signer }, { publicKey: leafKey });
    expect(check([leaf, authority.intermediate])).toBe('the first certificate is not signed by the key of its issuer');
  });

  it.each(['RSA-SHA256', 'Ed25519', 'ECDSA-SHA384'] as const)(
    'a signature that is not the %s it claims to be',
    async (claims) => {
      // With the wrong name taken at its word, the signature itself would be good.
      expect(await leafProblem({ claims })).toContain('not signed by');
    },
  );

  it('a signature of another kind than the issuer’s key', async () => {
    const signer = privateKeySigner((await testKey('Ed25519', 'other')).privateKey);
    const leaf = await craftedLeaf({ certificate: authority.intermediate, signer }, { publicKey: leafKey });
    expect(check([leaf, authority.intermediate])).toContain('not signed by');
  });
});
