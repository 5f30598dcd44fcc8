// SPDX-License-Identifier: Apache-2.0
/**
 * Public keys as JSON Web Keys, for bundle documents.
 * @module
 */
import { createPublicKey, type webcrypto } from 'node:crypto';
import { SignetError } from '../errors.ts';
import type { PublicKeyJWK } from '../spiffe/bundle.ts';

/** The key members of a SubjectPublicKeyInfo. Throws ERR_DER for a key that no JWK stands for. */
export function publicKeyJWK(spki: Uint8Array): PublicKeyJWK {
  const { kty, crv, x, y, n, e } = exported(spki);
  if (kty === 'EC' && crv !== undefined && x !== undefined && y !== undefined) return { kty, crv, x, y };
  if (kty === 'OKP' && crv !== undefined && x !== undefined) return { kty, crv, x };
  if (kty === 'RSA' && n !== undefined && e !== undefined) return { kty, n, e };
  throw new SignetError('ERR_DER', `a key of type ${kty} has no place in a bundle; use EC, Ed25519 or RSA`);
}

function exported(spki: Uint8Array): webcrypto.JsonWebKey {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  } catch (cause) {
    throw new SignetError('ERR_DER', 'a public key cannot be written as a JSON Web Key', { cause });
  }
}
