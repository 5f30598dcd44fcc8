// SPDX-License-Identifier: Apache-2.0
/**
 * The ServiceIdentity resource as users write it and as the API server serves it. crds/ is the source of truth;
 * a consistency test holds these types equal to it.
 * @module
 */
import type { IdentityConditionType, IdentityReason } from './conditions.ts';
import type { Condition, ObjectMeta } from './object-meta.ts';

export const KEY_ALGORITHMS = ['ECDSA-P256', 'ECDSA-P384', 'Ed25519', 'RSA-2048', 'RSA-3072'] as const;
/** Algorithm and size of a private key. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export const SECRET_FORMATS = ['PEM', 'CombinedPEM'] as const;
export type SecretFormatType = (typeof SECRET_FORMATS)[number];

export interface SecretFormat {
  readonly type: SecretFormatType;
}

export const CERTIFICATE_SUBJECTS = ['Empty', 'SPIFFEPath'] as const;
/** Empty: no subject. SPIFFEPath: `CN=ns/<namespace>/sa/<service account>`. */
export type CertificateSubject = (typeof CERTIFICATE_SUBJECTS)[number];

export const DELETION_POLICIES = ['Delete', 'Retain'] as const;
export type DeletionPolicy = (typeof DELETION_POLICIES)[number];

export interface ServiceIdentitySpec {
  /** ServiceAccount of the same namespace; the SPIFFE ID is derived from it. Immutable. */
  readonly serviceAccountName: string;
  /** The TrustDomain object that issues. Immutable. Default `default`. */
  readonly trustDomainRef?: { readonly name?: string };
  /** Services of the same namespace; each stands for its three qualified DNS names. */
  readonly services?: readonly string[];
  /** Further DNS names; the TrustDomain must allow them. */
  readonly dnsNames?: readonly string[];
  /** Subject of the certificate. Default `Empty`. */
  readonly subject?: CertificateSubject;
  /** Lifetime of an SVID, a Go duration; default: the TrustDomain's `svid.defaultTTL`. */
  readonly ttl?: string;
  readonly privateKey?: { readonly algorithm?: KeyAlgorithm };
  readonly secret?: {
    /** Default `<metadata.name>-svid`. */
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    /** Default `[{type: PEM}]`; PEM is always among them. */
    readonly formats?: readonly SecretFormat[];
    /** Default `Delete`. */
    readonly deletionPolicy?: DeletionPolicy;
  };
  readonly mtls?: {
    /** SPIFFE IDs, `*` for one whole path segment. Absent: not restricted. Empty: none. */
    readonly allowedClients?: readonly string[];
    readonly allowedServers?: readonly string[];
  };
  /** A new value re-issues once. */
  readonly renewRequest?: string;
  /** True: no issuance; the stored SVID stays. */
  readonly suspend?: boolean;
}

export interface ServiceIdentityStatus {
  readonly conditions?: readonly Condition<IdentityConditionType, IdentityReason>[];
  readonly observedGeneration?: number;
  readonly spiffeID?: string;
  /** Lowercase hexadecimal. */
  readonly serialNumber?: string;
  /** SHA-256 of the leaf's DER, lowercase hexadecimal. */
  readonly fingerprint?: string;
  /** Id of the authority that signed the leaf. */
  readonly authorityID?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** When the next renewal is planned. */
  readonly renewalTime?: string;
  /** From the response of the write that stored the SVID. */
  readonly secret?: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly observedRenewRequest?: string;
}

export interface ServiceIdentity {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: ServiceIdentitySpec;
  readonly status?: ServiceIdentityStatus;
}
