// SPDX-License-Identifier: Apache-2.0
/**
 * The defaults of a TrustDomain, filled in exactly as the API server does it by the CRD, and the resolved form that
 * parsing makes of a spec: complete, times in milliseconds.
 * @module
 */
import type { Duration } from '../time.ts';
import type { LabelSelector } from './object-meta.ts';
import type { KeyAlgorithm } from './service-identity.ts';
import { DEFAULT_KEY_ALGORITHM } from './service-identity-defaults.ts';
import type { AuthorityKeySpec, AuthoritySource, TrustDomainSpec } from './trust-domain.ts';

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
  readonly propagationMargin: string;
}

/** Fills in the defaults; what is set stays as it is. */
export function withTrustDomainDefaults(spec: TrustDomainSpec): DefaultedTrustDomainSpec {
  const source = spec.authority?.source ?? { type: 'SelfSigned', selfSigned: {} };
  return {
    ...spec,
    authority: { source: withSourceDefaults(source) },
    svid: { ...DEFAULT_SVID, ...spec.svid },
    propagationMargin: spec.propagationMargin ?? DEFAULT_PROPAGATION_MARGIN,
  };
}

function withSourceDefaults(source: AuthoritySource): DefaultedTrustDomainSpec['authority']['source'] {
  if (source.selfSigned === undefined) return { type: source.type };
  return {
    type: source.type,
    selfSigned: {
      root: { ...DEFAULT_SELF_SIGNED.root, ...source.selfSigned.root },
      intermediate: { ...DEFAULT_SELF_SIGNED.intermediate, ...source.selfSigned.intermediate },
    },
  };
}

/** Lifetime and key of a root or an intermediate. */
export interface AuthorityKey {
  readonly ttl: Duration;
  readonly keyAlgorithm: KeyAlgorithm;
}

/** A TrustDomain whose spec keeps every rule, its honest numbers included. */
export interface ResolvedTrustDomain {
  /** Name of the TrustDomain object. */
  readonly name: string;
  /** The SPIFFE trust domain name. */
  readonly trustDomain: string;
  /** Absent: no namespace. */
  readonly allowedNamespaces?: LabelSelector;
  readonly root: AuthorityKey;
  readonly intermediate: AuthorityKey;
  readonly defaultTTL: Duration;
  readonly minTTL: Duration;
  readonly maxTTL: Duration;
  readonly shortNames: boolean;
  /** M: how long kubelets and workloads may lag behind a stored Secret. */
  readonly propagationMargin: Duration;
  readonly allowedDNS: readonly string[];
}
