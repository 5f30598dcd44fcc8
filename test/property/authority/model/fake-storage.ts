// SPDX-License-Identifier: Apache-2.0
/**
 * Stands in for src/reconcilers/authority/load.ts and roots.ts in the model: what a Secret of the model says, judged as
 * the real ones judge certificates.
 * @module
 */
import { parseDocument } from '../../../../src/authority/document-format.ts';
import { activeSlot, anchors, chainAbove, knownIDs, toleratedAnchors } from '../../../../src/authority/slots.ts';
import type { LoadedAuthority } from '../../../../src/reconcilers/authority/load.ts';
import type { StoredRoot, StoredRoots } from '../../../../src/reconcilers/authority/roots.ts';
import { crossCertificateKey, documentText, privateKeyKey } from '../../../../src/reconcilers/authority/secrets.ts';
import type { StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import { certificateOfFact, type Fact, NO_SIGNER } from './fake-signing.ts';

export interface CrossFact extends Fact {
  readonly issuerID: string;
}

export function loadIssuing(secret: StoredSecret): LoadedAuthority | { readonly problem: string } {
  const parsed = parseDocument(documentText(secret) ?? '');
  if ('problem' in parsed) return parsed;
  const document = parsed.value;
  const active = activeSlot(document, 'Intermediate');
  if (active === undefined || !secret.data.has(privateKeyKey(active.id))) return { problem: 'holds no key' };
  const published = new Set(anchors(document).map(({ id }) => id));
  const [, cross] = chainAbove(document);
  const reached =
    published.has(active.issuerID ?? '') || (cross !== undefined && published.has(crossOf(cross).issuerID));
  if (!reached) return { problem: 'holds an intermediate that leads nowhere' };
  const fact: Fact = JSON.parse(active.certificate);
  const certificate = certificateOfFact(fact);
  const { trustDomain } = document;
  return {
    version: { uid: secret.uid, resourceVersion: secret.resourceVersion },
    document,
    issuer: { id: active.id, certificate, signer: NO_SIGNER, chain: [certificate], anchors: [], trustDomain },
    anchorsPEM: namesOf(anchors(document)),
    toleratedPEMs: toleratedAnchors(document).map(namesOf),
    knownIDs: knownIDs(document),
  };
}

/** Anchors in the model's ca.crt. */
export function namesOf(roots: readonly { readonly id: string }[]): string {
  return roots.map(({ id }) => id).join();
}

export function crossOf(text: string): CrossFact {
  return JSON.parse(text);
}

export function loadRoots(secret: StoredSecret): StoredRoots {
  const roots: StoredRoot[] = [];
  for (const [file, content] of secret.data) {
    if (!/^[0-9a-f]+\.crt$/.test(file)) continue;
    const fact: Fact = JSON.parse(content.toString());
    const crossPEM = secret.data.get(crossCertificateKey(fact.id))?.toString();
    roots.push({
      id: fact.id,
      certificate: certificateOfFact(fact),
      pem: content.toString(),
      crossPEM,
      crossIssuerID: crossPEM === undefined ? undefined : crossOf(crossPEM).issuerID,
      signer: secret.data.has(privateKeyKey(fact.id)) ? NO_SIGNER : undefined,
    });
  }
  roots.sort((a, b) => a.certificate.notBefore - b.certificate.notBefore || (a.id < b.id ? -1 : 1));
  return { version: { uid: secret.uid, resourceVersion: secret.resourceVersion }, roots };
}
