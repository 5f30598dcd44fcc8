// SPDX-License-Identifier: Apache-2.0
/**
 * The path check on intermediates, path lengths and anchors, each rule broken on purpose in a chain that is otherwise
 * sound and properly signed.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { createIntermediate } from '../../../src/pki/authority.ts';
import type { Certificate } from '../../../src/pki/certificate.ts';
import { octetString, TRUE } from '../../../src/pki/der.ts';
import { commonName, emptyName } from '../../../src/pki/names.ts';
import { anchorProblem, authorityPathProblem } from '../../../src/pki/path.ts';
import { privateKeySigner } from '../../../src/pki/signer.ts';
import { DAY, SECOND } from '../../../src/time.ts';
import {
  authorityKeyID,
  basicConstraints,
  type Craft,
  craftedAuthority,
  craftedLeaf,
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
import { aTestAuthority, NOW, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const { authority, check, intermediateProblem, issuer, leafKey, rootIssuer } = await aPathFixture();

describe('X-5, X-6, X-9, X-11: what an authority must be', () => {
  it.each<[string, Partial<Craft>, string]>([
    ['X-5: no basic constraints', { extensions: { basicConstraints: undefined } }, 'is not a certificate authority'],
    ['X-5: cA false', { extensions: { basicConstraints: basicConstraints(true) } }, 'is not a certificate authority'],
    [
      'basic constraints not critical',
      { extensions: { basicConstraints: basicConstraints(false, TRUE) } },
      'constraints critical',
    ],
    ['X-5: no keyCertSign', { extensions: { keyUsage: keyUsage(true, 1, 0x02) } }, 'no key usage keyCertSign'],
    ['X-9: no key usage', { extensions: { keyUsage: undefined } }, 'has no key usage'],
    ['X-9: key usage not critical', { extensions: { keyUsage: keyUsage(false, 1, 0x06) } }, 'key usage critical'],
    ['X-11: digitalSignature', { extensions: { keyUsage: keyUsage(true, 1, 0x86) } }, 'key usage digitalSignature'],
    ['rule 2: an extended key usage', { extensions: { eku: extendedKeyUsage(SERVER_AUTH) } }, 'extended key usage'],
    [
      'X-6: a SPIFFE ID with a path',
      { extensions: { subjectAltName: subjectAltName(false, uri('spiffe://example.org/ca')) } },
      'SPIFFE ID spiffe://example.org/ca',
    ],
    [
      'X-6: a foreign SPIFFE ID',
      { extensions: { subjectAltName: subjectAltName(false, uri('spiffe://other')) } },
      'SPIFFE ID spiffe://other',
    ],
    [
      'X-6: a SPIFFE ID in capitals',
      { extensions: { subjectAltName: subjectAltName(false, uri('SPIFFE://example.org')) } },
      'SPIFFE ID SPIFFE',
    ],
    ['no subject key identifier', { extensions: { subjectKeyIdentifier: undefined } }, 'has no subject key identifier'],
  ])('%s', async (_name, changes, problem) => {
    expect(await intermediateProblem(changes)).toContain(problem);
  });

  it('X-6: no SPIFFE ID at all, or another URI, is fine', async () => {
    expect(await intermediateProblem({ extensions: { subjectAltName: undefined } })).toBeUndefined();
    const names = subjectAltName(false, uri('https://example.org'), uri('spiffe://example.org'));
    expect(await intermediateProblem({ extensions: { subjectAltName: names } })).toBeUndefined();
  });

  it('X-7: a chain that begins with an authority is no identity', () => {
    expect(check([authority.intermediate])).toBe('the leaf certificate is a certificate authority');
  });
});

describe('X-14: RFC 5280 for intermediates', () => {
  it.each<[string, Partial<Craft>, string]>([
    ['expired', { notAfter: NOW - SECOND }, 'certificate 2 of the chain expired'],
    ['not valid yet', { notBefore: NOW + SECOND }, 'certificate 2 of the chain is not valid'],
    ['a bad signature', { tamper: flipLastBit }, 'certificate 2 of the chain is not signed by'],
    [
      'an unknown critical extension',
      { extensions: { x: extension('1.2.3.4', true, octetString()) } },
      'certificate 2 of the chain has the unknown',
    ],
    ['name constraints', { extensions: { x: nameConstraints(true, [uri('other')]) } }, 'name constraints'],
    [
      'another authority key identifier',
      { extensions: { authorityKeyIdentifier: authorityKeyID(keyIdentifier(Buffer.of(1))) } },
      'of another key',
    ],
    ['another issuer', { issuerName: commonName('other') }, 'no trust anchor'],
  ])('%s', async (_name, changes, problem) => {
    expect(await intermediateProblem(changes)).toContain(problem);
  });

  it('expired under a leaf that is not', async () => {
    const intermediate = await craftedAuthority(rootIssuer, {
      publicKey: authority.intermediate.publicKey,
      subject: authority.intermediate.subject,
    });
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const problem = check([leaf, intermediate], [authority.root], intermediate.notAfter + 1);
    expect(problem).toContain('expired');
  });
});

it('an authority has a name', async () => {
  const { publicKey } = authority.intermediate;
  const nameless = await craftedAuthority(rootIssuer, { publicKey, subject: emptyName(), notAfter: NOW + DAY });
  const by = { certificate: nameless, signer: authority.signer };
  const leaf = await craftedLeaf(by, { publicKey: leafKey, subject: commonName('x') });
  expect(check([leaf, nameless])).toBe('certificate 2 of the chain has an empty subject');
});

/** A leaf under two intermediates, the upper one with the path length. */
async function twoIntermediates(limit: number | undefined): Promise<Certificate[]> {
  const middle = await testKey('ECDSA-P256', 'middle');
  const limits = limit === undefined ? [] : [pathLength(limit)];
  const upper = await craftedAuthority(rootIssuer, {
    publicKey: middle.publicKey,
    subject: commonName('upper'),
    notAfter: NOW + DAY,
    extensions: { basicConstraints: basicConstraints(true, TRUE, ...limits) },
  });
  const signer = privateKeySigner(middle.privateKey);
  const lower = await craftedAuthority(
    { certificate: upper, signer },
    { publicKey: authority.intermediate.publicKey, subject: commonName('lower'), notAfter: NOW + DAY },
  );
  const leaf = await craftedLeaf({ certificate: lower, signer: authority.signer }, { publicKey: leafKey });
  return [leaf, lower, upper];
}

