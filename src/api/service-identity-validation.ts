// SPDX-License-Identifier: Apache-2.0
/**
 * Parses the spec of a ServiceIdentity into its resolved form, or says everything that is wrong with it: the rules of
 * the CRD once more, for objects stored before a rule existed, and those that a schema cannot express.
 * @module
 */
import { MAX_SPIFFE_ID_LENGTH } from '../spiffe/id.ts';
import { KEY_ALGORITHMS, MAX_COMMON_NAME_LENGTH } from '../spiffe/svid.ts';
import {
  anyText,
  checkDNSName,
  checkDuration,
  checkLabelKey,
  checkLabelValue,
  checkMap,
  checkOneOf,
  checkSet,
  checkText,
  MIN_LIFETIME,
  type ParsedDuration,
} from './checks.ts';
import { type DefaultedServiceIdentitySpec, withServiceIdentityDefaults } from './defaults.ts';
import { MAX_DNS_NAMES, NAMES_PER_SERVICE } from './dns-names.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { formatErrors, passwordSource } from './format-validation.ts';
import {
  MAX_KIND_NAME_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_NAME_LENGTH,
  objectNameProblem,
  peerProblem,
  RESERVED_KEY_PATTERN,
  serviceNameProblem,
} from './grammar.ts';
import { checkReload, type ParsedReload } from './reload-validation.ts';
import type { ResolvedServiceIdentity } from './resolved.ts';
import { CERTIFICATE_SUBJECTS, DELETION_POLICIES, type ServiceIdentitySpec } from './service-identity.ts';

const MAX_SERVICES = 10;
const MAX_PEERS = 64;
const MAX_METADATA_ENTRIES = 16;
const MAX_ANNOTATION_LENGTH = 4096;
const MAX_RENEW_REQUEST_LENGTH = 128;
/** Characters of all peers together, and of all annotations: every identity stays in the controller's memory. */
const MAX_TOTAL_LENGTH = 16_384;

/** Parses a spec, defaulted or not, of the object with this name and namespace; all faults at once, never throws. */
export function parseServiceIdentitySpec(
  spec: ServiceIdentitySpec,
  name: string,
  namespace: string,
): { value: ResolvedServiceIdentity } | { errors: readonly FieldError[] } {
  const full = withServiceIdentityDefaults(spec);
  const ttl = full.ttl === undefined ? undefined : checkDuration('spec.ttl', full.ttl, MIN_LIFETIME);
  const reload = checkReload(full.reload, ttl?.value);
  const errors = [
    ...checkText('metadata.name', name, MAX_KIND_NAME_LENGTH, objectNameProblem),
    ...checkText('spec.serviceAccountName', full.serviceAccountName, MAX_NAME_LENGTH, objectNameProblem),
    ...checkText('spec.trustDomainRef.name', full.trustDomainRef.name, MAX_KIND_NAME_LENGTH, objectNameProblem),
    ...nameErrors(full),
    ...subjectErrors(full, namespace),
    ...(ttl?.errors ?? []),
    ...checkOneOf('spec.privateKey.algorithm', full.privateKey.algorithm, KEY_ALGORITHMS),
    ...secretErrors(full.secret),
    ...checkSet('spec.mtls.allowedClients', full.mtls?.allowedClients, MAX_PEERS, checkPeer),
    ...checkSet('spec.mtls.allowedServers', full.mtls?.allowedServers, MAX_PEERS, checkPeer),
    ...totalErrors(full),
    ...(reload?.errors ?? []),
    ...(full.renewRequest === undefined
      ? []
      : checkText('spec.renewRequest', full.renewRequest, MAX_RENEW_REQUEST_LENGTH, anyText)),
  ];
  return errors.length > 0 ? { errors } : { value: resolve(full, name, { ttl, reload }) };
}

/** What an update may not change; both specs as the API server stores them, or not defaulted. */
export function serviceIdentityUpdateErrors(
  before: ServiceIdentitySpec,
  after: ServiceIdentitySpec,
): readonly FieldError[] {
  const [old, now] = [withServiceIdentityDefaults(before), withServiceIdentityDefaults(after)];
  const why = 'is immutable, because the SPIFFE ID is derived from it; create another ServiceIdentity instead';
  const account = old.serviceAccountName === now.serviceAccountName;
  const trustDomain = old.trustDomainRef.name === now.trustDomainRef.name;
  return [
    ...(account ? [] : [fieldError('spec.serviceAccountName', now.serviceAccountName, why)]),
    ...(trustDomain ? [] : [fieldError('spec.trustDomainRef.name', now.trustDomainRef.name, why)]),
  ];
}

/** Name of the Secret that an identity asks for. */
export function secretNameOf({
  metadata,
  spec,
}: {
  readonly metadata: { readonly name: string };
  readonly spec: Pick<ServiceIdentitySpec, 'secret'>;
}): string {
  return spec.secret?.name ?? `${metadata.name}-svid`;
}

