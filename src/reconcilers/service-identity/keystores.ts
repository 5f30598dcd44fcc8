// SPDX-License-Identifier: Apache-2.0
/**
 * The PKCS#12 files of a Secret: reads their password when it is needed, and forgets it at once; writes the files, and
 * judges those that are there.
 * @module
 */

import type { ObjectVersion } from '../../api/object-version.ts';
import type { PasswordSource } from '../../api/resolved.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import {
  CA_CERT_KEY,
  KEY_STORE_KEY,
  PASSWORD_LABEL,
  TLS_CERT_KEY,
  TLS_PRIVATE_KEY_KEY,
  TRUST_STORE_KEY,
} from '../../api/well-known.ts';
import { isSignetError } from '../../errors.ts';
import type { PasswordRead } from '../../identity/observed.ts';
import { wipe } from '../../kube/secret-data.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { authorityID } from '../../pki/key-pair.ts';
import { parseCertificatesPEM, parsePrivateKeyPEM } from '../../pki/pem.ts';
import { keyStore, trustStore } from '../../pki/pkcs12.ts';
import { passwordDigest } from '../../pki/pkcs12-keys.ts';
import { passwordProblem } from '../../pki/pkcs12-profile.ts';
import { openStore } from '../../pki/pkcs12-reader.ts';
import type { IdentityCalls } from './cluster.ts';

/** Friendly name of key and leaf in every key store. */
const KEY_ALIAS = 'svid';

/** What one GET of the Secret with a password told. */
export interface PasswordFound {
  /** Undefined: it is gone, or has no label of ours any more. */
  readonly version: string | undefined;
  readonly read: PasswordRead;
  /** The holder zeroes it. Absent where there is none to be used. */
  readonly value?: Buffer;
}

/** Version of a Secret with a password, as the cache knows it. */
export function passwordVersion({ uid, resourceVersion }: ObjectVersion): string {
  return `${uid}/${resourceVersion}`;
}

/** What may be kept of it: everything but the password. */
export function passwordView(found: PasswordFound | undefined): {
  readonly password?: Pick<PasswordFound, 'version' | 'read'>;
} {
  return found === undefined ? {} : { password: { version: found.version, read: found.read } };
}

/** Reads the password of an identity's PKCS#12 files, live. */
export async function readPassword(
  calls: Pick<IdentityCalls, 'getPasswordSecret'>,
  { metadata }: ServiceIdentity,
  { name, key }: PasswordSource,
): Promise<PasswordFound> {
  const found = await calls.getPasswordSecret(metadata.namespace ?? '', name);
  if (found === undefined) return { version: undefined, read: { problem: 'it does not exist' } };
  const { meta, secret } = found;
  const value = secret.data.get(key);
  wipe(secret.data, [value]);
  if (meta.labels[PASSWORD_LABEL] !== 'true') {
    value?.fill(0);
    return { version: undefined, read: { problem: `it has no label ${PASSWORD_LABEL}: "true"` } };
  }
  const version = passwordVersion(meta);
  const problem =
    value === undefined ? 'is missing; add it, or name another in passwordSecretRef.key' : passwordProblem(value);
  if (value !== undefined && problem === undefined)
    return { version, value, read: { digest: await passwordDigest(value, metadata.uid) } };
  value?.fill(0);
  return { version, read: { problem: `its key ${key} ${problem}` } };
}

/** Both files for a new SVID. Their bytes need no zeroing: what is secret in them is encrypted. */
export async function keyStoreFiles(
  svid: { readonly chainPEM: Buffer; readonly privateKeyPEM: Buffer },
  anchors: readonly Certificate[],
  password: Uint8Array,
): Promise<ReadonlyMap<string, Buffer>> {
  const privateKey = parsePrivateKeyPEM(svid.privateKeyPEM);
  try {
    const entry = { privateKey, chain: parseCertificatesPEM(svid.chainPEM), alias: KEY_ALIAS };
    const [keys, trust] = await Promise.all([keyStore(entry, password), trustStoreFile(anchors, password)]);
    return new Map([
      [KEY_STORE_KEY, keys],
      [TRUST_STORE_KEY, trust],
    ]);
  } finally {
    privateKey.fill(0);
  }
}

/** The trust store alone. */
export function trustStoreFile(anchors: readonly Certificate[], password: Uint8Array): Promise<Buffer> {
  const entries = anchors.map(({ der, publicKey }) => ({
    certificate: der,
    alias: `anchor-${authorityID(publicKey)}`,
  }));
  return trustStore(entries, password);
}

/** Whether both files open with the password and hold exactly what the PEM files beside them do. */
export async function keyStoresAgree(files: ReadonlyMap<string, Buffer>, password: Uint8Array): Promise<boolean> {
  const [keys, trust] = await Promise.all(
    [KEY_STORE_KEY, TRUST_STORE_KEY].map((name) => openStore(files.get(name) ?? Buffer.alloc(0), password)),
  );
  try {
    const wanted = pemFiles(files);
    if (keys?.privateKey === undefined || trust === undefined || wanted === undefined) return false;
    const sameKey = keys.privateKey.equals(wanted.privateKey);
    wanted.privateKey.fill(0);
    if (!sameKey || trust.privateKey !== undefined) return false;
    return sameCertificates(keys.certificates, wanted.chain) && sameCertificates(trust.certificates, wanted.anchors);
  } finally {
    keys?.privateKey?.fill(0);
    trust?.privateKey?.fill(0);
  }
}

function pemFiles(
  files: ReadonlyMap<string, Buffer>,
): { readonly privateKey: Buffer; readonly chain: Uint8Array[]; readonly anchors: Uint8Array[] } | undefined {
  const file = (name: string) => files.get(name) ?? Buffer.alloc(0);
  try {
    const [chain, anchors] = [TLS_CERT_KEY, CA_CERT_KEY].map((name) => parseCertificatesPEM(file(name)));
    if (chain === undefined || anchors === undefined) return undefined;
    return { chain, anchors, privateKey: parsePrivateKeyPEM(file(TLS_PRIVATE_KEY_KEY)) };
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER')) return undefined;
    throw error;
  }
}

function sameCertificates(found: readonly Uint8Array[], wanted: readonly Uint8Array[]): boolean {
  return (
    found.length === wanted.length && found.every((der, i) => Buffer.compare(der, wanted[i] ?? Buffer.alloc(0)) === 0)
  );
}