describe('path length', () => {
  it('in the middle of the path', async () => {
    expect(check(await twoIntermediates(undefined))).toBeUndefined();
    expect(check(await twoIntermediates(1))).toBeUndefined();
    expect(check(await twoIntermediates(0))).toBe('the path is longer than the path length 0 of an authority allows');
  });

  it('at the anchor', async () => {
    const publicKey = authority.root.publicKey;
    const rootWith = (limit: number): Promise<Certificate> =>
      craftedAuthority(rootIssuer, {
        publicKey,
        subject: authority.root.subject,
        notAfter: NOW + DAY,
        extensions: { basicConstraints: basicConstraints(true, TRUE, pathLength(limit)) },
      });
    const two = await twoIntermediates(undefined);
    expect(check(two, [await rootWith(2)])).toBeUndefined();
    expect(check(two, [await rootWith(1)])).toContain('path length 1');
    expect(check(two, [await rootWith(0)])).toContain('path length 0');
    const one = [await craftedLeaf(issuer, { publicKey: leafKey }), authority.intermediate];
    expect(check(one, [await rootWith(1)])).toBeUndefined();
    expect(check(one, [await rootWith(0)])).toContain('path length 0');
  });

  it('a leaf may hang on the root itself', async () => {
    expect(check([await craftedLeaf(rootIssuer, { publicKey: leafKey })])).toBeUndefined();
  });

  it('counts an authority at the beginning of the path as well', async () => {
    const [, lower, upper] = await twoIntermediates(0);
    if (lower === undefined || upper === undefined) throw new Error('no chain');
    const input = { chain: [lower, upper], anchors: [authority.root], trustDomain, now: NOW };
    expect(authorityPathProblem(input)).toContain('path length 0');
  });
});

