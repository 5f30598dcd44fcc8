// SPDX-License-Identifier: Apache-2.0
/**
 * Writes PKCS#12 files: a key store with one key and its chain, and a trust store with anchors. Salts are random, so no
 * two files are alike. What was written is read back by pkcs12-reader.ts.
 * @module
 */
import { createCipheriv, createHmac, hash, randomBytes } from 'node:crypto';
import {
  authenticatedSafe,
  type BagAttributes,
  type CertificateBag,
  certificateBags,
  type Encryption,
  encryptedContent,
  keyBag,
  pfx,
  plainContent,
} from './pkcs12-asn1.ts';
import { encryptionKey, macKeyOffLoop } from './pkcs12-keys.ts';
import { PKCS12_CIPHER, PKCS12_SALT_LENGTH } from './pkcs12-profile.ts';

/** What a key store holds. */
export interface KeyStoreEntry {
  /** PKCS#8 DER; only its ciphertext leaves this file. */
  readonly privateKey: Uint8Array;
  /** DER, leaf first, without the root. */
  readonly chain: readonly Uint8Array[];
  /** Friendly name of key and leaf. */
  readonly alias: string;
}

/** A key store under a password that `passwordProblem` accepts. */
export async function keyStore({ privateKey, chain, alias }: KeyStoreEntry, password: Uint8Array): Promise<Buffer> {
  const cipher = await cipherFor(password);
  const localKeyID = hash('sha256', chain[0] ?? new Uint8Array(), 'buffer');
  const attributes: BagAttributes = { friendlyName: alias, localKeyID };
  try {
    const bags = chain.map((certificate, i) => ({ certificate, attributes: i === 0 ? attributes : {} }));
    const key = cipher.encrypt(privateKey);
    const contents = [plainContent(keyBag(key.ciphertext, key.encryption, attributes)), encryptedBags(bags, cipher)];
    return await withMAC(contents, password);
  } finally {
    cipher.wipe();
  }
}

/** A trust store with these anchors, each under a name of its own, under such a password. */
export async function trustStore(
  anchors: readonly { readonly certificate: Uint8Array; readonly alias: string }[],
  password: Uint8Array,
): Promise<Buffer> {
  const cipher = await cipherFor(password);
  try {
    const bags = anchors.map(({ certificate, alias }) => ({
      certificate,
      attributes: { friendlyName: alias, trusted: true as const },
    }));
    return await withMAC([encryptedBags(bags, cipher)], password);
  } finally {
    cipher.wipe();
  }
}

interface Encrypted {
  readonly ciphertext: Buffer;
  readonly encryption: Encryption;
}

interface Cipher {
  encrypt(plain: Uint8Array): Encrypted;
  wipe(): void;
}

/** One derivation for all pieces of a file, each with an initialization vector of its own. */
async function cipherFor(password: Uint8Array): Promise<Cipher> {
  const salt = randomBytes(PKCS12_SALT_LENGTH);
  const key = await encryptionKey(password, salt);
  return {
    encrypt: (plain) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv(PKCS12_CIPHER, key, iv);
      return { ciphertext: Buffer.concat([cipher.update(plain), cipher.final()]), encryption: { salt, iv } };
    },
    wipe: () => key.fill(0),
  };
}

function encryptedBags(bags: readonly CertificateBag[], cipher: Cipher): Buffer {
  const { ciphertext, encryption } = cipher.encrypt(certificateBags(bags));
  return encryptedContent(ciphertext, encryption);
}

async function withMAC(contents: readonly Uint8Array[], password: Uint8Array): Promise<Buffer> {
  const safe = authenticatedSafe(contents);
  const salt = randomBytes(PKCS12_SALT_LENGTH);
  const key = await macKeyOffLoop(password, salt);
  const digest = createHmac('sha256', key).update(safe).digest();
  key.fill(0);
  return pfx(safe, { digest, salt });
}
