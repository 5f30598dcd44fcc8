// SPDX-License-Identifier: Apache-2.0
/**
 * What a SubjectPublicKeyInfo says about itself: the algorithm and the bits of the key.
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import { type AuthorityKeyAlgorithm, KEY_IDENTIFIERS } from './algorithms.ts';
import { isOnCurve } from './curve.ts';
import { TAG } from './der.ts';
import { cursorOver, enter, expectEnd, integer, whole, wholeBits } from './der-reader.ts';

interface PublicKeyParts {
  /** AlgorithmIdentifier DER. */
  readonly identifier: Uint8Array;
  /** What the BIT STRING holds. */
  readonly key: Uint8Array;
}

/** Takes a key apart. Throws ERR_DER for anything but one SubjectPublicKeyInfo. */
export function publicKeyParts(spki: Uint8Array): PublicKeyParts {
  const outer = cursorOver(spki);
  const inner = enter(outer, TAG.SEQUENCE);
  expectEnd(outer);
  const identifier = whole(inner, TAG.SEQUENCE);
  const key = wholeBits(inner);
  expectEnd(inner);
  return { identifier, key };
}

/**
 * The algorithm of a public key, undefined for one we do not speak and for a point off its curve, which is well-formed
 * and no key. Throws ERR_DER for malformed keys.
 */
export function publicKeyAlgorithm(spki: Uint8Array): KeyAlgorithm | undefined {
  const algorithm = authorityKeyAlgorithm(spki);
  return algorithm === 'RSA' ? undefined : algorithm;
}

/** The same for the keys that authorities from outside may have. */
export function authorityKeyAlgorithm(spki: Uint8Array): AuthorityKeyAlgorithm | undefined {
  const { identifier, key } = publicKeyParts(spki);
  const is = (name: keyof typeof KEY_IDENTIFIERS): boolean => Buffer.compare(identifier, KEY_IDENTIFIERS[name]) === 0;
  if (is('ECDSA-P256')) return isOnCurve(key, 'ECDSA-P256') ? 'ECDSA-P256' : undefined;
  if (is('ECDSA-P384')) return isOnCurve(key, 'ECDSA-P384') ? 'ECDSA-P384' : undefined;
  if (is('Ed25519')) return key.length === 32 ? 'Ed25519' : undefined;
  return is('RSA') ? rsaAlgorithm(key) : undefined;
}

export const MIN_RSA_BITS = 2048;
/** Go refuses to check larger ones. */
export const MAX_RSA_BITS = 8192;

/** The usual exponent only: others are legal, rare, and a way to make weak or slow keys. */
function rsaAlgorithm(key: Uint8Array): AuthorityKeyAlgorithm | undefined {
  const outer = cursorOver(key);
  const inner = enter(outer, TAG.SEQUENCE);
  expectEnd(outer);
  const modulus = integer(inner);
  const exponent = integer(inner);
  expectEnd(inner);
  if (Buffer.compare(exponent, Uint8Array.of(1, 0, 1)) !== 0) return undefined;
  // A modulus of whole octets has its highest bit set, so its INTEGER starts with a zero octet.
  if (modulus[0] !== 0) return undefined;
  const bits = (modulus.length - 1) * 8;
  if (bits === 2048) return 'RSA-2048';
  if (bits === 3072) return 'RSA-3072';
  return bits > MIN_RSA_BITS && bits <= MAX_RSA_BITS ? 'RSA' : undefined;
}
