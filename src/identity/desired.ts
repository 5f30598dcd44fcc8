// SPDX-License-Identifier: Apache-2.0
/**
 * What a ServiceIdentity asks for, worked out from its spec and its TrustDomain: the SVID, and the Secret around it.
 * @module
 */
import { boundedTTL, boundsErrors, dnsScope } from '../api/bounds.ts';
import { certificateDNSNames } from '../api/dns-names.ts';
import { type FieldError, fieldError } from '../api/field-error.ts';
import type { PasswordSource, ResolvedServiceIdentity, ResolvedTrustDomain } from '../api/resolved.ts';
import type {
  CertificateSubject,
  SecretFormatType,
  ServiceIdentity,
  ServiceIdentitySpec,
} from '../api/service-identity.ts';
import { parseServiceIdentitySpec } from '../api/service-identity-validation.ts';
import {
  FILES_DIGEST_ANNOTATION,
  IDENTITY_LABEL,
  MANAGED_LABEL,
  MANAGED_SVID,
  METADATA_KEYS_ANNOTATION,
  RETAIN_LABEL,
  SPIFFE_ID_ANNOTATION,
  SVID_DIGEST_ANNOTATION,
} from '../api/well-known.ts';
import { digest } from '../digest/digest.ts';
import { formatSPIFFEID, serviceAccountID } from '../spiffe/id.ts';
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { Duration } from '../time.ts';
import type { Settings } from './observed.ts';

/** The SVID to be issued. */
export interface DesiredSVID {
  readonly spiffeID: string;
  readonly dnsNames: readonly string[];
  readonly subject: CertificateSubject;
  readonly algorithm: KeyAlgorithm;
  readonly ttl: Duration;
  readonly formats: readonly SecretFormatType[];
}

/**
 * What a stored SVID found by its bytes is held against: the spec alone, because the TrustDomain's own settings take
 * effect at the next renewal.
 */
export interface SpecifiedSVID {
  readonly dnsNames: readonly string[];
  /** Names that depend on the TrustDomain: they may be there or not. */
  readonly shortNames: readonly string[];
  /** What its lifetime may be: as the spec says, or as the TrustDomain bounds it. Undefined: the TrustDomain decides. */
  readonly ttl: { readonly shortest: Duration; readonly longest: Duration } | undefined;
}

/** The Secret it goes into. */
export interface DesiredSecret {
  readonly name: string;
  readonly retain: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** One SPIFFE ID pattern a line; undefined: the file does not exist (not restricted). */
  readonly allowedClients: string | undefined;
  readonly allowedServers: string | undefined;
  /** PEM of the anchors; undefined while the authority is not known. */
  readonly anchorsPEM: string | undefined;
}

/** A lifetime that the TrustDomain's bounds keep from being as the spec asks. */
export interface BoundedLifetime {
  readonly asked: Duration;
  readonly bounds: { readonly trustDomain: string; readonly min: Duration; readonly max: Duration };
}

export interface Desired {
  /** Present where svid.ttl is another than spec.ttl. */
  readonly bounded?: BoundedLifetime;
  readonly svid: DesiredSVID;
  readonly specified: SpecifiedSVID;
  readonly secret: DesiredSecret;
  /** Present where PKCS#12 files are asked for. */
  readonly password?: PasswordSource;
  /** The request of a user that the next SVID answers, whatever it is issued for. */
  readonly renewRequest?: string;
  /** Digest of the inputs that a change of re-issues. The TrustDomain's own settings are not among them: they take
   * effect at the next renewal, so that editing one object never re-issues thousands. */
  readonly svidDigest: string;
  readonly filesDigest: string;
}

/** Digest of the files beside the SVID, from what is desired or from what is stored. */
export function filesDigest(anchorsPEM?: string, allowedClients?: string, allowedServers?: string): string {
  const files = [anchorsPEM, allowedClients, allowedServers];
  if (files.some((file, i) => file !== lastFiles.files[i])) lastFiles = { files, digest: digest(files) };
  return lastFiles.digest;
}

/** Most identities of a trust domain have the same files, and anchors are long. */
let lastFiles: { readonly files: readonly (string | undefined)[]; readonly digest: string } = {
  files: [],
  digest: digest([undefined, undefined, undefined]),
};

/** The same for the spec of an identity as it is stored, valid or not. */
export function specFilesDigest({ mtls }: ServiceIdentitySpec, anchorsPEM: string): string {
  return filesDigest(anchorsPEM, peersFile(mtls?.allowedClients), peersFile(mtls?.allowedServers));
}