function nameErrors(spec: DefaultedServiceIdentitySpec): readonly FieldError[] {
  const count = (spec.services?.length ?? 0) * NAMES_PER_SERVICE + (spec.dnsNames?.length ?? 0);
  const message = `services and dnsNames stand for more than ${MAX_DNS_NAMES} DNS names in all (each service counts as ${NAMES_PER_SERVICE}); remove some, or split them over several ServiceIdentities`;
  return [
    ...checkSet('spec.services', spec.services, MAX_SERVICES, (path, item) =>
      checkText(path, item, MAX_LABEL_LENGTH, serviceNameProblem),
    ),
    ...checkSet('spec.dnsNames', spec.dnsNames, MAX_DNS_NAMES, checkDNSName),
    ...(count > MAX_DNS_NAMES ? [fieldError('spec', undefined, message)] : []),
  ];
}

function subjectErrors(spec: DefaultedServiceIdentitySpec, namespace: string): readonly FieldError[] {
  const errors = checkOneOf('spec.subject', spec.subject, CERTIFICATE_SUBJECTS);
  const length = `ns/${namespace}/sa/${spec.serviceAccountName}`.length;
  if (spec.subject !== 'SPIFFEPath' || length <= MAX_COMMON_NAME_LENGTH) return errors;
  const message = `the common name ns/<namespace>/sa/<serviceAccountName> would have ${length} characters, at most ${MAX_COMMON_NAME_LENGTH} fit; use a shorter ServiceAccount name or subject Empty`;
  return [fieldError('spec.subject', spec.subject, message)];
}

function secretErrors(secret: DefaultedServiceIdentitySpec['secret']): readonly FieldError[] {
  return [
    ...(secret.name === undefined
      ? []
      : checkText('spec.secret.name', secret.name, MAX_NAME_LENGTH, objectNameProblem)),
    ...checkMap('spec.secret.labels', secret.labels, MAX_METADATA_ENTRIES, checkLabel),
    ...checkMap('spec.secret.annotations', secret.annotations, MAX_METADATA_ENTRIES, checkAnnotation),
    ...formatErrors(secret.formats),
    ...checkOneOf('spec.secret.deletionPolicy', secret.deletionPolicy, DELETION_POLICIES),
  ];
}

function totalErrors({ mtls, secret }: DefaultedServiceIdentitySpec): readonly FieldError[] {
  const peers = [...(mtls?.allowedClients ?? []), ...(mtls?.allowedServers ?? [])];
  const annotations = Object.values(secret.annotations ?? {});
  const more = `more than ${MAX_TOTAL_LENGTH} characters in all`;
  return [
    ...(isWithin(peers)
      ? []
      : [
          fieldError(
            'spec.mtls',
            undefined,
            `allowedClients and allowedServers have ${more}; use "*" for a path segment, or remove some`,
          ),
        ]),
    ...(isWithin(annotations)
      ? []
      : [fieldError('spec.secret.annotations', undefined, `the values have ${more}; remove some`)]),
  ];
}

/** Characters are code points, as in the schema; texts of fewer code units need no counting. */
function isWithin(texts: readonly string[]): boolean {
  if (texts.reduce((sum, text) => sum + text.length, 0) <= MAX_TOTAL_LENGTH) return true;
  return texts.reduce((sum, text) => sum + Array.from(text).length, 0) <= MAX_TOTAL_LENGTH;
}

function checkLabel(path: string, key: string, value: string): readonly FieldError[] {
  return [...checkKey(path, key), ...checkLabelValue(`${path}[${key}]`, value)];
}

function checkAnnotation(path: string, key: string, value: string): readonly FieldError[] {
  const errors = checkKey(path, key);
  if (value === '') return errors;
  return [...errors, ...checkText(`${path}[${key}]`, value, MAX_ANNOTATION_LENGTH, anyText)];
}

function checkKey(path: string, key: string): readonly FieldError[] {
  const errors = checkLabelKey(path, key);
  if (errors.length > 0 || !RESERVED_KEY_PATTERN.test(key)) return errors;
  const message = 'keys under signet.dev, kubernetes.io and k8s.io are reserved; use a prefix of your own';
  return [fieldError(path, key, message)];
}

function checkPeer(path: string, item: string): readonly FieldError[] {
  return checkText(path, item, MAX_SPIFFE_ID_LENGTH, peerProblem);
}

function resolve(
  spec: DefaultedServiceIdentitySpec,
  name: string,
  { ttl, reload }: { readonly ttl: ParsedDuration | undefined; readonly reload: ParsedReload | undefined },
): ResolvedServiceIdentity {
  const { allowedClients, allowedServers } = spec.mtls ?? {};
  const password = passwordSource(spec.secret.formats);
  return {
    serviceAccountName: spec.serviceAccountName,
    trustDomainRef: spec.trustDomainRef.name,
    services: spec.services ?? [],
    dnsNames: spec.dnsNames ?? [],
    subject: spec.subject,
    keyAlgorithm: spec.privateKey.algorithm,
    secretName: secretNameOf({ metadata: { name }, spec }),
    secretLabels: spec.secret.labels ?? {},
    secretAnnotations: spec.secret.annotations ?? {},
    formats: spec.secret.formats.map((format) => format.type),
    deletionPolicy: spec.secret.deletionPolicy,
    suspend: spec.suspend,
    ...(password === undefined ? {} : { password }),
    ...(reload?.value === undefined ? {} : { reload: reload.value }),
    ...(ttl === undefined ? {} : { ttl: ttl.value }),
    ...(allowedClients === undefined ? {} : { allowedClients }),
    ...(allowedServers === undefined ? {} : { allowedServers }),
    ...(spec.renewRequest === undefined ? {} : { renewRequest: spec.renewRequest }),
  };
}
