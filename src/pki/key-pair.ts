// SPDX-License-Identifier: Apache-2.0
/**
 * Makes key pairs as DER. The private half lives in a Buffer of its own that whoever holds it fills with zeros;
 * no private key is ever a string or a KeyObject here.
 * @module
 */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generateKeyPairCallback,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SignetError } from '../errors.ts';
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import { type AuthorityKeyAlgorithm, digestOf, KEY_IDENTIFIERS, signatureAlgorithmOf } from './algorithms.ts';
import { bitString, contextConstructed, element, octetString, sequence, TAG, unsignedInteger } from './der.ts';
import { cursorOver, enter, smallInteger, whole } from './der-reader.ts';
import { authorityKeyAlgorithm, MAX_RSA_BITS, MIN_RSA_BITS, publicKeyParts } from './public-key.ts';

export interface KeyPair {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Uint8Array;
  /** PKCS#8 DER, unencrypted. The holder zeroes it. */
  readonly privateKey: Buffer;
}

interface Curve {
  readonly algorithm: 'ECDSA-P256' | 'ECDSA-P384';
  readonly name: string;
  readonly size: number;
  /** The key files of the curve with zeros for the key itself. */
  readonly spki: Uint8Array;
  readonly pkcs8: Uint8Array;
}

const P256 = curve('ECDSA-P256', 'prime256v1', 32);
const P384 = curve('ECDSA-P384', 'secp384r1', 48);

function curve(algorithm: Curve['algorithm'], name: string, size: number): Curve {
  const identifier = KEY_IDENTIFIERS[algorithm];
  const point = bitString(new Uint8Array(1 + 2 * size));
  const ecPrivateKey = sequence(
    unsignedInteger(Uint8Array.of(1)),
    octetString(new Uint8Array(size)),
    element(contextConstructed(1), point),
  );
  const pkcs8 = sequence(unsignedInteger(Uint8Array.of(0)), identifier, octetString(ecPrivateKey));
  return { algorithm, name, size, spki: sequence(identifier, point), pkcs8 };
}

/**
 * A fresh key pair. EC keys are made at once from raw ECDH octets, three times as fast as a KeyObject and its export;
 * the other kinds on the thread pool, because an RSA key takes a tenth of a second and more.
 */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  switch (algorithm) {
    case 'ECDSA-P256':
      return ecKeyPair(P256);
    case 'ECDSA-P384':
      return ecKeyPair(P384);
    case 'Ed25519':
      return encodedKeyPair(algorithm, await generateEd25519());
    case 'RSA-2048':
      return encodedKeyPair(algorithm, await generateRSA(2048));
    case 'RSA-3072':
      return encodedKeyPair(algorithm, await generateRSA(3072));
    default:
      throw new SignetError('ERR_INVARIANT', `unknown key algorithm ${String(algorithm satisfies never)}`);
  }
}

function ecKeyPair({ algorithm, name, size, spki, pkcs8 }: Curve): KeyPair {
  const ecdh = createECDH(name);
  const point = ecdh.generateKeys();
  const secret = ecdh.getPrivateKey();
  const publicKey = new Uint8Array(spki);
  publicKey.set(point, publicKey.length - point.length);
  // alloc, not from: a Buffer out of the shared pool would lie beside other people's bytes.
  const privateKey = Buffer.alloc(pkcs8.length);
  privateKey.set(pkcs8);
  privateKey.set(point, privateKey.length - point.length);
  // The secret ends before [1] { BIT STRING { 0, point } }: five octets. It comes without leading zeros, one time in 256.
  privateKey.set(secret, privateKey.length - point.length - 5 - secret.length);
  secret.fill(0);
  if (secret.length > size) throw new SignetError('ERR_INVARIANT', 'an EC private key is longer than its curve');
  return { algorithm, publicKey, privateKey };
}

interface EncodedKeyPair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

const generate = promisify(generateKeyPairCallback);
const ENCODINGS = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

function generateEd25519(): Promise<EncodedKeyPair> {
  return generate('ed25519', ENCODINGS);
}

