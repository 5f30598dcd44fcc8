// SPDX-License-Identifier: Apache-2.0
/**
 * One minting measurement in a process of its own: `raw` (generateKeyPair and sign), `mint` (up to the signed leaf) or
 * `mint_verify` (with the path check and PEM), for a number of milliseconds; prints how many a second.
 * @module
 */
import { generateKeyPair as generate, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { createIntermediate, createRoot } from '../../src/pki/authority.ts';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { authorityID, generateKeyPair } from '../../src/pki/key-pair.ts';
import { type Issuer, mintSVID, signLeaf } from '../../src/pki/mint.ts';
import { privateKeySigner } from '../../src/pki/signer.ts';

const TRUST_DOMAIN = 'example.org';
const REQUEST = {
  spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
  dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
  subject: 'Empty',
  algorithm: 'ECDSA-P256',
  ttl: 3_600_000,
} as const;

const [, , kind = '', milliseconds = '1000'] = process.argv;
const work = await workOf(kind);
for (let warm = 0; warm < 500; warm += 1) await work();
const started = performance.now();
const end = started + Number(milliseconds);
let count = 0;
while (performance.now() < end) {
  await work();
  count += 1;
}
console.log((count / ((performance.now() - started) / 1000)).toFixed(1));

async function workOf(name: string): Promise<() => Promise<unknown>> {
  const issuer = await testIssuer();
  switch (name) {
    case 'raw': {
      const asynchronous = promisify(generate);
      const { privateKey } = await asynchronous('ec', { namedCurve: 'P-256' });
      const tbs = parseCertificate((await signLeaf(issuer, REQUEST, Date.now())).der).tbs;
      return async () => {
        await asynchronous('ec', { namedCurve: 'P-256' });
        return sign('sha256', tbs, privateKey);
      };
    }
    case 'mint':
      return async () => (await signLeaf(issuer, REQUEST, Date.now())).key.privateKey.fill(0);
    case 'mint_verify':
      return async () => (await mintSVID(issuer, REQUEST, Date.now())).privateKeyPEM.fill(0);
    default:
      throw new Error(`no measurement is called ${name}: raw, mint or mint_verify`);
  }
}

async function testIssuer(): Promise<Issuer> {
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
