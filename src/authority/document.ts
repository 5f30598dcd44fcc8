// SPDX-License-Identifier: Apache-2.0
/**
 * The state of a trust domain's authority as it is stored: every root and intermediate with its slot, and no key.
 * It lives beside the intermediate's key in one Secret, so a transition is one write.
 * @module
 */
import type { AuthorityKind, AuthorityState, RotationAction, RotationState } from '../api/trust-domain.ts';
import type { Duration, Instant } from '../time.ts';

export interface AuthoritySlot {
  /** Hash of the public key. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly state: AuthorityState;
  /** When the slot came into this state. */
  readonly since: Instant;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** PEM; empty for a retired intermediate that is known from status alone. */
  readonly certificate: string;
  /** The root that signed an intermediate. */
  readonly issuerID?: string;
  /** Of a root: its name and key under the signature of the root before it. */
  readonly cross?: CrossCertificate;
  /** Of a new root: since when every Secret and bundle holds it, as far as counted. */
  readonly storedSince?: Instant;
  /** Of a retired one: past this no leaf under it is valid. */
  readonly leavesUntil?: Instant;
  /** An operator reported the key as compromised. */
  readonly compromised?: true;
  /** Of a retired root: its key was destroyed. */
  readonly keyDestroyed?: true;
  /** Of a retired root: since when it is no anchor any more; Secrets lose it with their next renewal. */
  readonly withdrawnSince?: Instant;
  /** Of an intermediate: the longest lifetime that any leaf of it may have had; absent: as long as its own life. */
  readonly longestTTL?: Duration;
  /** Of an intermediate that was made elsewhere. */
  readonly imported?: ImportedPart;
}

/** What an imported intermediate has that our own do not. */
export interface ImportedPart {
  /** PEM of each authority between it and its root, from below. */
  readonly chain: readonly string[];
  /** When the first certificate from it up to its root ends; no leaf outlives it. */
  readonly endsAt: Instant;
  /** When operators begin to hear about that end. */
  readonly warnFrom: Instant;
  /** SHA-256 fingerprint of its root, where other authorities may stand under that one too. */
  readonly sharedRoot?: string;
}

export interface CrossCertificate {
  /** PEM. */
  readonly certificate: string;
  /** The root that signed it. */
  readonly issuerID: string;
}

/** The rotation in progress, or the last one. */
export interface RotationRecord {
  /** Of the operator's request; absent: by schedule. */
  readonly id?: string;
  readonly action: RotationAction;
  readonly reason?: string;
  readonly state: RotationState;
  readonly startedAt: Instant;
  readonly completedAt?: Instant;
  /** Why it was refused. */
  readonly message?: string;
  /** Targets that were given up when the deadline passed; absent again when all of them hold the anchors. */
  readonly quarantined?: number;
}

export interface AuthorityDocument {
  readonly trustDomain: string;
  /** One more at every write: a replica that has seen a higher one knows that the cluster went back in time. */
  readonly revision: number;
  /** The spiffe_sequence of the bundle: higher with every change of the anchors. */
  readonly sequence: number;
  readonly slots: readonly AuthoritySlot[];
  readonly rotation?: RotationRecord;
  /** The last request that was over at once while `rotation` was in progress or something it gave up was left. */
  readonly aside?: RotationRecord;
  /** The id of the last request that was accepted or refused. */
  readonly requestID?: string;
  /**
   * Ids of those before it, the newest first. A spec that asks with one of them comes out of an old cache, or from a
   * manifest that was rolled back: it was answered, and nobody asks for it again.
   */
  readonly answeredIDs?: readonly string[];
}
