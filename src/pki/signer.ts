// SPDX-License-Identifier: Apache-2.0
/**
 * Signs what authorities issue. The interface is asynchronous and never shows the key, so an HSM or a KMS can stand
 * behind it as well as a key in memory.
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { SignetError } from '../errors.ts';
import { type AuthorityKeyAlgorithm, digestOf, signatureAlgorithmOf } from './algorithms.ts';
import { authorityKeyAlgorithm } from './public-key.ts';

export interface Signer {
  readonly algorithm: AuthorityKeyAlgorithm;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Uint8Array;
  /** The signature value as it goes into a certificate: ECDSA as a DER sequence, the others raw. */
  sign(tbs: Uint8Array): Promise<Uint8Array>;
}

const signOnThreadPool = promisify(sign);

/** A signer over a private key in this process. Throws ERR_AUTHORITY for a key Signet cannot sign with. */
export function keyObjectSigner(key: KeyObject): Signer {
  if (key.type !== 'private') throw new SignetError('ERR_AUTHORITY', 'a signer needs a private key');
  const publicKey = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const algorithm = authorityKeyAlgorithm(publicKey);
  if (algorithm === undefined) {
    const kind = key.asymmetricKeyType ?? 'unknown';
    throw new SignetError('ERR_AUTHORITY', `an authority cannot sign with this kind of key (${kind})`);
  }
  const digest = digestOf(signatureAlgorithmOf(algorithm));
  // An RSA signature takes long enough to hold up the event loop; the others take less than the way to a thread.
  const run = algorithm.startsWith('RSA')
    ? (tbs: Uint8Array): Promise<Buffer> => signOnThreadPool(digest, tbs, key)
    : async (tbs: Uint8Array): Promise<Buffer> => sign(digest, tbs, key);
  return { algorithm, publicKey, sign: run };
}

/** A signer over a PKCS#8 DER key; the caller still zeroes the Buffer. Throws ERR_AUTHORITY for an unusable key. */
export function privateKeySigner(pkcs8: Buffer): Signer {
  return keyObjectSigner(readPrivateKey(pkcs8));
}

function readPrivateKey(pkcs8: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch {
    // OpenSSL's own text is left out: it says nothing useful and must never quote a key.
    throw new SignetError('ERR_AUTHORITY', 'the private key of the authority is not readable PKCS#8');
  }
}
