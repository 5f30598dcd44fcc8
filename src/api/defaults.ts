// SPDX-License-Identifier: Apache-2.0
/**
 * The defaults of every kind, filled in exactly as the API server does it by the CRDs. What is derived from another
 * field (Secret name, lifetime) is no default and comes with parsing.
 * @module
 */
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { Enforcement, IdentityPolicySpec, MTLSMode, ViolationResponse } from './identity-policy.ts';
import type {
  CertificateSubject,
  DeletionPolicy,
  PKCS12Profile,
  ReloadSpec,
  SecretFormat,
  ServiceIdentitySpec,
} from './service-identity.ts';
import type {
  AuthorityKeySpec,
  AuthoritySource,
  BundleSpec,
  ClusterTrustBundleMode,
  TrustDomainSpec,
} from './trust-domain.ts';

/** Name of the TrustDomain that issues where a spec names none. */
export const DEFAULT_TRUST_DOMAIN_NAME = 'default';
const DEFAULT_KEY_ALGORITHM: KeyAlgorithm = 'ECDSA-P256';

/** Of the Secret with the password of PKCS#12 files. */
export const DEFAULT_PASSWORD_KEY = 'password';
const DEFAULT_PROFILE: PKCS12Profile = 'Modern2023';
const DEFAULT_MIN_INTERVAL = '10m';

/** Name of the TrustDomain object that a spec refers to. */
export function trustDomainNameOf(spec: ServiceIdentitySpec): string {
  return spec.trustDomainRef?.name ?? DEFAULT_TRUST_DOMAIN_NAME;
}

/** A spec as the API server stores it. */
export interface DefaultedServiceIdentitySpec extends ServiceIdentitySpec {
  readonly trustDomainRef: { readonly name: string };
  readonly subject: CertificateSubject;
  readonly privateKey: { readonly algorithm: KeyAlgorithm };
  readonly secret: NonNullable<ServiceIdentitySpec['secret']> & {
    readonly formats: readonly SecretFormat[];
    readonly deletionPolicy: DeletionPolicy;
  };
  readonly suspend: boolean;
}

/** Fills in the defaults; what is set stays as it is. */
export function withServiceIdentityDefaults(spec: ServiceIdentitySpec): DefaultedServiceIdentitySpec {
  return {
    ...spec,
    trustDomainRef: { name: DEFAULT_TRUST_DOMAIN_NAME, ...spec.trustDomainRef },
    subject: spec.subject ?? 'Empty',
    privateKey: { algorithm: DEFAULT_KEY_ALGORITHM, ...spec.privateKey },
    secret: {
      deletionPolicy: 'Delete',
      ...spec.secret,
      formats: (spec.secret?.formats ?? [{ type: 'PEM' }]).map(withFormatDefaults),
    },
    suspend: spec.suspend ?? false,
    ...(spec.reload === undefined ? {} : { reload: withReloadDefaults(spec.reload) }),
  };
}

function withFormatDefaults({ pkcs12, ...format }: SecretFormat): SecretFormat {
  if (pkcs12 === undefined) return format;
  const passwordSecretRef = { key: DEFAULT_PASSWORD_KEY, ...pkcs12.passwordSecretRef };
  return { ...format, pkcs12: { profile: DEFAULT_PROFILE, ...pkcs12, passwordSecretRef } };
}

function withReloadDefaults({ rollout, ...reload }: ReloadSpec): ReloadSpec {
  return rollout === undefined ? reload : { ...reload, rollout: { minInterval: DEFAULT_MIN_INTERVAL, ...rollout } };
}

/** Keys of an authority of our own making. */
export interface SelfSignedKeys {
  readonly root: Required<AuthorityKeySpec>;
  readonly intermediate: Required<AuthorityKeySpec>;
}
export const DEFAULT_SELF_SIGNED: SelfSignedKeys = {
  root: { ttl: '8760h', keyAlgorithm: DEFAULT_KEY_ALGORITHM },
  intermediate: { ttl: '168h', keyAlgorithm: DEFAULT_KEY_ALGORITHM },
};
const DEFAULT_SVID = { defaultTTL: '1h', minTTL: '15m', maxTTL: '24h', shortNames: false } as const;
export const DEFAULT_PROPAGATION_MARGIN = '5m';

/** A spec as the API server stores it; a source without its member is a fault and stays one. */
export interface DefaultedTrustDomainSpec extends TrustDomainSpec {
  readonly authority: { readonly source: AuthoritySource & { readonly selfSigned?: SelfSignedKeys } };
  readonly svid: Required<NonNullable<TrustDomainSpec['svid']>>;
  readonly bundle: BundleSpec & { readonly clusterTrustBundle: ClusterTrustBundleMode };
  readonly propagationMargin: string;
}

/** Fills in the defaults; what is set stays as it is. */
export function withTrustDomainDefaults(spec: TrustDomainSpec): DefaultedTrustDomainSpec {
  const source = spec.authority?.source ?? { type: 'SelfSigned', selfSigned: {} };
  return {
    ...spec,
    authority: { source: withSourceDefaults(source) },
    svid: { ...DEFAULT_SVID, ...spec.svid },
    bundle: { clusterTrustBundle: 'Auto', ...spec.bundle },
    propagationMargin: spec.propagationMargin ?? DEFAULT_PROPAGATION_MARGIN,
  };
}

function withSourceDefaults(source: AuthoritySource): DefaultedTrustDomainSpec['authority']['source'] {
  const { selfSigned, ...others } = source;
  if (selfSigned === undefined) return others;
  return {
    ...others,
    selfSigned: {
      root: { ...DEFAULT_SELF_SIGNED.root, ...selfSigned.root },
      intermediate: { ...DEFAULT_SELF_SIGNED.intermediate, ...selfSigned.intermediate },
    },
  };
}

/** A spec as the API server stores it. */
export interface DefaultedIdentityPolicySpec extends IdentityPolicySpec {
  readonly mtls: NonNullable<IdentityPolicySpec['mtls']> & { readonly mode: MTLSMode };
  readonly enforcement: Enforcement;
  readonly onViolation: ViolationResponse;
}

/** Fills in the defaults; what is set stays as it is. */
export function withIdentityPolicyDefaults(spec: IdentityPolicySpec): DefaultedIdentityPolicySpec {
  return {
    ...spec,
    mtls: { mode: 'Permissive', ...spec.mtls },
    enforcement: spec.enforcement ?? 'Enforce',
    onViolation: spec.onViolation ?? 'KeepUntilRenewal',
  };
}
