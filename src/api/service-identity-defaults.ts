// SPDX-License-Identifier: Apache-2.0
/**
 * The defaults of a ServiceIdentity, filled in exactly as the API server does it by the CRD, and the resolved form that
 * parsing makes of a spec: complete, times in milliseconds.
 * @module
 */
import type { Duration } from '../time.ts';
import type {
  CertificateSubject,
  DeletionPolicy,
  KeyAlgorithm,
  SecretFormat,
  SecretFormatType,
  ServiceIdentity,
  ServiceIdentitySpec,
} from './service-identity.ts';

/** Name of the TrustDomain that issues where a spec names none. */
export const DEFAULT_TRUST_DOMAIN_NAME = 'default';
/** For leaves and authorities alike. */
export const DEFAULT_KEY_ALGORITHM: KeyAlgorithm = 'ECDSA-P256';

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
    secret: { formats: [{ type: 'PEM' }], deletionPolicy: 'Delete', ...spec.secret },
    suspend: spec.suspend ?? false,
  };
}

/** Name of the Secret of an identity; where the spec names none, it follows from the name of the identity. */
export function secretNameOf(
  identity: Pick<ServiceIdentity, 'spec'> & { metadata: { readonly name: string } },
): string {
  return identity.spec.secret?.name ?? `${identity.metadata.name}-svid`;
}

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
  readonly deletionPolicy: DeletionPolicy;
  /** SPIFFE ID patterns. Absent: not restricted. Empty: none. */
  readonly allowedClients?: readonly string[];
  readonly allowedServers?: readonly string[];
  readonly renewRequest?: string;
  readonly suspend: boolean;
}
