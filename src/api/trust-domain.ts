// SPDX-License-Identifier: Apache-2.0
/**
 * The TrustDomain resource: one SPIFFE trust domain, its authority and what may be issued under it. crds/ is the
 * source of truth; a consistency test holds these types equal to it.
 * @module
 */
import type { TrustDomainConditionType, TrustDomainReason } from './conditions.ts';
import type { Condition, LabelSelector, ObjectMeta } from './object-meta.ts';
import type { KeyAlgorithm } from './service-identity.ts';

export interface AuthorityKeySpec {
  /** A Go duration. */
  readonly ttl?: string;
  readonly keyAlgorithm?: KeyAlgorithm;
}

export const AUTHORITY_SOURCES = ['SelfSigned'] as const;

/** A discriminated union: the member that `type` names is set, and no other. */
export interface AuthoritySource {
  readonly type: (typeof AUTHORITY_SOURCES)[number];
  readonly selfSigned?: {
    /** Default ttl 8760h, ECDSA-P256. */
    readonly root?: AuthorityKeySpec;
    /** Default ttl 168h, ECDSA-P256. */
    readonly intermediate?: AuthorityKeySpec;
  };
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
  /** M: the time kubelets and workloads may lag behind a stored Secret. Default 5m. */
  readonly propagationMargin?: string;
  /** DNS name patterns (`*` as a whole leftmost label) that identities may carry besides their own services'. */
  readonly allowedDNS?: readonly string[];
}

export const AUTHORITY_STATES = ['Prepared', 'Active', 'Retired'] as const;
/** Prepared: published, does not sign. Active: signs. Retired: does not sign any more, still trusted. */
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
}

export interface TrustDomainStatus {
  readonly conditions?: readonly Condition<TrustDomainConditionType, TrustDomainReason>[];
  readonly observedGeneration?: number;
  /** When the first of the active root and intermediate ends. */
  readonly notAfter?: string;
  readonly authorities?: readonly AuthorityStatus[];
}

export interface TrustDomain {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: TrustDomainSpec;
  readonly status?: TrustDomainStatus;
}
