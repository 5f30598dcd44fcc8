// SPDX-License-Identifier: Apache-2.0
/**
 * The IdentityPolicy resource as users write it and as the API server serves it. crds/ is the source of truth;
 * a consistency test holds these types equal to it.
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { PolicyConditionType, PolicyReason } from './conditions.ts';
import type { Condition, LabelSelector, ObjectMeta } from './object-meta.ts';
import type { SecretFormatType } from './service-identity.ts';

export const ENFORCEMENTS = ['Enforce', 'Warn', 'Audit'] as const;
/** Enforce: what breaks the policy is refused. Warn: it passes with a warning. Audit: it is counted in status only. */
export type Enforcement = (typeof ENFORCEMENTS)[number];

export const VIOLATION_RESPONSES = ['KeepUntilRenewal', 'Revoke'] as const;
/** What becomes of an SVID that was issued before the policy forbade it. */
export type ViolationResponse = (typeof VIOLATION_RESPONSES)[number];

export const MTLS_MODES = ['Permissive', 'Strict'] as const;
/** Strict: every workload runs as a service account with a ServiceIdentity and mounts its SVID. */
export type MTLSMode = (typeof MTLS_MODES)[number];

/** SPIFFE ID patterns. */
export interface PeerBounds {
  /** Absent: any. Empty: none. */
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
}

export interface PolicyValidation {
  readonly name: string;
  /** CEL, true where all is well. */
  readonly expression: string;
  /** What to do about it; goes to whoever breaks the rule. */
  readonly message: string;
}

export interface IdentityPolicySpec {
  /** Both must match. Absent: every namespace and every service account. */
  readonly match?: {
    readonly namespaces?: {
      /** Namespace names; one `*` may stand for any characters. Absent: any. */
      readonly names?: readonly string[];
      /** Labels of the namespace. Absent: any. */
      readonly selector?: LabelSelector;
    };
    /** Service account names; one `*` may stand for any characters. Absent: any. */
    readonly serviceAccounts?: readonly string[];
  };
  /** What may be issued. Each list: absent any, empty none. */
  readonly issue?: {
    readonly serviceAccounts?: readonly string[];
    /** DNS name patterns: `*` for one label, and `{namespace}`, `{serviceAccount}`, `{clusterDomain}`. */
    readonly dnsNames?: readonly string[];
    readonly ttl?: { readonly min?: string; readonly max?: string };
    readonly keyAlgorithms?: readonly KeyAlgorithm[];
    readonly secretFormats?: readonly SecretFormatType[];
  };
  readonly mtls?: {
    /** Default `Permissive`. */
    readonly mode?: MTLSMode;
    readonly clients?: PeerBounds;
    readonly servers?: PeerBounds;
  };
  readonly validations?: readonly PolicyValidation[];
  /** Default `Enforce`. */
  readonly enforcement?: Enforcement;
  /** Default `KeepUntilRenewal`. */
  readonly onViolation?: ViolationResponse;
}

export interface IdentityPolicyStatus {
  readonly conditions?: readonly Condition<PolicyConditionType, PolicyReason>[];
  readonly observedGeneration?: number;
  /** ServiceIdentities the policy matches. */
  readonly matched?: number;
  /** Of these, how many break it. */
  readonly violating?: number;
  /** Up to ten of those, as `namespace/name`. */
  readonly examples?: readonly string[];
}

export interface IdentityPolicy {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: IdentityPolicySpec;
  readonly status?: IdentityPolicyStatus;
}
