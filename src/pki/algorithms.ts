// SPDX-License-Identifier: Apache-2.0
/**
 * The key and signature algorithms Signet speaks, and how certificates name them (RFC 5480, RFC 8410, RFC 4055).
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import { NULL, objectIdentifier, sequence } from './der.ts';

/** The same of an authority from outside, whose RSA key may be of another size: `RSA` is any from 2048 to 8192 bits. */
export type AuthorityKeyAlgorithm = KeyAlgorithm | 'RSA';

/** RSA means PKCS#1 v1.5. */
export type SignatureAlgorithm =
  | 'ECDSA-SHA256'
  | 'ECDSA-SHA384'
  | 'ECDSA-SHA512'
  | 'Ed25519'
  | 'RSA-SHA256'
  | 'RSA-SHA384'
  | 'RSA-SHA512';

const SIGNATURE_ALGORITHMS: Readonly<Record<AuthorityKeyAlgorithm, SignatureAlgorithm>> = {
  'ECDSA-P256': 'ECDSA-SHA256',
  'ECDSA-P384': 'ECDSA-SHA384',
  Ed25519: 'Ed25519',
  'RSA-2048': 'RSA-SHA256',
  'RSA-3072': 'RSA-SHA256',
  RSA: 'RSA-SHA256',
};

/** The one signature algorithm we sign with, for each kind of key. */
export function signatureAlgorithmOf(key: AuthorityKeyAlgorithm): SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS[key];
}

/** Whether a key of this kind can have made a signature of that kind; EC and RSA keys go with every digest. */
export function canSign(key: AuthorityKeyAlgorithm, signature: SignatureAlgorithm): boolean {
  return familyOf(key) === familyOf(signature);
}

function familyOf(algorithm: AuthorityKeyAlgorithm | SignatureAlgorithm): string {
  return algorithm.split('-', 1)[0] ?? '';
}

type Digest = 'sha256' | 'sha384' | 'sha512' | null;

const DIGESTS: Readonly<Record<SignatureAlgorithm, Digest>> = {
  'ECDSA-SHA256': 'sha256',
  'ECDSA-SHA384': 'sha384',
  'ECDSA-SHA512': 'sha512',
  Ed25519: null,
  'RSA-SHA256': 'sha256',
  'RSA-SHA384': 'sha384',
  'RSA-SHA512': 'sha512',
};

/** The digest name `node:crypto` wants for a signature; null where the algorithm brings its own. */
export function digestOf(signature: SignatureAlgorithm): Digest {
  return DIGESTS[signature];
}

const SIGNATURE_IDENTIFIERS: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  'ECDSA-SHA256': sequence(objectIdentifier('1.2.840.10045.4.3.2')),
  'ECDSA-SHA384': sequence(objectIdentifier('1.2.840.10045.4.3.3')),
  'ECDSA-SHA512': sequence(objectIdentifier('1.2.840.10045.4.3.4')),
  Ed25519: sequence(objectIdentifier('1.3.101.112')),
  'RSA-SHA256': sequence(objectIdentifier('1.2.840.113549.1.1.11'), NULL),
  'RSA-SHA384': sequence(objectIdentifier('1.2.840.113549.1.1.12'), NULL),
  'RSA-SHA512': sequence(objectIdentifier('1.2.840.113549.1.1.13'), NULL),
};

/** AlgorithmIdentifier DER of a signature. */
export function signatureIdentifier(signature: SignatureAlgorithm): Uint8Array {
  return SIGNATURE_IDENTIFIERS[signature];
}

const SIGNATURES = new Map(
  (Object.keys(SIGNATURE_IDENTIFIERS) as SignatureAlgorithm[]).map((name) => [
    Buffer.from(SIGNATURE_IDENTIFIERS[name]).toString('hex'),
    name,
  ]),
);

/** The signature algorithm an AlgorithmIdentifier stands for, undefined for one we do not speak. */
export function signatureAlgorithmNamed(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return SIGNATURES.get(Buffer.from(identifier).toString('hex'));
}

const EC_PUBLIC_KEY = objectIdentifier('1.2.840.10045.2.1');

/** AlgorithmIdentifier DER of the keys; RSA keys of all sizes share theirs. */
export const KEY_IDENTIFIERS: Readonly<Record<'ECDSA-P256' | 'ECDSA-P384' | 'Ed25519' | 'RSA', Uint8Array>> = {
  'ECDSA-P256': sequence(EC_PUBLIC_KEY, objectIdentifier('1.2.840.10045.3.1.7')),
  'ECDSA-P384': sequence(EC_PUBLIC_KEY, objectIdentifier('1.3.132.0.34')),
  Ed25519: sequence(objectIdentifier('1.3.101.112')),
  RSA: sequence(objectIdentifier('1.2.840.113549.1.1.1'), NULL),
};
