// SPDX-License-Identifier: Apache-2.0
/**
 * The authority Secrets of a test authority as they are stored, with real keys in them.
 * @module
 */
import type { AuthorityDocument, AuthoritySlot } from '../../src/authority/document.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { authorityID, type KeyPair } from '../../src/pki/key-pair.ts';
import { encodePEM } from '../../src/pki/pem.ts';
import { issuingSecret, rootSecret } from '../../src/reconcilers/authority/secrets.ts';
import type { OwnSecret, StoredSecret } from '../../src/reconcilers/own-secrets.ts';
import { type TestAuthority, testKey } from './test-authority.ts';

export function certificatePEM(certificate: Certificate): string {
  return encodePEM('CERTIFICATE', certificate.der).toString('utf8');
}

/** A slot that says of a certificate what is true. */
export function slotOf(
  kind: AuthoritySlot['kind'],
  certificate: Certificate,
  changes: Partial<AuthoritySlot> = {},
): AuthoritySlot {
  const { notBefore, notAfter, publicKey } = certificate;
  const id = authorityID(publicKey);
  return {
    id,
    kind,
    state: 'Active',
    since: notBefore,
    notBefore,
    notAfter,
    certificate: certificatePEM(certificate),
    ...changes,
  };
}

export function documentOf(
  { root, intermediate }: TestAuthority,
  more: readonly AuthoritySlot[] = [],
): AuthorityDocument {
  const issuerID = authorityID(root.publicKey);
  return {
    trustDomain: 'example.org',
    revision: 1,
    sequence: 1_781_000_000,
    slots: [slotOf('Root', root), slotOf('Intermediate', intermediate, { issuerID }), ...more],
  };
}

/** As an uncached GET returns it; every call makes Buffers of its own, for whoever reads them zeroes them. */
export function asStored(
  { data }: OwnSecret,
  changes: Readonly<Record<string, Buffer | undefined>> = {},
): StoredSecret {
  const entries = new Map([...data].map(([key, value]) => [key, Buffer.from(value)]));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, Buffer.from(value));
  }
  return { uid: 'uid-of-the-secret', resourceVersion: '7', data: entries };
}

export async function keyPEM(name: 'root' | 'intermediate', generation = 1): Promise<Buffer> {
  const { privateKey }: KeyPair = await testKey('ECDSA-P256', `${name} ${generation}`);
  return encodePEM('PRIVATE KEY', privateKey);
}

export async function anIssuingSecret(authority: TestAuthority, document = documentOf(authority)): Promise<OwnSecret> {
  const key = await keyPEM('intermediate');
  return issuingSecret('default', document, { id: authorityID(authority.intermediate.publicKey), key });
}

export async function aRootSecret({ root }: TestAuthority): Promise<OwnSecret> {
  const certificate = encodePEM('CERTIFICATE', root.der);
  return rootSecret('default', authorityID(root.publicKey), { certificate, key: await keyPEM('root') });
}
