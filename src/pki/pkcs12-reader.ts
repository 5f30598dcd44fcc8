// SPDX-License-Identifier: Apache-2.0
/**
 * Reads back the PKCS#12 files that pkcs12.ts writes, and nothing else: other algorithms, other numbers of rounds and
 * other kinds of content are refused before any work is done for them, because whoever may edit a Secret chooses them.
 * @module
 */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { isSignetError } from '../errors.ts';
import { contextConstructed, contextPrimitive, objectIdentifier, TAG } from './der.ts';
import {
  atEnd,
  type Cursor,
  content,
  cursorOver,
  derError,
  enter,
  expectEnd,
  smallInteger,
  whole,
} from './der-reader.ts';
import { encryptionKey, macKeyOffLoop } from './pkcs12-keys.ts';
import {
  PKCS12_CIPHER,
  PKCS12_ITERATIONS,
  PKCS12_KEY_LENGTH,
  PKCS12_OID,
  PKCS12_SALT_LENGTH,
} from './pkcs12-profile.ts';

/** What a file of ours holds. */
export interface OpenedStore {
  /** PKCS#8 DER; the holder zeroes it. Absent in a trust store. */
  readonly privateKey: Buffer | undefined;
  /** DER, in the order of the file. */
  readonly certificates: readonly Uint8Array[];
}

const MAX_SIZE = 256 * 1024;

/** Opens a file; undefined where it is none of our profile, is damaged, or has another password. */
export async function openStore(file: Uint8Array, password: Uint8Array): Promise<OpenedStore | undefined> {
  try {
    const { safe, mac } = readPFX(file);
    const key = await macKeyOffLoop(password, mac.salt);
    const digest = createHmac('sha256', key).update(safe).digest();
    key.fill(0);
    if (!timingSafeEqual(digest, mac.digest)) return undefined;
    return await readSafe(safe, password);
  } catch (error) {
    if (isSignetError(error, 'ERR_DER')) return undefined;
    throw error;
  }
}

function readPFX(file: Uint8Array): { safe: Uint8Array; mac: { digest: Uint8Array; salt: Uint8Array } } {
  if (file.length > MAX_SIZE) throw derError('a PKCS#12 file is too large');
  const outer = cursorOver(file);
  const top = enter(outer, TAG.SEQUENCE);
  expectEnd(outer);
  if (smallInteger(top) !== 3) throw derError('a PKCS#12 file has another version');
  const info = enter(top, TAG.SEQUENCE);
  expectOID(info, PKCS12_OID.data);
  const safe = content(enter(info, contextConstructed(0)), TAG.OCTET_STRING);
  const macData = enter(top, TAG.SEQUENCE);
  expectEnd(top);
  const digestInfo = enter(macData, TAG.SEQUENCE);
  expectAlgorithm(digestInfo, PKCS12_OID.sha256);
  const digest = exactly(32, content(digestInfo, TAG.OCTET_STRING));
  const salt = exactly(PKCS12_SALT_LENGTH, content(macData, TAG.OCTET_STRING));
  expectNumber(macData, PKCS12_ITERATIONS);
  return { safe, mac: { digest, salt } };
}

async function readSafe(safe: Uint8Array, password: Uint8Array): Promise<OpenedStore> {
  const outer = cursorOver(safe);
  const contents = enter(outer, TAG.SEQUENCE);
  expectEnd(outer);
  const keys = keyRing(password);
  let privateKey: Buffer | undefined;
  const certificates: Uint8Array[] = [];
  try {
    while (!atEnd(contents)) {
      const info = enter(contents, TAG.SEQUENCE);
      const kind = whole(info, TAG.OID);
      const value = enter(info, contextConstructed(0));
      const holdsKey = isOID(kind, PKCS12_OID.data);
      if (holdsKey && privateKey !== undefined) throw derError('a PKCS#12 file has several keys');
      if (holdsKey) privateKey = await readKeyBag(content(value, TAG.OCTET_STRING), keys);
      else if (isOID(kind, PKCS12_OID.encryptedData)) certificates.push(...(await readEncryptedBags(value, keys)));
      else throw derError('a PKCS#12 file holds something else');
    }
    return { privateKey, certificates };
  } catch (error) {
    privateKey?.fill(0);
    throw error;
  } finally {
    keys.wipe();
  }
}

async function readKeyBag(safeContents: Uint8Array, keys: KeyRing): Promise<Buffer> {
  const bag = enter(enter(cursorOver(safeContents), TAG.SEQUENCE), TAG.SEQUENCE);
  expectOID(bag, PKCS12_OID.shroudedKeyBag);
  const info = enter(enter(bag, contextConstructed(0)), TAG.SEQUENCE);
  const { salt, iv } = readPBES2(info);
  return decrypted(content(info, TAG.OCTET_STRING), await keys.of(salt), iv);
}