function generateRSA(modulusLength: number): Promise<EncodedKeyPair> {
  return generate('rsa', { modulusLength, publicExponent: 0x10001, ...ENCODINGS });
}

function encodedKeyPair(algorithm: KeyAlgorithm, pair: EncodedKeyPair): KeyPair {
  return { algorithm, publicKey: new Uint8Array(pair.publicKey), privateKey: pair.privateKey };
}

/** Key identifier of a public key: SHA-256 over its BIT STRING, cut to 20 octets (RFC 7093 2, method 1). */
export function subjectKeyID(spki: Uint8Array): Uint8Array {
  return hash('sha256', publicKeyParts(spki).key, 'buffer').subarray(0, 20);
}

/** Name of an authority: lowercase hexadecimal of the first 16 octets of SHA-256 over its public key (SPKI DER). */
export function authorityID(spki: Uint8Array): string {
  return hash('sha256', spki, 'hex').slice(0, 32);
}

const PROBE = Buffer.from('Signet asks a key whether it belongs to this public key');

/** Octets of PKCS#8; the largest key of ours, RSA-3072, has about 1800, an authority's RSA-8192 about 4700. */
const MAX_PKCS8_SIZE = 2048;
const MAX_AUTHORITY_PKCS8_SIZE = 5120;

/**
 * Whether the private key (PKCS#8 DER) belongs to the public key (SPKI DER), proven by a signature: a key file can
 * name a public key that is not its own. False as well for keys nobody can read and for algorithms we do not speak.
 *
 * The key may be hostile, and some kinds compute for seconds when they are loaded or sign, so it has to be of the kind
 * of the public key before it is loaded, and of its size before it signs.
 */
export function privateKeyMatches(pkcs8: Buffer, spki: Uint8Array): boolean {
  try {
    const algorithm = authorityKeyAlgorithm(spki);
    if (algorithm === undefined) return false;
    if (pkcs8.length > (algorithm === 'RSA' ? MAX_AUTHORITY_PKCS8_SIZE : MAX_PKCS8_SIZE)) return false;
    if (Buffer.compare(privateKeyIdentifier(pkcs8), publicKeyParts(spki).identifier) !== 0) return false;
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    if (!isOfKind(key, algorithm)) return false;
    const digest = digestOf(signatureAlgorithmOf(algorithm));
    const signature = sign(digest, PROBE, key);
    return verify(digest, PROBE, createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), signature);
  } catch {
    // An unreadable key is an answer, not a failure: it does not match.
    return false;
  }
}

/** The AlgorithmIdentifier DER of a PKCS#8 key (RFC 5958 2). Throws ERR_DER. */
function privateKeyIdentifier(pkcs8: Buffer): Uint8Array {
  const inner = enter(cursorOver(pkcs8), TAG.SEQUENCE);
  smallInteger(inner);
  return whole(inner, TAG.SEQUENCE);
}

/** What the key inside really is: the AlgorithmIdentifier says nothing of RSA sizes, and an EC key may contradict it. */
function isOfKind(key: KeyObject, algorithm: AuthorityKeyAlgorithm): boolean {
  switch (algorithm) {
    case 'ECDSA-P256':
      return isOnCurve(key, P256);
    case 'ECDSA-P384':
      return isOnCurve(key, P384);
    case 'Ed25519':
      return key.asymmetricKeyType === 'ed25519';
    case 'RSA-2048':
      return isRSA(key, 2048, 2048);
    case 'RSA-3072':
      return isRSA(key, 3072, 3072);
    case 'RSA':
      return isRSA(key, MIN_RSA_BITS, MAX_RSA_BITS);
    default:
      return algorithm satisfies never;
  }
}

function isOnCurve({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, { name }: Curve): boolean {
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === name;
}

function isRSA({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject, least: number, most: number): boolean {
  const { modulusLength = 0, publicExponent } = asymmetricKeyDetails;
  return asymmetricKeyType === 'rsa' && modulusLength >= least && modulusLength <= most && publicExponent === 65537n;
}
