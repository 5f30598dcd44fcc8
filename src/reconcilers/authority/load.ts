// SPDX-License-Identifier: Apache-2.0
/**
 * Turns stored authority Secrets into something that can sign, and believes nothing in them: keys must match their
 * certificates, the intermediate must lead to a published root of this trust domain.
 * @module
 */

import { type ObjectVersion, versionOf } from '../../api/object-version.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../authority/document.ts';
import { parseDocument } from '../../authority/document-format.ts';
import { activeSlot, anchors, chainAbove, knownIDs, toleratedAnchors } from '../../authority/slots.ts';
import { isSignetError } from '../../errors.ts';
import { wipe } from '../../kube/secret-data.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { importedSigner } from '../../pki/imported-key.ts';
import { authorityID, privateKeyMatches } from '../../pki/key-pair.ts';
import type { Issuer } from '../../pki/mint.ts';
import { anchorProblem, authorityPathProblem } from '../../pki/path.ts';
import { parsePrivateKeyPEM } from '../../pki/pem.ts';
import { privateKeySigner, type Signer } from '../../pki/signer.ts';
import type { Instant } from '../../time.ts';
import type { StoredSecret } from '../own-secrets.ts';
import { certificateOf } from './certificates.ts';
import { documentText, privateKeyKey } from './secrets.ts';

/** An authority in memory, ready to sign. */
export interface LoadedAuthority {
  readonly version: ObjectVersion;
  readonly document: AuthorityDocument;
  readonly issuer: Issuer;
  /** The published roots as they go into ca.crt. */
  readonly anchorsPEM: string;
  /** What ca.crt may hold instead until the next renewal. */
  readonly toleratedPEMs: readonly string[];
  /** Every intermediate whose leaves are still good. */
  readonly knownIDs: ReadonlySet<string>;
}

/** Loads the issuing Secret, or says what is wrong with it. The Secret's buffers are zeroed. */
export function loadIssuing(secret: StoredSecret): LoadedAuthority | { readonly problem: string } {
  return reading(secret, () => issuingOf(secret));
}

/** What is read of a Secret, whose buffers are zeroed; or that it cannot be read. */
export function reading<T>(secret: StoredSecret, read: () => T): T | { readonly problem: string } {
  try {
    return read();
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER', 'ERR_AUTHORITY'))
      return { problem: `cannot be read: ${error.message}` };
    throw error;
  } finally {
    wipe(secret.data);
  }
}

function issuingOf(secret: StoredSecret): LoadedAuthority | { readonly problem: string } {
  const text = documentText(secret);
  if (text === undefined) return { problem: 'holds no document' };
  const parsed = parseDocument(text);
  if ('problem' in parsed) return { problem: `holds a document that ${parsed.problem}` };
  const document = parsed.value;
  const active = activeSlot(document, 'Intermediate');
  if (active === undefined) return { problem: 'names no active intermediate' };
  const roots = anchors(document);
  const anchorCertificates = roots.map((slot) => certificateOf(slot.certificate));
  const certificate = certificateOf(active.certificate);
  const signer = signerFor(secret, active, certificate);
  if ('problem' in signer) return signer;
  const { trustDomain } = document;
  const chain = [certificate, ...chainAbove(document).slice(1).map(certificateOf)];
  const issuingRoot = roots.findIndex(({ id }) => id === active.issuerID);
  const imported =
    active.imported === undefined
      ? undefined
      : commonValidity([...chain, ...anchorCertificates.slice(issuingRoot, issuingRoot + 1)]);
  const now = imported?.notBefore ?? Math.min(Math.max(active.notBefore, certificate.notBefore), certificate.notAfter);
  const problem = authorityPathProblem({ chain, anchors: anchorCertificates, trustDomain, now });
  if (problem !== undefined) return { problem: `holds an intermediate that is not valid: ${problem}` };
  const mismatch = document.slots.find((slot) => slotMismatch(slot, trustDomain));
  if (mismatch !== undefined)
    return { problem: `names authority ${mismatch.id} with a certificate of another key, kind or time` };
  const issuer = {
    id: active.id,
    certificate,
    signer,
    chain,
    anchors: anchorCertificates,
    trustDomain,
    ...(imported === undefined ? {} : { notAfter: imported.notAfter }),
  };
  return {
    version: versionOf(secret),
    document,
    issuer,
    anchorsPEM: pemOf(roots),
    toleratedPEMs: toleratedAnchors(document).map(pemOf),
    knownIDs: knownIDs(document),
  };
}

/** A signer with the key of this authority, which its own operator may have stored. */
export function signerFor(
  secret: StoredSecret,
  { id, imported }: Pick<AuthoritySlot, 'id' | 'imported'>,
  certificate: Certificate,
): Signer | { readonly problem: string } {
  const pem = secret.data.get(privateKeyKey(id));
  if (pem === undefined) return { problem: `does not hold the key of ${id}` };
  if (imported !== undefined) {
    const signer = importedSigner(pem, certificate);
    if ('value' in signer) return signer.value;
    return { problem: `holds a key of ${id} that cannot be read or is not that of its certificate` };
  }
  const key = keyOf(pem, id);
  if ('problem' in key) return key;
  try {
    return privateKeyMatches(key, certificate.publicKey)
      ? privateKeySigner(key)
      : { problem: `holds a key of ${id} that is not that of its certificate` };
  } finally {
    key.fill(0);
  }
}

function keyOf(pem: Buffer, id: string): Buffer | { readonly problem: string } {
  try {
    return parsePrivateKeyPEM(pem);
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER'))
      return { problem: `holds a key of ${id} that cannot be read: ${error.message}` };
    throw error;
  }
}

/** When all of them are valid: certificates above an imported intermediate may begin later and end earlier than it. */
function commonValidity(certificates: readonly Certificate[]): {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
} {
  return {
    notBefore: Math.max(...certificates.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...certificates.map(({ notAfter }) => notAfter)),
  };
}

function pemOf(slots: readonly AuthoritySlot[]): string {
  return slots.map(({ certificate }) => certificate).join('');
}

function slotMismatch(slot: AuthoritySlot, trustDomain: string): boolean {
  // Known from status alone: it signs nothing and vouches for nothing.
  if (slot.certificate === '' && slot.kind === 'Intermediate' && slot.state === 'Retired') return false;
  const certificate = certificateOf(slot.certificate);
  if (authorityID(certificate.publicKey) !== slot.id) return true;
  if (certificate.notBefore !== slot.notBefore || certificate.notAfter !== slot.notAfter) return true;
  // Every root is published as an anchor, whether or not the signing intermediate is under it (design rule 5).
  return slot.kind === 'Root' && anchorProblem(certificate, trustDomain, certificate.notBefore) !== undefined;
}
