// SPDX-License-Identifier: Apache-2.0
/**
 * The key and signature algorithms Signet speaks, and how certificates name them (RFC 5480, RFC 8410, RFC 4055).
 * @module
 */
import { NULL, objectIdentifier, sequence } from './der.ts';

/** Algorithm and size of a key. */
export type KeyAlgorithm = 'ECDSA-P256' | 'ECDSA-P384' | 'Ed25519' | 'RSA-2048' | 'RSA-3072';

/** RSA means PKCS#1 v1.5. */
export type SignatureAlgorithm = 'ECDSA-SHA256' | 'ECDSA-SHA384' | 'Ed25519' | 'RSA-SHA256';

const SIGNATURE_ALGORITHMS: Readonly<Record<KeyAlgorithm, SignatureAlgorithm>> = {
  'ECDSA-P256': 'ECDSA-SHA256',
  'ECDSA-P384': 'ECDSA-SHA384',
  Ed25519: 'Ed25519',
  'RSA-2048': 'RSA-SHA256',
  'RSA-3072': 'RSA-SHA256',
};

/** The one signature algorithm a key of ours signs with. */
export function signatureAlgorithmOf(key: KeyAlgorithm): SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS[key];
}

/** Whether a key of this kind can have made a signature of that kind; an EC key may use either digest. */
export function canSign(key: KeyAlgorithm, signature: SignatureAlgorithm): boolean {
  return key.startsWith('ECDSA') ? signature.startsWith('ECDSA') : SIGNATURE_ALGORITHMS[key] === signature;
}

const DIGESTS: Readonly<Record<SignatureAlgorithm, 'sha256' | 'sha384' | null>> = {
  'ECDSA-SHA256': 'sha256',
  'ECDSA-SHA384': 'sha384',
  Ed25519: null,
  'RSA-SHA256': 'sha256',
};

/** The digest name `node:crypto` wants for a signature; null where the algorithm brings its own. */
export function digestOf(signature: SignatureAlgorithm): 'sha256' | 'sha384' | null {
  return DIGESTS[signature];
}

const SIGNATURE_IDENTIFIERS: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  'ECDSA-SHA256': sequence(objectIdentifier('1.2.840.10045.4.3.2')),
  'ECDSA-SHA384': sequence(objectIdentifier('1.2.840.10045.4.3.3')),
  Ed25519: sequence(objectIdentifier('1.3.101.112')),
  'RSA-SHA256': sequence(objectIdentifier('1.2.840.113549.1.1.11'), NULL),
};

/** AlgorithmIdentifier DER of a signature. */
export function signatureIdentifier(signature: SignatureAlgorithm): Uint8Array {
  return SIGNATURE_IDENTIFIERS[signature];
}

const SIGNATURES = new Map(
  Object.values(SIGNATURE_ALGORITHMS).map((name) => [Buffer.from(SIGNATURE_IDENTIFIERS[name]).toString('hex'), name]),
);

/** The signature algorithm an AlgorithmIdentifier stands for, undefined for one we do not speak. */
export function signatureAlgorithmNamed(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return SIGNATURES.get(Buffer.from(identifier).toString('hex'));
}

const EC_PUBLIC_KEY = objectIdentifier('1.2.840.10045.2.1');

/** AlgorithmIdentifier DER of the keys; RSA keys of both sizes share theirs. */
export const KEY_IDENTIFIERS: Readonly<Record<'ECDSA-P256' | 'ECDSA-P384' | 'Ed25519' | 'RSA', Uint8Array>> = {
  'ECDSA-P256': sequence(EC_PUBLIC_KEY, objectIdentifier('1.2.840.10045.3.1.7')),
  'ECDSA-P384': sequence(EC_PUBLIC_KEY, objectIdentifier('1.3.132.0.34')),
  Ed25519: sequence(objectIdentifier('1.3.101.112')),
  RSA: sequence(objectIdentifier('1.2.840.113549.1.1.1'), NULL),
};