async function readEncryptedBags(value: Cursor, keys: KeyRing): Promise<Uint8Array[]> {
  const data = enter(value, TAG.SEQUENCE);
  expectNumber(data, 0);
  const info = enter(data, TAG.SEQUENCE);
  expectOID(info, PKCS12_OID.data);
  const { salt, iv } = readPBES2(info);
  const plain = decrypted(content(info, contextPrimitive(0)), await keys.of(salt), iv);
  const bags = enter(cursorOver(plain), TAG.SEQUENCE);
  const certificates: Uint8Array[] = [];
  while (!atEnd(bags)) certificates.push(readCertificateBag(enter(bags, TAG.SEQUENCE)));
  return certificates;
}

function readCertificateBag(bag: Cursor): Uint8Array {
  expectOID(bag, PKCS12_OID.certBag);
  const inner = enter(enter(bag, contextConstructed(0)), TAG.SEQUENCE);
  expectOID(inner, PKCS12_OID.x509Certificate);
  return content(enter(inner, contextConstructed(0)), TAG.OCTET_STRING);
}

function readPBES2(at: Cursor): { readonly salt: Uint8Array; readonly iv: Uint8Array } {
  const algorithm = enter(at, TAG.SEQUENCE);
  expectOID(algorithm, PKCS12_OID.pbes2);
  const parameters = enter(algorithm, TAG.SEQUENCE);
  const derivation = enter(parameters, TAG.SEQUENCE);
  expectOID(derivation, PKCS12_OID.pbkdf2);
  const rounds = enter(derivation, TAG.SEQUENCE);
  const salt = exactly(PKCS12_SALT_LENGTH, content(rounds, TAG.OCTET_STRING));
  expectNumber(rounds, PKCS12_ITERATIONS);
  expectNumber(rounds, PKCS12_KEY_LENGTH);
  expectAlgorithm(rounds, PKCS12_OID.hmacWithSHA256);
  const scheme = enter(parameters, TAG.SEQUENCE);
  expectOID(scheme, PKCS12_OID.aes256CBC);
  return { salt, iv: exactly(16, content(scheme, TAG.OCTET_STRING)) };
}

function decrypted(ciphertext: Uint8Array, key: Uint8Array, iv: Uint8Array): Buffer {
  const decipher = createDecipheriv(PKCS12_CIPHER, key, iv);
  const pieces: Buffer[] = [];
  try {
    pieces.push(decipher.update(ciphertext));
    pieces.push(decipher.final());
    return Buffer.concat(pieces);
  } catch {
    // Its padding is wrong, whatever node:crypto calls that.
    throw derError('a piece of a PKCS#12 file cannot be decrypted');
  } finally {
    for (const piece of pieces) piece.fill(0);
  }
}

interface KeyRing {
  /** The key under a salt. */
  of(salt: Uint8Array): Promise<Buffer>;
  wipe(): void;
}

/** The pieces of one file share a salt, so there is one derivation. */
function keyRing(password: Uint8Array): KeyRing {
  let known: { readonly salt: Uint8Array; readonly key: Buffer } | undefined;
  return {
    of: async (salt) => {
      known ??= { salt, key: await encryptionKey(password, salt) };
      if (Buffer.compare(known.salt, salt) !== 0) throw derError('a PKCS#12 file has several salts');
      return known.key;
    },
    wipe: () => known?.key.fill(0),
  };
}

function exactly(length: number, octets: Uint8Array): Uint8Array {
  if (octets.length !== length) throw derError('a piece of a PKCS#12 file has another length');
  return octets;
}

function expectNumber(cursor: Cursor, wanted: number): void {
  if (smallInteger(cursor) !== wanted) throw derError('a number in a PKCS#12 file is another one');
}

function expectOID(cursor: Cursor, dotted: string): void {
  if (!isOID(whole(cursor, TAG.OID), dotted)) throw derError('a PKCS#12 file names another algorithm or content');
}

function isOID(der: Uint8Array, dotted: string): boolean {
  return Buffer.compare(der, objectIdentifier(dotted)) === 0;
}

/** AlgorithmIdentifier with NULL for parameters. */
function expectAlgorithm(cursor: Cursor, dotted: string): void {
  const algorithm = enter(cursor, TAG.SEQUENCE);
  expectOID(algorithm, dotted);
  content(algorithm, TAG.NULL);
}