describe('rule 5: anchors are self-signed roots', () => {
  it('an intermediate is none', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    expect(check([leaf], [authority.intermediate])).toBe('the trust anchor is not self-signed');
    expect(check([leaf, authority.intermediate], [authority.intermediate])).toBe('the trust anchor is not self-signed');
  });

  it('a root under somebody else’s signature is none', async () => {
    const signer = privateKeySigner((await testKey('ECDSA-P256', 'other')).privateKey);
    const { publicKey, subject } = authority.root;
    const forged = await craftedAuthority(
      { certificate: authority.root, signer },
      { publicKey, subject, notAfter: NOW + DAY },
    );
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    expect(check([leaf, authority.intermediate], [forged])).toBe('the trust anchor is not signed by its own key');
    // Beside the true one it does no harm.
    expect(check([leaf, authority.intermediate], [forged, authority.root])).toBeUndefined();
  });

  it('an expired root, a root of another trust domain, a root that is no authority', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const { publicKey, subject } = authority.root;
    const root = (changes: Partial<Craft>): Promise<Certificate> =>
      craftedAuthority(rootIssuer, { publicKey, subject, notAfter: NOW + 9 * DAY, ...changes });
    const chain = [leaf, authority.intermediate];
    expect(check(chain, [await root({})])).toBeUndefined();
    expect(check(chain, [await root({ notAfter: NOW - SECOND })])).toContain('the trust anchor expired');
    expect(check(chain, [await root({ extensions: { keyUsage: keyUsage(true, 1, 2) } })])).toContain(
      'the trust anchor has no key usage keyCertSign',
    );
    const foreign = subjectAltName(false, uri('spiffe://other'));
    expect(check(chain, [await root({ extensions: { subjectAltName: foreign } })])).toContain(
      'the trust anchor has the SPIFFE ID',
    );
    const wrong = authorityKeyID(keyIdentifier(Buffer.of(1)));
    expect(check(chain, [await root({ extensions: { authorityKeyIdentifier: wrong } })])).toContain(
      'the trust anchor has an authority key',
    );
  });

  it('without any there is no path', async () => {
    const chain = [await craftedLeaf(issuer, { publicKey: leafKey }), authority.intermediate];
    expect(check(chain, [])).toBe('no trust anchor has issued a certificate of the chain');
    const stranger = await aTestAuthority({ generation: 2 });
    expect(check(chain, [stranger.root])).toBe('no trust anchor has issued a certificate of the chain');
  });

  it('anchorProblem judges one by itself', () => {
    expect(anchorProblem(authority.root, trustDomain, NOW)).toBeUndefined();
    expect(anchorProblem(authority.root, 'other', NOW)).toContain('SPIFFE ID');
    expect(anchorProblem(authority.intermediate, trustDomain, NOW)).toContain('not self-signed');
  });
});

it('an intermediate made for us is an authority path, a leaf is none', async () => {
  const { publicKey } = await testKey('ECDSA-P256', 'middle');
  const under = { certificate: authority.root, signer: authority.rootSigner };
  const made = await createIntermediate({ trustDomain, publicKey, issuer: under, notBefore: NOW, notAfter: NOW + DAY });
  const input = { anchors: [authority.root], trustDomain, now: NOW };
  expect(authorityPathProblem({ ...input, chain: [made] })).toBeUndefined();
  const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
  expect(authorityPathProblem({ ...input, chain: [leaf, authority.intermediate] })).toContain(
    'is not a certificate authority',
  );
});
