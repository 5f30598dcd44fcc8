// SPDX-License-Identifier: Apache-2.0
/**
 * The private key of an imported authority: PKCS#8 or one of the older forms that other programs still write, proven to
 * belong to the certificate.
 * @module
 */
import { isSignetError } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import { octetString, sequence, unsignedInteger } from './der.ts';
import { privateKeyMatches } from './key-pair.ts';
import { type ForeignKeyLabel, parseForeignKeyPEM, parsePrivateKeyPEM } from './pem.ts';
import { publicKeyParts } from './public-key.ts';
import { privateKeySigner, type Signer } from './signer.ts';

const FORMS: readonly ForeignKeyLabel[] = ['RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const CONVERT = 'convert it with "openssl pkey -in FILE -out tls.key"';

/** A signer over the key in `tls.key`, or what is wrong with it. The caller zeroes the Buffer. */
export function importedSigner(
  keyPEM: Buffer,
  issuer: Certificate,
): { readonly value: Signer } | { readonly problem: string } {
  if (keyPEM.includes('ENCRYPTED')) return { problem: `tls.key is encrypted; ${CONVERT}` };
  try {
    const pkcs8 = pkcs8Of(keyPEM, issuer);
    try {
      if (privateKeyMatches(pkcs8, issuer.publicKey)) return { value: privateKeySigner(pkcs8) };
      return {
        problem: 'tls.key is not the key of the first certificate of tls.crt; store the two that belong together',
      };
    } finally {
      pkcs8.fill(0);
    }
  } catch (error) {
    if (!isSignetError(error, 'ERR_PEM', 'ERR_DER', 'ERR_AUTHORITY')) throw error;
    return { problem: `tls.key holds no private key that can be read: ${error.message}; ${CONVERT}` };
  }
}

/** Throws ERR_PEM. */
function pkcs8Of(keyPEM: Buffer, issuer: Certificate): Buffer {
  const form = FORMS.find((label) => keyPEM.includes(`BEGIN ${label}`));
  if (form === undefined) return parsePrivateKeyPEM(keyPEM);
  const key = parseForeignKeyPEM(keyPEM, form);
  try {
    return wrapped(key, publicKeyParts(issuer.publicKey).identifier);
  } finally {
    key.fill(0);
  }
}

/** PKCS#8 around a key that is told to be of this algorithm; whether it is shows when it is used. */
function wrapped(key: Buffer, identifier: Uint8Array): Buffer {
  const shell = sequence(unsignedInteger(Uint8Array.of(0)), identifier, octetString(new Uint8Array(key.length)));
  // alloc, and zeros first: the writer of DER works in memory that it shares with everybody.
  const pkcs8 = Buffer.alloc(shell.length);
  pkcs8.set(shell);
  pkcs8.set(key, shell.length - key.length);
  return pkcs8;
}
