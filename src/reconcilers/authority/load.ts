// SPDX-License-Identifier: Apache-2.0
/**
 * Turns stored authority Secrets into something that can sign, and believes nothing in them: keys must match their
 * certificates, the intermediate must lead to a published root of this trust domain.
 * @module
 */
import type { AuthorityDocument, AuthoritySlot } from '../../authority/document.ts';
import { parseDocument } from '../../authority/document.ts';
import { activeSlot, anchors } from '../../authority/slots.ts';
import { isSignetError, SignetError } from '../../errors.ts';
import type { RootAuthority } from '../../pki/authority.ts';
import { type Certificate, parseCertificate } from '../../pki/certificate.ts';
import { authorityID, privateKeyMatches } from '../../pki/key-pair.ts';
import type { Issuer } from '../../pki/mint.ts';
import { anchorProblem, authorityPathProblem } from '../../pki/path.ts';
import { parseCertificatesPEM, parsePrivateKeyPEM } from '../../pki/pem.ts';
import { privateKeySigner, type Signer } from '../../pki/signer.ts';
import { certificateKey, documentText, privateKeyKey, type SecretVersion, type StoredSecret } from './secrets.ts';

/** An authority in memory, ready to sign. */
export interface LoadedAuthority {
  readonly version: SecretVersion;
  readonly document: AuthorityDocument;
  readonly issuer: Issuer;
  /** The published roots as they go into ca.crt. */
  readonly anchorsPEM: string;
  /** Every intermediate whose leaves are still good. */
  readonly knownIDs: ReadonlySet<string>;
}

/** Loads the issuing Secret, or says what is wrong with it. The Secret's buffers are zeroed. */
export function loadIssuing(secret: StoredSecret): LoadedAuthority | { readonly problem: string } {
  try {
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
    const signer = signerFor(secret, active.id, certificate);
    if ('problem' in signer) return signer;
    const { trustDomain } = document;
    const now = Math.min(Math.max(active.notBefore, certificate.notBefore), certificate.notAfter);
    const problem = authorityPathProblem({ chain: [certificate], anchors: anchorCertificates, trustDomain, now });
    if (problem !== undefined) return { problem: `holds an intermediate that is not valid: ${problem}` };
    const mismatch = document.slots.find((slot) => slotMismatch(slot, trustDomain));
    if (mismatch !== undefined)
      return { problem: `names authority ${mismatch.id} with a certificate of another key, kind or time` };
    const issuer = {
      id: active.id,
      certificate,
      signer,
      chain: [certificate],
      anchors: anchorCertificates,
      trustDomain,
    };
    return {
      version: { uid: secret.uid, resourceVersion: secret.resourceVersion },
      document,
      issuer,
      anchorsPEM: roots.map((slot) => slot.certificate).join(''),
      knownIDs: new Set(document.slots.filter(({ kind }) => kind === 'Intermediate').map(({ id }) => id)),
    };
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER', 'ERR_AUTHORITY'))
      return { problem: `cannot be read: ${error.message}` };
    throw error;
  } finally {
    zero(secret);
  }
}

/** A root out of the root Secret, with the key to sign for it. `id` undefined: the one that ends last. */
export function loadRoot(
  secret: StoredSecret,
  id: string | undefined,
): (RootAuthority & { readonly id: string; readonly pem: string }) | { readonly problem: string } {
  try {
    const pems = [...secret.data].filter(([key]) => key.endsWith('.crt')).map(([, pem]) => pem.toString('utf8'));
    const roots = pems.map((pem) => ({ pem, certificate: certificateOf(pem) }));
    const wanted = roots
      .map((root) => ({ ...root, id: authorityID(root.certificate.publicKey) }))
      .filter((root) => id === undefined || root.id === id)
      .sort((a, b) => b.certificate.notAfter - a.certificate.notAfter)[0];
    if (wanted === undefined) return { problem: id === undefined ? 'holds no root' : `does not hold root ${id}` };
    if (secret.data.get(certificateKey(wanted.id)) === undefined)
      return { problem: `holds root ${wanted.id} under another name` };
    const signer = signerFor(secret, wanted.id, wanted.certificate);
    return 'problem' in signer ? signer : { ...wanted, signer };
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER', 'ERR_AUTHORITY'))
      return { problem: `cannot be read: ${error.message}` };
    throw error;
  } finally {
    zero(secret);
  }
}

/** The one certificate of a PEM text; more would slip into ca.crt unseen. */
function certificateOf(pem: string): Certificate {
  const [der, ...more] = parseCertificatesPEM(pem);
  if (der === undefined || more.length > 0)
    throw new SignetError('ERR_PEM', 'a slot holds not exactly one certificate');
  return parseCertificate(der);
}

function signerFor(secret: StoredSecret, id: string, certificate: Certificate): Signer | { readonly problem: string } {
  const pem = secret.data.get(privateKeyKey(id));
  if (pem === undefined) return { problem: `does not hold the key of ${id}` };
  const key = parsePrivateKeyPEM(pem);
  try {
    return privateKeyMatches(key, certificate.publicKey)
      ? privateKeySigner(key)
      : { problem: `holds a key of ${id} that is not that of its certificate` };
  } finally {
    key.fill(0);
  }
}

function slotMismatch(slot: AuthoritySlot, trustDomain: string): boolean {
  const certificate = certificateOf(slot.certificate);
  if (authorityID(certificate.publicKey) !== slot.id) return true;
  if (certificate.notBefore !== slot.notBefore || certificate.notAfter !== slot.notAfter) return true;
  // Every root is published as an anchor, whether or not the signing intermediate is under it (design rule 5).
  return slot.kind === 'Root' && anchorProblem(certificate, trustDomain, certificate.notBefore) !== undefined;
}

function zero(secret: StoredSecret): void {
  for (const value of secret.data.values()) value.fill(0);
}
