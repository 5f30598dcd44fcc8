// SPDX-License-Identifier: Apache-2.0
/**
 * An imported authority as decisions see it: what its Secret was found to hold, the slots it becomes, and whether it may
 * sign.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { Duration, Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import { signsUntil } from './slots.ts';

/** One certificate of an imported authority. */
export interface ImportedCertificate {
  /** Hash of the public key. */
  readonly id: string;
  /** PEM. */
  readonly certificate: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** An imported authority that was found to be in order; its key is not here. */
export interface ImportedFacts {
  readonly intermediate: ImportedCertificate;
  readonly root: ImportedCertificate;
  /** PEM of each authority between the two, from below. */
  readonly chain: readonly string[];
  /** When the first certificate from the intermediate up to the root ends. */
  readonly endsAt: Instant;
  readonly warnFrom: Instant;
  /** Lowercase hexadecimal SHA-256 of the root. */
  readonly rootFingerprint: string;
  /** Whether other authorities may stand under the root. */
  readonly shared: boolean;
  readonly warnings: readonly string[];
}

/** The Secret of an imported source, as it is now. */
export type ObservedImport =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'valid'; readonly facts: ImportedFacts };

/** The slot of an imported root; its key never comes here. */
export function importedRootSlot({ root }: ImportedFacts, state: 'Prepared' | 'Active', now: Instant): AuthoritySlot {
  return { ...root, kind: 'Root', state, since: now, keyDestroyed: true };
}

/** The slot of an imported intermediate. `longestTTL`: of leaves that its key may have signed, the present bound included. */
export function importedIntermediateSlot(
  { intermediate, root, chain, endsAt, warnFrom, shared, rootFingerprint }: ImportedFacts,
  state: 'Prepared' | 'Active',
  longestTTL: Duration,
  now: Instant,
): AuthoritySlot {
  const imported = { chain, endsAt, warnFrom, ...(shared ? { sharedRoot: rootFingerprint } : {}) };
  return { ...intermediate, kind: 'Intermediate', state, since: now, issuerID: root.id, longestTTL, imported };
}

/** Whether the slot is this very certificate under this very chain. */
export function isIntermediate(slot: AuthoritySlot | undefined, facts: ImportedFacts): boolean {
  if (slot?.imported === undefined || slot.certificate !== facts.intermediate.certificate) return false;
  return slot.issuerID === facts.root.id && slot.imported.chain.join('') === facts.chain.join('');
}

export function isRoot(slot: AuthoritySlot | undefined, { root }: ImportedFacts): boolean {
  return slot?.id === root.id && slot.certificate === root.certificate;
}

/** The longest leaf that the key may have signed, or may sign now. */
export function longestTTL(document: AuthorityDocument, { intermediate }: ImportedFacts, maxTTL: Duration): Duration {
  const before = document.slots.find(({ id }) => id === intermediate.id)?.longestTTL;
  return Math.max(before ?? 0, maxTTL);
}

/** What has to be acknowledged before this intermediate signs; undefined: nothing. */
export function unacknowledgedRoot(
  { imported }: AuthoritySlot,
  { source }: ResolvedTrustDomain,
): { readonly fingerprint: string; readonly message: string } | undefined {
  const fingerprint = imported?.sharedRoot;
  // After a change of source nothing can be acknowledged any more; it was, when this one began to sign.
  if (fingerprint === undefined || source.type !== 'Imported' || source.acknowledgedRoot === fingerprint) {
    return undefined;
  }
  return { fingerprint, message: sharedRootMessage(fingerprint) };
}

export function sharedRootMessage(fingerprint: string): string {
  return `nothing is signed under the root with the SHA-256 fingerprint ${fingerprint}: it is not dedicated to the trust domain, and no critical name constraint ties the chain to it, so other authorities under it could mint identities of this trust domain; use a dedicated root, or write the fingerprint into spec.authority.source.imported.acknowledgeSharedRoot`;
}

/** Whether anything is signed with it as long as it is good: not once it was reported, nor under a root to be acknowledged. */
export function maySign(active: AuthoritySlot, trustDomain: ResolvedTrustDomain): boolean {
  return active.compromised !== true && unacknowledgedRoot(active, trustDomain) === undefined;
}

/** Whether leaves can be signed now, as far as the stored authority goes. */
export function signsNow(active: AuthoritySlot, trustDomain: ResolvedTrustDomain, now: Instant): boolean {
  return maySign(active, trustDomain) && now <= signsUntil(active, trustDomain);
}

/** That the imported authority in use ends soon, for operators; undefined: it does not. */
export function endingMessage({ imported }: AuthoritySlot, now: Instant): string | undefined {
  if (imported === undefined || now < imported.warnFrom) return undefined;
  const end = formatTimestamp(imported.endsAt);
  return now > imported.endsAt
    ? `the imported authority expired at ${end}; store its replacement in the Secret`
    : `the imported authority expires at ${end}, and SVIDs get shorter as that comes near; store its replacement in the Secret`;
}
