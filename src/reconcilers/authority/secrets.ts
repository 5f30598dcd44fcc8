// SPDX-License-Identifier: Apache-2.0
/**
 * The two Secrets of a trust domain's authority, in the controller's own namespace: one for root keys, which is read
 * only to sign with them, and one for the document and the key of the signing intermediate.
 * @module
 */
import type { ObjectVersion } from '../../api/object-version.ts';
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

const DOCUMENT_KEY = 'authority.json';

export interface StoredSecret extends ObjectVersion {
  /** Decoded. The holder zeroes what is secret. */
  readonly data: ReadonlyMap<string, Buffer>;
  /** It carries our label. */
  readonly managed?: boolean;
  /** A copy of its data stands in an annotation, where `kubectl apply` put it. */
  readonly applied?: boolean;
}

/** The API calls the authority needs; all of them uncached, so that a get is a quorum read. */
export interface AuthoritySecrets {
  get(name: string): Promise<StoredSecret | undefined>;
  /** Metadata only: no key leaves the API server. */
  head(name: string): Promise<ObjectVersion | undefined>;
  /** Undefined: somebody else created it first. */
  create(secret: AuthoritySecret): Promise<ObjectVersion | undefined>;
  replace(secret: AuthoritySecret, precondition: ObjectVersion): Promise<ObjectVersion>;
  /** Changes these files and leaves the others alone, without reading them; null removes one. */
  patch(name: string, files: SecretFiles, precondition: ObjectVersion): Promise<ObjectVersion>;
}

export type SecretFiles = ReadonlyMap<string, Buffer | null>;

export interface AuthoritySecret {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: ReadonlyMap<string, Buffer>;
}

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
): AuthoritySecret {
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
): AuthoritySecret {
  const data = new Map([...documentFiles(document), [privateKeyKey(signing.id), signing.key]]);
  return { name: issuingSecretName(trustDomainObject), ...common(trustDomainObject), data };
}

/** Text of the stored document. */
export function documentText(secret: StoredSecret): string | undefined {
  return secret.data.get(DOCUMENT_KEY)?.toString('utf8');
}

function common(trustDomainObject: string): Pick<AuthoritySecret, 'type' | 'labels'> {
  const labels = { [MANAGED_LABEL]: MANAGED_AUTHORITY, [TRUST_DOMAIN_LABEL]: trustDomainObject };
  return { type: AUTHORITY_SECRET_TYPE, labels };
}
