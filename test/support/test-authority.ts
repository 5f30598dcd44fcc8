// SPDX-License-Identifier: Apache-2.0
/**
 * Authorities for tests, made with the real functions: a root, an intermediate under it, and the Issuer over both. Keys are
 * made once per process, because an RSA key takes longer than the test that wants it.
 * @module
 */
import { createIntermediate, createRoot } from '../../src/pki/authority.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { authorityID, generateKeyPair, type KeyPair } from '../../src/pki/key-pair.ts';
import type { Issuer, SVIDRequest } from '../../src/pki/mint.ts';
import { privateKeySigner, type Signer } from '../../src/pki/signer.ts';
import type { KeyAlgorithm } from '../../src/spiffe/svid.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/time.ts';

/** A whole second, in the middle of nowhere special. */
export const NOW: Instant = Date.UTC(2026, 5, 15, 12, 0, 0);

export interface TestAuthority {
  readonly root: Certificate;
  readonly rootSigner: Signer;
  readonly intermediate: Certificate;
  readonly signer: Signer;
  readonly issuer: Issuer;
}

export interface TestAuthorityOptions {
  readonly trustDomain?: string;
  readonly rootAlgorithm?: KeyAlgorithm;
  readonly algorithm?: KeyAlgorithm;
  readonly notBefore?: Instant;
  /** End of the intermediate; the root ends a year later. */
  readonly notAfter?: Instant;
  /** Tells authorities with the same algorithms apart. */
  readonly generation?: number;
}

const keys = new Map<string, Promise<KeyPair>>();

/** The same key pair for the same name, for as long as the process lives. Nobody zeroes it. */
export function testKey(algorithm: KeyAlgorithm, name: string): Promise<KeyPair> {
  const id = `${algorithm} ${name}`;
  const key = keys.get(id) ?? generateKeyPair(algorithm);
  keys.set(id, key);
  return key;
}

export async function aTestAuthority(options: TestAuthorityOptions = {}): Promise<TestAuthority> {
  const { trustDomain = 'example.org', rootAlgorithm = 'ECDSA-P256', algorithm = 'ECDSA-P256' } = options;
  const { notBefore = NOW - MINUTE, notAfter = NOW + 7 * DAY, generation = 1 } = options;
  const rootKey = await testKey(rootAlgorithm, `root ${generation}`);
  const key = await testKey(algorithm, `intermediate ${generation}`);
  const rootSigner = privateKeySigner(rootKey.privateKey);
  const signer = privateKeySigner(key.privateKey);
  const root = await createRoot({ trustDomain, signer: rootSigner, notBefore, notAfter: notAfter + 365 * DAY });
  const under = { certificate: root, signer: rootSigner };
  const { publicKey } = key;
  const intermediate = await createIntermediate({ trustDomain, publicKey, issuer: under, notBefore, notAfter });
  const id = authorityID(publicKey);
  const issuer = { id, certificate: intermediate, signer, chain: [intermediate], anchors: [root], trustDomain };
  return { root, rootSigner, intermediate, signer, issuer };
}

export function anSVIDRequest(changes: Partial<SVIDRequest> = {}): SVIDRequest {
  return {
    spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
    dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
    subject: 'Empty',
    algorithm: 'ECDSA-P256',
    ttl: HOUR,
    ...changes,
  };
}
