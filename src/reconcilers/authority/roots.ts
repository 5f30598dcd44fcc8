// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the root Secret: which roots it holds, which of them can sign. The only place where root keys enter memory, as
 * KeyObjects and for as long as somebody signs.
 * @module
 */
import { type ObjectVersion, versionOf } from '../../api/object-version.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { authorityID } from '../../pki/key-pair.ts';
import type { Signer } from '../../pki/signer.ts';
import type { StoredSecret } from '../own-secrets.ts';
import { certificateOf } from './certificates.ts';
import { reading, signerFor } from './load.ts';
import { crossCertificateKey, privateKeyKey } from './secrets.ts';

export interface StoredRoot {
  readonly id: string;
  readonly certificate: Certificate;
  readonly pem: string;
  /** PEM of the root under the signature of the root before it. */
  readonly crossPEM: string | undefined;
  /** The root that signed the former. */
  readonly crossIssuerID: string | undefined;
  /** Undefined: its key is not there. */
  readonly signer: Signer | undefined;
}

export interface StoredRoots {
  readonly version: ObjectVersion;
  /** Oldest first. */
  readonly roots: readonly StoredRoot[];
}

/** Everything the root Secret holds, or what is wrong with it. The Secret's buffers are zeroed. */
export function loadRoots(secret: StoredSecret): StoredRoots | { readonly problem: string } {
  return reading(secret, () => rootsOf(secret));
}

function rootsOf(secret: StoredSecret): StoredRoots | { readonly problem: string } {
  const roots: StoredRoot[] = [];
  for (const [file, pem] of secret.data) {
    if (!/^[0-9a-f]+\.crt$/.test(file)) continue;
    const root = loadRoot(secret, file.slice(0, -'.crt'.length), pem.toString('utf8'));
    if ('problem' in root) return root;
    roots.push(root);
  }
  for (const [index, root] of roots.entries()) roots[index] = { ...root, crossIssuerID: crossIssuer(root, roots) };
  roots.sort((a, b) => a.certificate.notBefore - b.certificate.notBefore || (a.id < b.id ? -1 : 1));
  return { version: versionOf(secret), roots };
}

function loadRoot(secret: StoredSecret, id: string, pem: string): StoredRoot | { readonly problem: string } {
  const certificate = certificateOf(pem);
  if (authorityID(certificate.publicKey) !== id) return { problem: `holds a root under the name of another, ${id}` };
  const crossPEM = secret.data.get(crossCertificateKey(id))?.toString('utf8');
  const signer = secret.data.has(privateKeyKey(id)) ? signerFor(secret, { id }, certificate) : undefined;
  if (signer !== undefined && 'problem' in signer) return signer;
  return { id, certificate, pem, crossPEM, crossIssuerID: undefined, signer };
}

function crossIssuer({ crossPEM }: StoredRoot, roots: readonly StoredRoot[]): string | undefined {
  if (crossPEM === undefined) return undefined;
  const { issuer } = certificateOf(crossPEM);
  return roots.find(({ certificate }) => Buffer.compare(certificate.subject, issuer) === 0)?.id;
}
