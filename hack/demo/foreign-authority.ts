// SPDX-License-Identifier: Apache-2.0
/**
 * An authority of somebody else, who issues whatever he likes: the same SPIFFE IDs as ours, soundly signed, under
 * another root.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createIntermediate, createRoot } from '../../src/pki/authority.ts';
import { generateKeyPair } from '../../src/pki/key-pair.ts';
import { type Issuer, mintSVID } from '../../src/pki/mint.ts';
import { encodePEM } from '../../src/pki/pem.ts';
import { privateKeySigner } from '../../src/pki/signer.ts';
import { HOUR, MINUTE } from '../../src/time.ts';

const LIFETIME = 24 * HOUR;

/** A new root and intermediate for the trust domain. */
export async function createAuthority(trustDomain: string): Promise<Issuer> {
  const now = Date.now();
  const validity = { trustDomain, notBefore: now - MINUTE, notAfter: now + LIFETIME };
  const [rootSigner, signer] = await Promise.all([newSigner(), newSigner()]);
  const root = await createRoot({ ...validity, signer: rootSigner });
  const issuer = { certificate: root, signer: rootSigner };
  const certificate = await createIntermediate({ ...validity, publicKey: signer.publicKey, issuer });
  return { id: 'foreign', certificate, signer, chain: [certificate], anchors: [root], trustDomain };
}

/** The root of the authority as PEM. */
export function anchorsPEM(authority: Issuer): string {
  return authority.anchors.map(({ der }) => encodePEM('CERTIFICATE', der).toString()).join('');
}

/** Writes tls.crt, tls.key and ca.crt for `spiffeID` into `directory`; ca.crt holds the anchors given. */
export async function writeIdentity(
  authority: Issuer,
  spiffeID: string,
  anchors: string,
  directory: string,
): Promise<void> {
  const request = { spiffeID, dnsNames: [], subject: 'Empty', algorithm: 'ECDSA-P256', ttl: HOUR } as const;
  const { chainPEM, privateKeyPEM } = await mintSVID(authority, request, Date.now());
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path.join(directory, 'tls.crt'), chainPEM);
  await writeFile(path.join(directory, 'tls.key'), privateKeyPEM, { mode: 0o600 });
  await writeFile(path.join(directory, 'ca.crt'), anchors);
  privateKeyPEM.fill(0);
}

async function newSigner() {
  const { privateKey } = await generateKeyPair('ECDSA-P256');
  const signer = privateKeySigner(privateKey);
  privateKey.fill(0);
  return signer;
}
