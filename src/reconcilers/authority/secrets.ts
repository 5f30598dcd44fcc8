// SPDX-License-Identifier: Apache-2.0
/**
 * The two Secrets of a trust domain's authority, in the controller's own namespace: one for root keys, which is read
 * only to sign with them, and one for the document and the key of the signing intermediate. People hear of the latter as
 * the Secret of the intermediate; in here it is the issuing Secret.
 * @module
 */
import {
  AUTHORITY_SECRET_TYPE,
  CA_CERT_KEY,
  MANAGED_AUTHORITY,
  MANAGED_LABEL,
  TRUST_DOMAIN_LABEL,
} from '../../api/well-known.ts';
import type { AuthorityDocument } from '../../authority/document.ts';
import { formatDocument } from '../../authority/document-format.ts';
import { anchors } from '../../authority/slots.ts';
import type { OwnSecret, StoredSecret } from '../own-secrets.ts';

const DOCUMENT_KEY = 'authority.json';

export function rootSecretName(trustDomainObject: string): string {
  return `${trustDomainObject}-root-authority`;
}

export function issuingSecretName(trustDomainObject: string): string {
  return `${trustDomainObject}-intermediate-authority`;
}

export function certificateKey(id: string): string {
  return `${id}.crt`;
}

export function privateKeyKey(id: string): string {
  return `${id}.key`;
}

/** The root under the signature of the root before it. */
export function crossCertificateKey(id: string): string {
  return `${id}.cross.crt`;
}

/** The root Secret as it begins: certificate and key of one root. */
export function rootSecret(
  trustDomainObject: string,
  id: string,
  pems: { certificate: Buffer; key: Buffer },
): OwnSecret {
  const data = new Map([
    [certificateKey(id), pems.certificate],
    [privateKeyKey(id), pems.key],
  ]);
  return { name: rootSecretName(trustDomainObject), ...common(trustDomainObject), data };
}

/** Every file of a root; null: it goes. */
export function rootFiles(id: string): readonly string[] {
  return [certificateKey(id), privateKeyKey(id), crossCertificateKey(id)];
}

/** The files of the issuing Secret that hold no key. */
export function documentFiles(document: AuthorityDocument): ReadonlyMap<string, Buffer> {
  const roots = anchors(document).map((slot) => slot.certificate);
  return new Map([
    [DOCUMENT_KEY, Buffer.from(formatDocument(document))],
    [CA_CERT_KEY, Buffer.from(roots.join(''))],
  ]);
}

/** The issuing Secret: the document, the anchors for people, and the key of the one intermediate that signs. Keys of
 * retired intermediates are not carried over: the write that retires one destroys its key. */
export function issuingSecret(
  trustDomainObject: string,
  document: AuthorityDocument,
  signing: { readonly id: string; readonly key: Buffer },
): OwnSecret {
  const data = new Map([...documentFiles(document), [privateKeyKey(signing.id), signing.key]]);
  return { name: issuingSecretName(trustDomainObject), ...common(trustDomainObject), data };
}

/** Text of the stored document. */
export function documentText(secret: StoredSecret): string | undefined {
  return secret.data.get(DOCUMENT_KEY)?.toString('utf8');
}

function common(trustDomainObject: string): Pick<OwnSecret, 'type' | 'labels'> {
  const labels = { [MANAGED_LABEL]: MANAGED_AUTHORITY, [TRUST_DOMAIN_LABEL]: trustDomainObject };
  return { type: AUTHORITY_SECRET_TYPE, labels };
}
