// SPDX-License-Identifier: Apache-2.0
/**
 * An authority and a request for benchmarks that need no cluster.
 * @module
 */
import { createIntermediate, createRoot } from '../../src/pki/authority.ts';
import { authorityID, generateKeyPair } from '../../src/pki/key-pair.ts';
import type { Issuer, SVIDRequest } from '../../src/pki/mint.ts';
import { privateKeySigner } from '../../src/pki/signer.ts';

const TRUST_DOMAIN = 'example.org';
export const REQUEST: SVIDRequest = {
  spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
  dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
  subject: 'Empty',
  algorithm: 'ECDSA-P256',
  ttl: 3_600_000,
};

export async function testIssuer(): Promise<Issuer> {
  const notBefore = Date.now() - 60_000;
  const notAfter = notBefore + 86_400_000;
  const rootKey = await generateKeyPair('ECDSA-P256');
  const rootSigner = privateKeySigner(rootKey.privateKey);
  const root = await createRoot({ trustDomain: TRUST_DOMAIN, signer: rootSigner, notBefore, notAfter });
  const { publicKey, privateKey } = await generateKeyPair('ECDSA-P256');
  const certificate = await createIntermediate({
    trustDomain: TRUST_DOMAIN,
    publicKey,
    issuer: { certificate: root, signer: rootSigner },
    notBefore,
    notAfter,
  });
  const signer = privateKeySigner(privateKey);
  const common = { certificate, signer, chain: [certificate], anchors: [root], trustDomain: TRUST_DOMAIN };
  return { id: authorityID(publicKey), ...common };
}
