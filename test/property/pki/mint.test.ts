// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of minting, over all key algorithms of leaf, intermediate and root, all names and all lifetimes: the SVID passes
 * our path check and node's own checks, and never outlives its issuer.
 * @module
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { type Issuer, mintSVID, type SVID, type SVIDRequest } from '../../../src/pki/mint.ts';
import { pathProblem } from '../../../src/pki/path.ts';
import { parseCertificatesPEM } from '../../../src/pki/pem.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { DAY, MINUTE, SECOND } from '../../../src/time.ts';
import { aTestAuthority, NOW } from '../../support/test-authority.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/u);
const dnsName = fc
  .tuple(fc.boolean(), fc.array(label, { minLength: 1, maxLength: 5 }))
  .map(([wildcard, labels]) => (wildcard ? '*.' : '') + labels.join('.'));
const segment = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/u).filter((text) => text !== '.' && text !== '..');
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`);
const trustDomain = fc.stringMatching(/^[a-z0-9._-]{1,60}$/u);
const issuerAlgorithm = fc.constantFrom(...KEY_ALGORITHMS);
// An RSA key pair takes a thousand times longer than the others.
const leafAlgorithm = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom<KeyAlgorithm>('ECDSA-P256', 'ECDSA-P384', 'Ed25519') },
  { weight: 1, arbitrary: fc.constantFrom<KeyAlgorithm>('RSA-2048', 'RSA-3072') },
);

const scenario = fc.record({
  trustDomain,
  path,
  dnsNames: fc.array(dnsName, { maxLength: 32 }),
  wantsSubject: fc.boolean(),
  algorithm: leafAlgorithm,
  issuerAlgorithm,
  rootAlgorithm: issuerAlgorithm,
  ttl: fc.oneof(fc.integer({ min: 1, max: 3600 }), fc.integer({ min: 1, max: 10_000_000 })).map((n) => n * SECOND),
  // How old the issuer is, how long it still lives.
  age: fc.integer({ min: 0, max: 8 * DAY }),
  left: fc.integer({ min: SECOND, max: 8 * DAY }),
  century: fc.constantFrom(NOW, Date.parse('2049-12-31T23:59:30.123Z'), Date.parse('2080-02-29T12:00:00.5Z')),
});

it('every SVID is sound, and none outlives its issuer', async () => {
  const property = fc.asyncProperty(scenario, async ({ trustDomain, path, wantsSubject, ...rest }) => {
    const now = rest.century;
    const { issuer } = await aTestAuthority({
      trustDomain,
      rootAlgorithm: rest.rootAlgorithm,
      algorithm: rest.issuerAlgorithm,
      notBefore: now - rest.age,
      notAfter: now + rest.left,
    });
    const subject = wantsSubject && path.length <= 65 ? 'SPIFFEPath' : 'Empty';
    const { dnsNames, algorithm, ttl } = rest;
    const request = { spiffeID: `spiffe://${trustDomain}${path}`, dnsNames, subject, algorithm, ttl } as const;
    if (Math.floor((now + rest.left) / SECOND) * SECOND <= now) return;
    const svid = await mintSVID(issuer, request, now);
    expectLifetime(svid, issuer, request, now);
    expectSoundToUs(svid, issuer, now);
    expectSoundToNode(svid, issuer, request);
  });
  await fc.assert(property, { numRuns: 200 });
}, 60_000);

function expectLifetime(svid: SVID, { certificate }: Issuer, { ttl }: SVIDRequest, now: number): void {
  const second = Math.floor(now / SECOND) * SECOND;
  expect(svid.notAfter).toBe(Math.min(second + ttl, certificate.notAfter));
  expect(svid.notBefore).toBe(Math.max(second - MINUTE, certificate.notBefore));
  expect(svid.clamped).toBe(svid.notAfter < second + ttl);
}

/** From the stored bytes, as everybody else will read them, and without anything remembered. */
function expectSoundToUs({ chainPEM }: SVID, { anchors, trustDomain }: Issuer, now: number): void {
  const chain = parseCertificatesPEM(chainPEM).map(parseCertificate);
  expect(pathProblem({ chain, anchors, trustDomain, now })).toBeUndefined();
}

function expectSoundToNode(svid: SVID, issuer: Issuer, request: SVIDRequest): void {
  const leaf = new X509Certificate(svid.certificate.der);
  const authority = new X509Certificate(issuer.certificate.der);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkIssued(authority)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(svid.privateKeyPEM.toString()))).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.subject ?? '').toBe(
    request.subject === 'Empty' ? '' : `CN=${request.spiffeID.split('/').slice(3).join('/')}`,
  );
  expect(leaf.serialNumber.toLowerCase()).toBe(svid.serialNumber);
  expect([leaf.validFromDate.getTime(), leaf.validToDate.getTime()]).toEqual([svid.notBefore, svid.notAfter]);
  const names = [`URI:${request.spiffeID}`, ...request.dnsNames.map((name) => `DNS:${name}`)];
  expect(leaf.subjectAltName).toBe(names.join(', '));
  for (const name of request.dnsNames) {
    const host = name.startsWith('*') ? `a${name.slice(1)}` : name;
    // Node matches no wildcard right under a top-level name.
    if (!name.startsWith('*') || name.split('.').length > 2) expect(leaf.checkHost(host)).toBeDefined();
  }
}
