// SPDX-License-Identifier: Apache-2.0
/**
 * The facts a decision about one ServiceIdentity is made from, gathered before it and free of judgement.
 * @module
 */

import type { OwnerReference } from '../api/object-meta.ts';
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import type { CertificateSubject, ServiceIdentity } from '../api/service-identity.ts';
import type { HealingHistory } from '../rates/healing.ts';
import type { Pace } from '../rates/pacing.ts';
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { Duration, Instant } from '../time.ts';

/** What the metadata-only cache knows of a Secret. */
export interface SecretMeta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
  /** Of others; kept when the Secret is replaced. */
  readonly finalizers?: readonly string[];
  readonly deleting: boolean;
  /** What others put there was too much to keep: it is read before the Secret is written. */
  readonly partial?: true;
}

/** What is known of a stored SVID, be it from status or from the bytes of its Secret. */
export interface StoredFacts {
  readonly spiffeID: string;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly authorityID: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** The SVID found in a Secret, read from its bytes. */
export interface StoredSVID extends StoredFacts {
  readonly dnsNames: readonly string[];
  readonly subject: CertificateSubject;
  readonly algorithm: KeyAlgorithm | undefined;
}

/** What one GET of a Secret told, without a byte of its key. */
export interface SecretContent {
  readonly type: string;
  readonly immutable: boolean;
  /** Absent when key and chain do not hold an SVID that matches; `problem` says why. */
  readonly svid?: StoredSVID;
  readonly problem?: string;
  /** Digest of the files beside the SVID as stored; comparable with the desired one. */
  readonly filesDigest: string;
  /** Whether every file the spec's formats ask for is there and agrees with key and chain. */
  readonly formatsComplete: boolean;
  /** Version of the password by which PKCS#12 files were judged; absent where there was none. */
  readonly passwordVersion?: string;
}

/** What one GET of the Secret with a password told: a slow salted digest of it, or why it can't be used. */
export type PasswordRead = { readonly digest: string } | { readonly problem: string };

/** What is known of the password of PKCS#12 files. */
export interface PasswordView {
  /** uid and resourceVersion of its Secret; undefined: there is none with our label. */
  readonly version: string | undefined;
  /** Absent: not read at this version. */
  readonly read?: PasswordRead;
}

export interface ObservedSecret {
  readonly meta: SecretMeta;
  /** Undefined: not read at this resourceVersion. */
  readonly content: SecretContent | undefined;
}

/** The authority of a trust domain as far as issuance needs it. */
export interface AuthorityView {
  /** The intermediate that signs now. */
  readonly id: string;
  /** Past this the intermediate signs no more (design rule 1). */
  readonly signsUntil: Instant;
  /** Every authority whose leaves are still good. */
  readonly knownIDs: ReadonlySet<string>;
  /** PEM of the published anchors, as it goes into ca.crt. */
  readonly anchorsPEM: string;
  /** What ca.crt may hold instead until the next renewal: the anchors, and roots that were withdrawn in peace. */
  readonly toleratedPEMs: readonly string[];
  /** Past this no leaf of the authority that signs now is good, however late it is issued. */
  readonly leavesEnd: Instant;
  /** Compromised authorities whose root is no anchor any more: nobody accepts a leaf of theirs. */
  readonly distrustedIDs: ReadonlySet<string>;
  /** How long new anchors may wait for a renewal that brings them; 0 while a compromised root is on its way out. */
  readonly refreshPatience: Duration;
}

export interface TrustDomainView {
  readonly resolved: ResolvedTrustDomain;
  /** Name of the older TrustDomain object that serves the same trust domain. */
  readonly conflictsWith: string | undefined;
  readonly authority: AuthorityView | undefined;
}

/** Another ServiceIdentity of the namespace that names the same Secret. */
export interface Rival {
  readonly name: string;
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** How often, and when last, Secrets were read for one identity. Kept in memory: a restart starts afresh, bounded again. */
export interface Looks {
  readonly pace: Pace;
  readonly last: Instant;
}

/** What policies say against an identity as it is. */
export interface PolicyVerdict {
  /** Every rule that is broken, with what to do. */
  readonly message: string;
  /** An SVID that was issued before is withdrawn at once. */
  readonly revoke: boolean;
  /** It may be about peers, which are files beside the SVID and would be written without an issuance. */
  readonly peers: boolean;
}

/** What the operator configured. */
export interface Settings {
  readonly ownNamespace: string;
  readonly clusterDomain: string;
  /** Prefixes of label and annotation keys, without the slash, that specs may set on Secrets. */
  readonly allowedKeyPrefixes: readonly string[];
}

export interface Observed {
  readonly identity: ServiceIdentity;
  readonly settings: Settings;
  readonly namespace: { readonly labels: Readonly<Record<string, string>>; readonly terminating: boolean } | undefined;
  readonly serviceAccountExists: boolean;
  readonly trustDomain: TrustDomainView | undefined;
  /** The Secret that the spec names; undefined: the cache has none. */
  readonly secret: ObservedSecret | undefined;
  /** Whether absence from the label-selected cache was confirmed by a live read. */
  readonly absenceConfirmed: boolean;
  /** The Secret that status names, where the spec now names another one and it still exists. */
  readonly previousSecret: SecretMeta | undefined;
  /** Whether its absence from the label-selected cache was confirmed by a live read. */
  readonly previousConfirmed: boolean;
  readonly rivals: readonly Rival[];
  readonly healing: HealingHistory;
  readonly pace: Pace;
  readonly looks: Looks;
  /** Absent: the spec asks for no PKCS#12 files. */
  readonly password?: PasswordView;
  /** Absent: no policy stands against it. */
  readonly policy?: PolicyVerdict;
}