/** Works out what is desired, or every reason why the spec cannot be served. */
export function desiredIdentity(
  identity: ServiceIdentity,
  trustDomain: ResolvedTrustDomain,
  anchorsPEM: string | undefined,
  settings: Settings,
): { readonly value: Desired } | { readonly errors: readonly FieldError[] } {
  const namespace = identity.metadata.namespace ?? '';
  const parsed = parseServiceIdentitySpec(identity.spec, identity.metadata.name, namespace);
  if ('errors' in parsed) return parsed;
  const spec = parsed.value;
  const id = serviceAccountID(trustDomain.trustDomain, namespace, spec.serviceAccountName);
  if ('problem' in id) {
    return { errors: [fieldError('spec.serviceAccountName', spec.serviceAccountName, id.problem)] };
  }
  const scope = { ...settings, namespace };
  const errors = boundsErrors(spec, trustDomain, scope);
  if (errors.length > 0) return { errors };
  const ttl = boundedTTL(spec, trustDomain);
  const names = dnsScope(trustDomain, scope);
  const dnsNames = certificateDNSNames(spec, names);
  const qualified = certificateDNSNames(spec, { ...names, shortNames: false });
  const specified = { dnsNames: qualified, shortNames: spec.services, ttl: lifetimeRange(spec.ttl, ttl) };

  const spiffeID = formatSPIFFEID(id.value);
  const svid = { spiffeID, dnsNames, subject: spec.subject, algorithm: spec.keyAlgorithm, ttl, formats: spec.formats };
  const allowedClients = peersFile(spec.allowedClients);
  const allowedServers = peersFile(spec.allowedServers);
  const digests = {
    svidDigest: svidDigest(spiffeID, spec),
    filesDigest: filesDigest(anchorsPEM, allowedClients, allowedServers),
  };
  const secret = {
    name: spec.secretName,
    retain: spec.deletionPolicy === 'Retain',
    labels: secretLabels(identity.metadata.name, spec),
    annotations: secretAnnotations(spiffeID, spec, digests),
    allowedClients,
    allowedServers,
    anchorsPEM,
  };
  const password = spec.password === undefined ? {} : { password: spec.password };
  const request = spec.renewRequest === undefined ? {} : { renewRequest: spec.renewRequest };
  const bounded = boundedLifetime(spec.ttl, ttl, trustDomain);
  return { value: { svid, specified, secret, ...password, ...request, ...digests, ...bounded } };
}

function lifetimeRange(asked: Duration | undefined, issued: Duration): SpecifiedSVID['ttl'] {
  return asked === undefined ? undefined : { shortest: Math.min(asked, issued), longest: Math.max(asked, issued) };
}

function boundedLifetime(
  asked: Duration | undefined,
  issued: Duration,
  { name, minTTL, maxTTL }: ResolvedTrustDomain,
): Pick<Desired, 'bounded'> {
  if (asked === undefined || asked === issued) return {};
  return { bounded: { asked, bounds: { trustDomain: name, min: minTTL, max: maxTTL } } };
}

function svidDigest(spiffeID: string, spec: ResolvedServiceIdentity): string {
  const { services, dnsNames, subject, keyAlgorithm, ttl, formats } = spec;
  const lists = [services, dnsNames, formats].map(listDigest);
  // Nothing is added for who has none: a new kind of file must not re-issue everybody.
  const password = spec.password === undefined ? [] : [spec.password.name, spec.password.key];
  return digest([spiffeID, subject, keyAlgorithm, ttl === undefined ? undefined : String(ttl), ...lists, ...password]);
}

const EMPTY_LIST = digest([]);

function listDigest(list: readonly string[]): string {
  return list.length === 0 ? EMPTY_LIST : digest(list.toSorted());
}

function peersFile(patterns: readonly string[] | undefined): string | undefined {
  return patterns?.map((pattern) => `${pattern}\n`).join('');
}

function secretLabels(name: string, spec: ResolvedServiceIdentity): Record<string, string> {
  const retain = spec.deletionPolicy === 'Retain' ? { [RETAIN_LABEL]: 'true' } : {};
  return { ...spec.secretLabels, [MANAGED_LABEL]: MANAGED_SVID, [IDENTITY_LABEL]: name, ...retain };
}

function secretAnnotations(
  spiffeID: string,
  spec: ResolvedServiceIdentity,
  digests: { readonly svidDigest: string; readonly filesDigest: string },
): Record<string, string> {
  const keys = [
    ...Object.keys(spec.secretLabels).map((key) => `label:${key}`),
    ...Object.keys(spec.secretAnnotations).map((key) => `annotation:${key}`),
  ];
  const extra = keys.length === 0 ? {} : { [METADATA_KEYS_ANNOTATION]: keys.join(',') };
  return {
    ...spec.secretAnnotations,
    [SPIFFE_ID_ANNOTATION]: spiffeID,
    [SVID_DIGEST_ANNOTATION]: digests.svidDigest,
    [FILES_DIGEST_ANNOTATION]: digests.filesDigest,
    ...extra,
  };
}
