// SPDX-License-Identifier: Apache-2.0
/**
 * The ServiceIdentity resource as users write it and as the API server serves it. crds/ is the source of truth;
 * a consistency test holds these types equal to it.
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { IdentityConditionType, IdentityReason } from './conditions.ts';
import type { Condition, ObjectMeta } from './object-meta.ts';

export const SECRET_FORMATS = ['PEM', 'CombinedPEM', 'PKCS12'] as const;
export type SecretFormatType = (typeof SECRET_FORMATS)[number];

export const PKCS12_PROFILES = ['Modern2023'] as const;
/** Modern2023: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, MAC by HMAC-SHA256. */
export type PKCS12Profile = (typeof PKCS12_PROFILES)[number];

export interface PKCS12Format {
  /** A Secret of the same namespace with the label signet.dev/password. Default key `password`. */
  readonly passwordSecretRef: { readonly name: string; readonly key?: string };
  /** Default `Modern2023`. */
  readonly profile?: PKCS12Profile;
}

export interface SecretFormat {
  readonly type: SecretFormatType;
  /** For type PKCS12 and no other. */
  readonly pkcs12?: PKCS12Format;
}

export const RELOAD_TYPES = ['PodAnnotation', 'Rollout'] as const;
export type ReloadType = (typeof RELOAD_TYPES)[number];

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

export interface WorkloadRef {
  readonly kind: WorkloadKind;
  /** Of the same namespace. */
  readonly name: string;
}

export interface ReloadSpec {
  readonly type: ReloadType;
  /** For type Rollout and no other. */
  readonly rollout?: {
    /** In the order in which they are restarted. */
    readonly workloads: readonly WorkloadRef[];
    /** A workload is restarted no more often than this. Default `10m`. */
    readonly minInterval?: string;
  };
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
  /** How workloads come to use a new SVID; absent: they watch their files themselves. */
  readonly reload?: ReloadSpec;
  /** A new value re-issues once. */
  readonly renewRequest?: string;
  /** True: no issuance; the stored SVID stays. */
  readonly suspend?: boolean;
}

/** Current: nothing is to be done for the SVID it names. */
export type RolloutState = 'Current' | 'Restarting' | 'Failed';

/** The last restart of one workload. */
export interface RolloutStatus {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly uid: string;
  readonly state: RolloutState;
  /** Of the SVID it was restarted for, or that was there when the workload was first seen. */
  readonly fingerprint: string;
  /** Generation of the workload when the restart was decided. */
  readonly generation: number;
  /** When it was last restarted by us; absent: never. */
  readonly restartTime?: string;
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
  /** What became of the workloads of spec.reload, written before each is restarted. */
  readonly rollouts?: readonly RolloutStatus[];
}

export interface ServiceIdentity {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: ServiceIdentitySpec;
  readonly status?: ServiceIdentityStatus;
}
