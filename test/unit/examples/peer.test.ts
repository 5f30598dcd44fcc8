// SPDX-License-Identifier: Apache-2.0
/** Whom the example services accept, once TLS has accepted the chain. @module */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judgePeer } from '../../../examples/node-service/peer.ts';
import {
  basicConstraints,
  craftAuthority,
  craftLeaf,
  dns,
  subjectAltName,
  uri,
} from '../../support/craft-certificate.ts';
import { aTestAuthority, testKey } from '../../support/test-authority.ts';

const OWN = 'spiffe://example.org/ns/shop/sa/checkout';
const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);

const authority = await aTestAuthority();
const issuer = { certificate: authority.intermediate, signer: authority.signer };
const { publicKey } = await testKey('ECDSA-P256', 'peer');

async function withNames(...names: readonly Uint8Array[]): Promise<X509Certificate> {
  const extensions = { subjectAltName: names.length === 0 ? undefined : subjectAltName(true, ...names) };
  return new X509Certificate(await craftLeaf(issuer, { publicKey, extensions }));
}

describe('an ID of our trust domain', () => {
  it.each([
    ['no list', undefined, true],
    ['an empty list', [], false],
    ['itself', [FRONTEND], true],
    ['another one', [OWN], false],
    ['a segment', ['spiffe://example.org/ns/web/sa/*'], true],
    ['several segments', ['spiffe://example.org/*/*/*/*'], true],
    ['a segment too few', ['spiffe://example.org/ns/web/*'], false],
    ['a segment too many', ['spiffe://example.org/ns/web/sa/frontend/*'], false],
    ['part of a segment', ['spiffe://example.org/ns/web/sa/front*'], false],
    ['a prefix', ['spiffe://example.org/ns/web/sa/front'], false],
    ['another trust domain', ['spiffe://example.net/ns/web/sa/frontend'], false],
    ['the trust domain', ['spiffe://*/ns/web/sa/frontend'], false],
    ['other capitals', ['spiffe://example.org/ns/web/sa/Frontend'], false],
  ])('against %s', async (_, allowed, welcome) => {
    const { id, problem } = judgePeer(await withNames(uri(FRONTEND)), OWN, allowed);
    expect(id).toBe(FRONTEND);
    expect(problem).toBe(welcome ? undefined : `${FRONTEND} is not allowed`);
  });
});

describe('refused whatever is allowed', () => {
  it.each([
    ['no certificate', undefined, 'no certificate'],
    ['no name at all', [], '0 URI names'],
    ['a DNS name only', [dns('frontend.web')], '0 URI names'],
    ['two IDs', [uri(FRONTEND), uri(OWN)], '2 URI names'],
    ['the same ID twice', [uri(FRONTEND), uri(FRONTEND)], '2 URI names'],
    ['an ID hidden in a DNS name', [dns(`a, URI:${FRONTEND}`)], 'unusual characters'],
    ['an ID followed by a hidden one', [uri(OWN), dns(`a, URI:${FRONTEND}`)], 'unusual characters'],
    ['another scheme', [uri('https://example.org/ns/web/sa/frontend')], 'not the SPIFFE ID of a workload'],
    ['the trust domain itself', [uri('spiffe://example.org')], 'not the SPIFFE ID of a workload'],
    ['another trust domain', [uri('spiffe://example.net/ns/web/sa/frontend')], 'another trust domain'],
  ])('%s', async (_, names, problem) => {
    const certificate = names === undefined ? undefined : await withNames(...names);
    expect(judgePeer(certificate, OWN, undefined).problem).toContain(problem);
  });

  it('an authority, even with the ID of a workload', async () => {
    const extensions = {
      basicConstraints: basicConstraints(true, TRUE),
      subjectAltName: subjectAltName(false, uri(FRONTEND)),
    };
    const certificate = new X509Certificate(await craftAuthority(issuer, { publicKey, extensions }));
    expect(judgePeer(certificate, OWN, undefined).problem).toContain('authority');
  });
});
