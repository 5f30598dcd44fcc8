// SPDX-License-Identifier: Apache-2.0
/**
 * The path check on whole chains: order, cross-certificates, and what is remembered between two checks.
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createCrossCertificate } from '../../../src/pki/authority.ts';
import type { Certificate } from '../../../src/pki/certificate.ts';
import { octetString, TRUE } from '../../../src/pki/der.ts';
import { authorityPathProblem, pathProblem } from '../../../src/pki/path.ts';
import { verifiedSignatures } from '../../../src/pki/signatures.ts';
import { DAY, MINUTE, SECOND } from '../../../src/time.ts';
import {
  basicConstraints,
  craftedAuthority,
  craftedLeaf,
  extension,
  flipLastBit,
  keyUsage,
  pathLength,
} from '../../support/craft-certificate.ts';
import { aPathFixture } from '../../support/path-fixture.ts';
import { aTestAuthority, NOW, type TestAuthority, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const { authority, check, issuer, leafKey, rootIssuer } = await aPathFixture();
const otherKey = (await testKey('ECDSA-P256', 'other')).publicKey;

describe('the chain', () => {
  it('is not empty, and no longer than five certificates', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    expect(check([])).toBe('the chain is empty');
    expect(authorityPathProblem({ chain: [], anchors: [], trustDomain, now: NOW })).toBe('the chain is empty');
    const six = [leaf, ...Array.from({ length: 5 }, () => authority.intermediate)];
    expect(check(six)).toBe('the chain has more than 5 certificates');
  });

  it('X-17: is in order, complete, and holds nothing else', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const stranger = await aTestAuthority({ generation: 2 });
    expect(check([leaf])).toContain('no trust anchor');
    expect(check([leaf, stranger.intermediate, authority.intermediate])).toContain('names another issuer');
    expect(check([leaf, authority.intermediate, stranger.intermediate])).toContain('goes on after');
    expect(check([leaf, authority.intermediate, authority.intermediate])).toContain('goes on after');
  });

  it('holds no root', async () => {
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    expect(check([leaf, authority.intermediate, authority.root])).toContain('goes on after');
  });
});

describe('the cross-certificate: leaf, I2, R2 signed by R1', () => {
  let old: TestAuthority;
  let next: TestAuthority;
  let cross: Certificate;
  let chain: Certificate[];

  beforeAll(async () => {
    old = authority;
    next = await aTestAuthority({ generation: 2 });
    cross = await crossCertificate(NOW + 5 * DAY);
    const nextIssuer = { certificate: next.intermediate, signer: next.signer };
    chain = [await craftedLeaf(nextIssuer, { publicKey: leafKey }), next.intermediate, cross];
  });

  function crossCertificate(notAfter: number): Promise<Certificate> {
    const issuer = { certificate: old.root, signer: old.rootSigner };
    return createCrossCertificate({ trustDomain, root: next.root, issuer, notBefore: NOW - MINUTE, notAfter });
  }

  it('is accepted by the old root, the new root, and both in either order', () => {
    expect(check(chain, [old.root])).toBeUndefined();
    expect(check(chain, [next.root])).toBeUndefined();
    expect(check(chain, [old.root, next.root])).toBeUndefined();
    expect(check(chain, [next.root, old.root])).toBeUndefined();
  });

  it('is needed by the old root only', () => {
    const short = chain.slice(0, 2);
    expect(check(short, [next.root])).toBeUndefined();
    expect(check(short, [old.root])).toContain('no trust anchor');
  });

  it('does no harm when it has expired, once the new root is an anchor', () => {
    const later = cross.notAfter + SECOND;
    const [, intermediate = cross] = chain;
    const input = { chain: [intermediate, cross], trustDomain, now: later };
    expect(authorityPathProblem({ ...input, anchors: [next.root] })).toBeUndefined();
    expect(authorityPathProblem({ ...input, anchors: [old.root, next.root] })).toBeUndefined();
    expect(authorityPathProblem({ ...input, anchors: [old.root] })).toContain('expired');
  });

  it('is refused below a root with path length 1', async () => {
    const limited = await craftedAuthority(
      { certificate: old.root, signer: old.rootSigner },
      {
        publicKey: old.root.publicKey,
        subject: old.root.subject,
        notAfter: NOW + 9 * DAY,
        extensions: { basicConstraints: basicConstraints(true, TRUE, pathLength(1)) },
      },
    );
    expect(check(chain, [limited])).toContain('path length 1');
    expect(check(chain, [limited, next.root])).toBeUndefined();
  });

  it('is last, alone, and of the anchor’s own key', async () => {
    const [leaf = cross, intermediate = cross] = chain;
    expect(check([...chain, cross], [next.root])).toContain('goes on after');
    expect(check([leaf, cross, intermediate], [next.root])).toContain('names another issuer');
    const impostor = await craftedAuthority(
      { certificate: old.root, signer: old.rootSigner },
      { publicKey: otherKey, subject: next.root.subject, notAfter: NOW + DAY },
    );
    expect(check([leaf, intermediate, impostor], [next.root])).toContain('goes on after');
  });

  it('is of the profile itself', async () => {
    const [leaf = cross, intermediate = cross] = chain;
    const { publicKey, subject } = next.root;
    const by = { certificate: old.root, signer: old.rootSigner };
    const bad = await craftedAuthority(by, { publicKey, subject, extensions: { keyUsage: keyUsage(true, 1, 2) } });
    expect(check([leaf, intermediate, bad], [next.root])).toContain('the cross-certificate');
    const subjectKeyIdentifier = extension('2.5.29.14', false, octetString(Buffer.of(1)));
    const loose = await craftedAuthority(by, { publicKey, subject, extensions: { subjectKeyIdentifier } });
    expect(check([leaf, intermediate, loose], [next.root])).toContain('the cross-certificate');
  });
});

describe('remembered signatures', () => {
  it('save the checks above the leaf and never those of leaves', async () => {
    const verified = verifiedSignatures();
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const input = { chain: [leaf, authority.intermediate], anchors: [authority.root], trustDomain, now: NOW };
    expect(pathProblem(input, verified)).toBeUndefined();
    expect(verified.good.get(authority.root)?.has(authority.intermediate)).toBe(true);
    expect(verified.good.get(authority.root)?.has(authority.root)).toBe(true);
    expect(verified.good.get(authority.intermediate)).toBeUndefined();
    expect(pathProblem(input, verified)).toBeUndefined();
  });

  it('vouch for one certificate, not for its name, key or time', async () => {
    const verified = verifiedSignatures();
    const leaf = await craftedLeaf(issuer, { publicKey: leafKey });
    const input = { chain: [leaf, authority.intermediate], anchors: [authority.root], trustDomain, now: NOW };
    expect(pathProblem(input, verified)).toBeUndefined();
    const forged = await craftedAuthority(rootIssuer, {
      publicKey: authority.intermediate.publicKey,
      subject: authority.intermediate.subject,
      notAfter: NOW + DAY,
      tamper: flipLastBit,
    });
    expect(pathProblem({ ...input, chain: [leaf, forged] }, verified)).toContain('not signed by');
    expect(pathProblem({ ...input, now: authority.root.notAfter + 1 }, verified)).toContain('expired');
    expect(pathProblem(input, verified)).toBeUndefined();
  });
});
