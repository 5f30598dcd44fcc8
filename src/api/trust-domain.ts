// SPDX-License-Identifier: Apache-2.0
/**
 * The TrustDomain resource: one SPIFFE trust domain, its authority and what may be issued under it. crds/ is the
 * source of truth; a consistency test holds these types equal to it.
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { TrustDomainConditionType, TrustDomainReason } from './conditions.ts';
import type { Condition, LabelSelector, ObjectMeta } from './object-meta.ts';

export interface AuthorityKeySpec {
  /** A Go duration. */
  readonly ttl?: string;
  readonly keyAlgorithm?: KeyAlgorithm;
}

export const AUTHORITY_SOURCES = ['SelfSigned', 'Imported'] as const;

/** A discriminated union: the member that `type` names is set, and no other. */
export interface AuthoritySource {
  readonly type: (typeof AUTHORITY_SOURCES)[number];
  readonly selfSigned?: {
    /** Default ttl 8760h, ECDSA-P256. */
    readonly root?: AuthorityKeySpec;
    /** Default ttl 168h, ECDSA-P256. */
    readonly intermediate?: AuthorityKeySpec;
  };
  readonly imported?: {
    /** A Secret in the namespace of the controller: tls.crt, tls.key, and ca.crt where tls.crt does not hold the root. */
    readonly secretRef: { readonly name: string };
    /** SHA-256 fingerprint of a root that is not dedicated to the trust domain and is used all the same. */
    readonly acknowledgeSharedRoot?: string;
  };
}

export const CLUSTER_TRUST_BUNDLE_MODES = ['Auto', 'Never'] as const;
/** Auto: published where the API server knows ClusterTrustBundles. */
export type ClusterTrustBundleMode = (typeof CLUSTER_TRUST_BUNDLE_MODES)[number];

/** Where the trust anchors are published besides the Secrets of identities. */
export interface BundleSpec {
  /** Default <metadata.name>-trust-bundle. */
  readonly configMapName?: string;
  /** Namespaces that get the ConfigMap. Absent: those of allowedNamespaces. */
  readonly namespaceSelector?: LabelSelector;
  /** Default Auto. */
  readonly clusterTrustBundle?: ClusterTrustBundleMode;
}

export interface TrustDomainSpec {
  /** The SPIFFE trust domain name. Immutable; has no default. */
  readonly trustDomain: string;
  /** Namespaces that may hold identities of this trust domain. Absent: none. */
  readonly allowedNamespaces?: LabelSelector;
  readonly authority?: {
    /** Default SelfSigned with its defaults. */
    readonly source?: AuthoritySource;
  };
  readonly svid?: {
    /** Default 1h. */
    readonly defaultTTL?: string;
    /** Default 15m. */
    readonly minTTL?: string;
    /** Default 24h. */
    readonly maxTTL?: string;
    /** Whether `services` also yields the bare service name. Default false. */
    readonly shortNames?: boolean;
  };
  /** Absent: authorities rotate by schedule alone. */
  readonly rotation?: RotationRequest;
  /** M: the time kubelets and workloads may lag behind a stored Secret. Default 5m. */
  readonly propagationMargin?: string;
  /** DNS name patterns (`*` as a whole leftmost label) that identities may carry besides their own services'. */
  readonly allowedDNS?: readonly string[];
  /** Default: the ConfigMap in every allowed namespace, and a ClusterTrustBundle where there are any. */
  readonly bundle?: BundleSpec;
}

export const ROTATION_ACTIONS = ['RotateIntermediate', 'RotateRoot', 'Compromise'] as const;
/**
 * RotateIntermediate: a new one signs at once. RotateRoot: a new root is published, waited for, and takes over.
 * Compromise: a new root at once, every SVID replaced, then the old root removed.
 */
export type RotationAction = (typeof ROTATION_ACTIONS)[number];

/** What an operator asks for, once for each id. */
export interface RotationRequest {
  /** A new value asks again. */
  readonly id: string;
  readonly action: RotationAction;
  /** For people, events and the audit. */
  readonly reason?: string;
  /**
   * With Compromise: the old root is removed at once, although this many workloads or fewer still depend on it. Absent:
   * it is removed when nothing depends on it any more and the propagation margin has passed.
   */
  readonly acknowledgeBroken?: number;
}

