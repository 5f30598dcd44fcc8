// SPDX-License-Identifier: Apache-2.0
/**
 * Specs as decisions read them: parsed, complete, times in milliseconds. Only parsing makes them.
 * @module
 */
import type { SPIFFEIDPattern } from '../spiffe/pattern.ts';
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { Duration } from '../time.ts';
import type { Enforcement, MTLSMode, PolicyValidation, ViolationResponse } from './identity-policy.ts';
import type { LabelSelector } from './object-meta.ts';
import type { CertificateSubject, DeletionPolicy, SecretFormatType, WorkloadRef } from './service-identity.ts';
import type { ClusterTrustBundleMode, RotationRequest } from './trust-domain.ts';

/** Where the password of the PKCS#12 files is. */
export interface PasswordSource {
  /** Name of the Secret. */
  readonly name: string;
  readonly key: string;
}

/** How workloads come to use a new SVID. */
export type ResolvedReload =
  | { readonly type: 'PodAnnotation' }
  | { readonly type: 'Rollout'; readonly workloads: readonly WorkloadRef[]; readonly minInterval: Duration };

/** A ServiceIdentity whose spec keeps every rule that concerns it alone; its TrustDomain may still refuse it. */
export interface ResolvedServiceIdentity {
  readonly serviceAccountName: string;
  /** Name of the TrustDomain object. */
  readonly trustDomainRef: string;
  readonly services: readonly string[];
  readonly dnsNames: readonly string[];
  readonly subject: CertificateSubject;
  /** Absent: the TrustDomain's default. */
  readonly ttl?: Duration;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly secretName: string;
  readonly secretLabels: Readonly<Record<string, string>>;
  readonly secretAnnotations: Readonly<Record<string, string>>;
  readonly formats: readonly SecretFormatType[];
  /** Present where PKCS12 is among the formats. */
  readonly password?: PasswordSource;
  readonly reload?: ResolvedReload;
  readonly deletionPolicy: DeletionPolicy;
  /** SPIFFE ID patterns. Absent: not restricted. Empty: none. */
  readonly allowedClients?: readonly string[];
  readonly allowedServers?: readonly string[];
  readonly renewRequest?: string;
  readonly suspend: boolean;
}

/** Lifetime and key of a root or an intermediate. */
interface AuthorityKey {
  readonly ttl: Duration;
  readonly keyAlgorithm: KeyAlgorithm;
}

/** Where the trust anchors are published. */
export interface ResolvedBundle {
  readonly configMapName: string;
  /** Absent: no namespace. */
  readonly namespaceSelector?: LabelSelector;
  readonly clusterTrustBundle: ClusterTrustBundleMode;
}

/** Where the authority comes from. */
export type ResolvedSource =
  | { readonly type: 'SelfSigned' }
  | {
      readonly type: 'Imported';
      /** In the namespace of the controller. */
      readonly secretName: string;
      /** Lowercase hexadecimal SHA-256 of a shared root that the operator answers for. */
      readonly acknowledgedRoot?: string;
    };

/** A TrustDomain whose spec keeps every rule, its honest numbers included. */
export interface ResolvedTrustDomain {
  /** Name of the TrustDomain object. */
  readonly name: string;
  /** The SPIFFE trust domain name. */
  readonly trustDomain: string;
  /** Absent: no namespace. */
  readonly allowedNamespaces?: LabelSelector;
  readonly source: ResolvedSource;
  /** What Signet makes for a SelfSigned source; the defaults, which nobody reads, for an imported one. */
  readonly root: AuthorityKey;
  readonly intermediate: AuthorityKey;
  readonly defaultTTL: Duration;
  readonly minTTL: Duration;
  readonly maxTTL: Duration;
  readonly shortNames: boolean;
  /** M: how long kubelets and workloads may lag behind a stored Secret. */
  readonly propagationMargin: Duration;
  readonly allowedDNS: readonly string[];
  readonly bundle: ResolvedBundle;
  /** Absent: authorities rotate by schedule alone. */
  readonly rotation?: RotationRequest;
}

/** Peers that identities may name on one side. */
export interface ResolvedPeerBounds {
  /** Absent: any. Empty: none. */
  readonly allowed?: readonly SPIFFEIDPattern[];
  readonly denied: readonly SPIFFEIDPattern[];
}

/** An IdentityPolicy whose spec keeps every rule but those of CEL, which others judge. Lists: absent any, empty none. */
export interface ResolvedIdentityPolicy {
  readonly name: string;
  readonly namespaceNames?: readonly string[];
  /** Absent: any namespace. */
  readonly namespaceSelector?: LabelSelector;
  readonly matchedServiceAccounts?: readonly string[];
  readonly serviceAccounts?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly minTTL?: Duration;
  readonly maxTTL?: Duration;
  readonly keyAlgorithms?: readonly KeyAlgorithm[];
  readonly secretFormats?: readonly SecretFormatType[];
  readonly mode: MTLSMode;
  readonly clients: ResolvedPeerBounds;
  readonly servers: ResolvedPeerBounds;
  readonly validations: readonly PolicyValidation[];
  readonly enforcement: Enforcement;
  readonly onViolation: ViolationResponse;
}
