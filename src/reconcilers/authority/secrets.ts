// SPDX-License-Identifier: Apache-2.0
/**
 * The two Secrets of a trust domain's authority, in the controller's own namespace: one for root keys, which is read
 * only to sign with them, and one for the document and the key of the signing intermediate.
 * @module
 */
import {
  AUTHORITY_SECRET_TYPE,
  CA_CERT_KEY,
  MANAGED_AUTHORITY,
  MANAGED_LABEL,
  TRUST_DOMAIN_LABEL,
} from '../../api/well-known.ts';
import { type AuthorityDocument, formatDocument } from '../../authority/document.ts';
import { anchors } from '../../authority/slots.ts';

const DOCUMENT_KEY = 'authority.json';

/** Name and version of a stored Secret; a write carries them as its precondition (design rule 14). */
export interface SecretVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface StoredSecret extends SecretVersion {
  /** Decoded. The holder zeroes what is secret. */
  readonly data: ReadonlyMap<string, Buffer>;
}

/** The API calls the authority needs; all of them uncached, so that a get is a quorum read. */
export interface AuthoritySecrets {
  get(name: string): Promise<StoredSecret | undefined>;
  /** Metadata only: no key leaves the API server. */
  head(name: string): Promise<SecretVersion | undefined>;
  /** Undefined: somebody else created it first. */
  create(secret: AuthoritySecret): Promise<SecretVersion | undefined>;
  replace(secret: AuthoritySecret, precondition: SecretVersion): Promise<SecretVersion>;
}

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

/** Name of the TrustDomain object whose authority a Secret of this name belongs to. */
export function trustDomainOfSecret(name: string): string | undefined {
  return /^(.+)-(?:root|intermediate)-authority$/.exec(name)?.[1];
}

export function certificateKey(id: string): string {
  return `${id}.crt`;
}

export function privateKeyKey(id: string): string {
  return `${id}.key`;
}

/** The root Secret: one pair of certificate and key for each root. */
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

/** The issuing Secret: the document, the anchors for people, and the key of the one intermediate that signs. Keys of
 * retired intermediates are not carried over: the write that retires one destroys its key. */
export function issuingSecret(
  trustDomainObject: string,
  document: AuthorityDocument,
  signing: { readonly id: string; readonly key: Buffer },
): AuthoritySecret {
  const roots = anchors(document).map((slot) => slot.certificate);
  const data = new Map([
    [DOCUMENT_KEY, Buffer.from(formatDocument(document))],
    [CA_CERT_KEY, Buffer.from(roots.join(''))],
    [privateKeyKey(signing.id), signing.key],
  ]);
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