export const AUTHORITY_STATES = ['Prepared', 'Active', 'Retired'] as const;
/**
 * Prepared: published, does not sign. Active: signs. Retired: does not sign any more, still trusted, unless it is an
 * intermediate of a compromised root that was withdrawn.
 */
export type AuthorityState = (typeof AUTHORITY_STATES)[number];

export const AUTHORITY_KINDS = ['Root', 'Intermediate'] as const;
export type AuthorityKind = (typeof AUTHORITY_KINDS)[number];

export interface AuthorityStatus {
  /** Lowercase hexadecimal SHA-256 of the public key (SPKI DER), first 16 octets. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly state: AuthorityState;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Retired: past this no SVID under it is valid any more. */
  readonly leavesUntil?: string;
  /** An operator reported its key as compromised. */
  readonly compromised?: boolean;
}

export const ROTATION_STATES = ['InProgress', 'Completed', 'Refused'] as const;
export type RotationState = (typeof ROTATION_STATES)[number];

export const ROTATION_STEPS = [
  'PublishingRoot',
  'WaitingForMargin',
  'ReplacingSVIDs',
  'WaitingForOldSVIDs',
  'RemovingRoot',
] as const;
/**
 * PublishingRoot: the new root goes into every Secret and bundle. WaitingForMargin: it is there, workloads load it.
 * ReplacingSVIDs: SVIDs of a compromised authority are replaced. WaitingForOldSVIDs: the new root signs, the old one
 * stays until no SVID under it is valid. RemovingRoot: a compromised root is taken out of every Secret and bundle.
 */
export type RotationStep = (typeof ROTATION_STEPS)[number];

/** A Secret, ConfigMap or ClusterTrustBundle that is not as the rotation needs it, and why. */
export interface BlockerStatus {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly reason: string;
}

/** Where the bundle is published. */
export interface BundleStatus {
  /** The spiffe_sequence of the published document. */
  readonly sequence: number;
  readonly configMaps: {
    /** Namespaces that have to hold the ConfigMap. */
    readonly total: number;
    /** Of these, those that hold it as it is now. */
    readonly current: number;
  };
  /** Name of the ClusterTrustBundle that holds the anchors; absent: there is none. */
  readonly clusterTrustBundle?: string;
  /** Up to ten objects that can't be written. */
  readonly blocked?: readonly BlockerStatus[];
}

/** The answer to one request. */
export interface RequestStatus {
  readonly id: string;
  readonly action: RotationAction;
  readonly state: Exclude<RotationState, 'InProgress'>;
  readonly message: string;
  readonly time: string;
}

/** The rotation in progress, or the last one. */
export interface RotationStatus {
  /** Absent: by schedule. */
  readonly id?: string;
  readonly action: RotationAction;
  readonly reason?: string;
  readonly state: RotationState;
  readonly step?: RotationStep;
  /** What it waits for, when it will go on, or why it was refused. */
  readonly message: string;
  readonly startedAt: string;
  readonly completedAt?: string;
  /** When the next step is due by time; absent: when what is counted has come to its end. */
  readonly nextStepTime?: string;
  /** Secrets and bundles that have to hold the anchors. */
  readonly targets?: number;
  /** Of these, how many do not yet. */
  readonly stale?: number;
  /** SVIDs in use that were signed by a compromised authority. */
  readonly exposed?: number;
  /** How many were given up when the deadline passed; absent again when all of them hold the anchors. */
  readonly quarantined?: number;
  /** Up to ten of those that hold it up. */
  readonly blockers?: readonly BlockerStatus[];
}

export interface TrustDomainStatus {
  readonly conditions?: readonly Condition<TrustDomainConditionType, TrustDomainReason>[];
  readonly observedGeneration?: number;
  /** When the first of the active root and intermediate ends. */
  readonly notAfter?: string;
  readonly authorities?: readonly AuthorityStatus[];
  readonly rotation?: RotationStatus;
  /** The answer to a request that was over at once while `rotation` was in progress or something it gave up was left. */
  readonly lastRequest?: RequestStatus;
  readonly bundle?: BundleStatus;
}

export interface TrustDomain {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: TrustDomainSpec;
  readonly status?: TrustDomainStatus;
}
