// SPDX-License-Identifier: Apache-2.0
/**
 * Builds authorities the way the controller does and mints from them, for the judges to look at.
 * @module
 */
import { createIntermediate, createRoot, type RootAuthority } from '../../../src/pki/authority.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';
import { type Issuer, mintSVID, type SVIDRequest } from '../../../src/pki/mint.ts';
import { parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { privateKeySigner, type Signer } from '../../../src/pki/signer.ts';
import type { KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { DAY, HOUR, type Instant } from '../../../src/time.ts';
import type { Exhibit } from './judges.ts';

export const ALGORITHMS: readonly KeyAlgorithm[] = ['ECDSA-P256', 'ECDSA-P384', 'Ed25519', 'RSA-2048', 'RSA-3072'];

export const NOW: Instant = Date.UTC(2026, 6, 1, 12);

interface AuthorityOptions {
  readonly trustDomain?: string;
  readonly root?: KeyAlgorithm;
  readonly intermediate?: KeyAlgorithm;
  readonly notBefore?: Instant;
  readonly rootEnds?: Instant;
  readonly intermediateEnds?: Instant;
}

/** A root and an intermediate under it, ready to mint. */
export async function anAuthority(options: AuthorityOptions = {}): Promise<{ root: RootAuthority; issuer: Issuer }> {
  const { trustDomain = 'example.org', notBefore = NOW - DAY, rootEnds = NOW + 365 * DAY } = options;
  const root = await aRoot({ trustDomain, algorithm: options.root ?? 'ECDSA-P256', notBefore, notAfter: rootEnds });
  const issuer = await anIssuer(root, { ...options, trustDomain, notBefore });
  return { root, issuer };
}

interface RootOptions {
  readonly trustDomain: string;
  readonly algorithm: KeyAlgorithm;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export async function aRoot({ algorithm, ...request }: RootOptions): Promise<RootAuthority> {
  const signer = await aSigner(algorithm);
  return { signer, certificate: await createRoot({ ...request, signer }) };
}

/** A new intermediate under the root. */
export async function anIssuer(root: RootAuthority, options: AuthorityOptions): Promise<Issuer> {
  const { trustDomain = 'example.org', notBefore = NOW - DAY } = options;
  const notAfter = options.intermediateEnds ?? Math.min(NOW + 90 * DAY, root.certificate.notAfter);
  const signer = await aSigner(options.intermediate ?? 'ECDSA-P256');
  const request = { trustDomain, publicKey: signer.publicKey, issuer: root, notBefore, notAfter };
  const certificate = await createIntermediate(request);
  return { id: 'test', certificate, signer, chain: [certificate], anchors: [root.certificate], trustDomain };
}

interface Ring {
  readonly signers: Signer[];
  handedOut: number;
}

const RINGS = new Map<KeyAlgorithm, Ring>();
const RING_SIZE = 3;

/** A signer; RSA keys come round again after three, because making them is most of the time of the whole suite. */
async function aSigner(algorithm: KeyAlgorithm): Promise<Signer> {
  const ring = RINGS.get(algorithm) ?? { signers: [], handedOut: 0 };
  RINGS.set(algorithm, ring);
  const again = ring.signers[ring.handedOut++ % RING_SIZE];
  if (algorithm.startsWith('RSA') && again !== undefined) return again;
  const { privateKey } = await generateKeyPair(algorithm);
  const signer = privateKeySigner(privateKey);
  ring.signers.push(signer);
  return signer;
}

/** What the issuer mints, as a workload would read it from its Secret: from the PEM, not from the object beside it. */
export async function mint(issuer: Issuer, request: Partial<SVIDRequest> = {}, now: Instant = NOW): Promise<Exhibit> {
  const svid = await mintSVID(issuer, { ...DEFAULT_REQUEST, ...request }, now);
  const chain = parseCertificatesPEM(svid.chainPEM);
  const key = parsePrivateKeyPEM(svid.privateKeyPEM);
  return { chain, anchors: issuer.anchors.map(({ der }) => der), now, trustDomain: issuer.trustDomain, key };
}

const DEFAULT_REQUEST: SVIDRequest = {
  spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
  dnsNames: ['checkout.shop.svc'],
  subject: 'Empty',
  algorithm: 'ECDSA-P256',
  ttl: HOUR,
};
