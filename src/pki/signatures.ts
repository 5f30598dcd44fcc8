// SPDX-License-Identifier: Apache-2.0
/**
 * Checks the signature of one certificate by another, and remembers what was checked: above the leaf the same few
 * certificates come back at every issuance.
 * @module
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canSign, digestOf } from './algorithms.ts';
import type { Certificate } from './certificate.ts';

/** What was already found out about certificates, by object; it lives and dies with them. */
export interface VerifiedSignatures {
  /** Issuer, then every certificate whose signature by it was found good. */
  readonly good: WeakMap<Certificate, WeakSet<Certificate>>;
  readonly keys: WeakMap<Certificate, KeyObject>;
}

/** An empty memory; keep one for each authority. */
export function verifiedSignatures(): VerifiedSignatures {
  return { good: new WeakMap(), keys: new WeakMap() };
}

/** Whether `issuer`'s key made the signature of `certificate`; a good answer is remembered in `verified`. */
export function isSignedBy(certificate: Certificate, issuer: Certificate, verified: VerifiedSignatures): boolean {
  const known = verified.good.get(issuer);
  if (known?.has(certificate)) return true;
  if (!verifySignature(certificate, issuer, verified)) return false;
  if (known === undefined) verified.good.set(issuer, new WeakSet([certificate]));
  else known.add(certificate);
  return true;
}

/** The same without a look at what was remembered, and remembering only the key: for leaves, which come once. */
export function verifySignature(certificate: Certificate, issuer: Certificate, verified: VerifiedSignatures): boolean {
  const { signatureAlgorithm } = certificate;
  if (signatureAlgorithm === undefined || issuer.authorityKeyAlgorithm === undefined) return false;
  if (!canSign(issuer.authorityKeyAlgorithm, signatureAlgorithm)) return false;
  const key = publicKeyOf(issuer, verified);
  if (key === undefined) return false;
  return verify(digestOf(signatureAlgorithm), certificate.tbs, key, certificate.signature);
}

function publicKeyOf(issuer: Certificate, verified: VerifiedSignatures): KeyObject | undefined {
  const known = verified.keys.get(issuer);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: Buffer.from(issuer.publicKey), format: 'der', type: 'spki' });
    verified.keys.set(issuer, key);
    return key;
  } catch {
    // A key OpenSSL refuses verifies nothing.
    return undefined;
  }
}
