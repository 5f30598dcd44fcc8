// SPDX-License-Identifier: Apache-2.0
/**
 * Parses the spec of a TrustDomain into its resolved form, or says everything that is wrong with it; the honest numbers
 * (lifetimes against each other and against the propagation margin) are checked here as in the CRD.
 * @module
 */
import { parseTrustDomainName } from '../spiffe/trust-domain.ts';
import { type Duration, SECOND } from '../time.ts';
import {
  checkDNSName,
  checkDuration,
  checkOneOf,
  checkSet,
  checkText,
  MIN_LIFETIME,
  type ParsedDuration,
} from './checks.ts';
import {
  DEFAULT_PROPAGATION_MARGIN,
  DEFAULT_SELF_SIGNED,
  type DefaultedTrustDomainSpec,
  withTrustDomainDefaults,
} from './defaults.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { MAX_KIND_NAME_LENGTH, MAX_NAME_LENGTH, objectNameProblem } from './grammar.ts';
import type { ResolvedBundle, ResolvedTrustDomain } from './resolved.ts';
import { rotationErrors, rotationUpdateErrors } from './rotation-validation.ts';
import { selectorErrors } from './selector-validation.ts';
import { resolveSource, sourceErrors } from './source-validation.ts';
import { CLUSTER_TRUST_BUNDLE_MODES, type TrustDomainSpec } from './trust-domain.ts';

const MAX_ALLOWED_DNS = 64;
const MAX_TRUST_DOMAIN_LENGTH = 255;
const MIN_MARGIN: Duration = SECOND;
const SOURCE = 'spec.authority.source';
const ROOT_TTL = `${SOURCE}.selfSigned.root.ttl`;
const INTERMEDIATE_TTL = `${SOURCE}.selfSigned.intermediate.ttl`;

/** Every duration of a TrustDomain; NaN for one that is malformed or absent. */
type Times = Pick<ResolvedTrustDomain, 'minTTL' | 'defaultTTL' | 'maxTTL' | 'propagationMargin'> & {
  readonly rootTTL: Duration;
  readonly intermediateTTL: Duration;
};

/** Parses a spec, defaulted or not, of the object with this name; all faults at once, never throws. */
export function parseTrustDomainSpec(
  spec: TrustDomainSpec,
  name: string,
): { value: ResolvedTrustDomain } | { errors: readonly FieldError[] } {
  const full = withTrustDomainDefaults(spec);
  const { times, errors: timeErrors } = parseTimes(full);
  const errors = [
    ...checkText('metadata.name', name, MAX_KIND_NAME_LENGTH, objectNameProblem),
    ...checkText('spec.trustDomain', full.trustDomain, MAX_TRUST_DOMAIN_LENGTH, trustDomainProblem),
    ...selectorErrors('spec.allowedNamespaces', full.allowedNamespaces),
    ...sourceErrors(full.authority.source),
    ...checkSet('spec.allowedDNS', full.allowedDNS, MAX_ALLOWED_DNS, checkDNSName),
    ...bundleErrors(full.bundle),
    ...rotationErrors(full.rotation),
    ...timeErrors,
    ...honestyErrors(times),
  ];
  return errors.length > 0 ? { errors } : { value: resolve(name, full, times) };
}

/** What an update may not change. */
export function trustDomainUpdateErrors(before: TrustDomainSpec, after: TrustDomainSpec): readonly FieldError[] {
  const rotation = rotationUpdateErrors(before.rotation, after.rotation);
  if (before.trustDomain === after.trustDomain) return rotation;
  const message = 'is immutable, because every identity and certificate carries it; create another TrustDomain instead';
  return [fieldError('spec.trustDomain', after.trustDomain, message), ...rotation];
}

/** What is allowed and still deserves a word to the operator. */
export function trustDomainWarnings(trustDomain: ResolvedTrustDomain): readonly string[] {
  return [...marginWarnings(trustDomain), ...nameWarnings(trustDomain)];
}

function marginWarnings(trustDomain: ResolvedTrustDomain): readonly string[] {
  const usual = parseDuration(DEFAULT_PROPAGATION_MARGIN);
  if ('problem' in usual || trustDomain.propagationMargin >= usual.value) return [];
  const margin = formatDuration(trustDomain.propagationMargin);
  return [
    `spec.propagationMargin is ${margin}: mounted Secrets usually need up to ${DEFAULT_PROPAGATION_MARGIN} to reach a workload; make sure that kubelets and workloads are that fast`,
  ];
}

/** Legal in SPIFFE, which does not take the name for a DNS name; but Go does, and refuses the whole certificate. */
function nameWarnings({ trustDomain }: ResolvedTrustDomain): readonly string[] {
  if (!trustDomain.split('.').includes('')) return [];
  return [
    `spec.trustDomain ${trustDomain} has an empty label: SPIFFE allows it, but peers written in Go refuse its certificates; choose a name without one`,
  ];
}

function trustDomainProblem(text: string): string | undefined {
  const parsed = parseTrustDomainName(text);
  return 'problem' in parsed ? `${parsed.problem}; write a name such as "example.org"` : undefined;
}

function bundleErrors({
  configMapName,
  namespaceSelector,
  clusterTrustBundle,
}: DefaultedTrustDomainSpec['bundle']): readonly FieldError[] {
  return [
    ...(configMapName === undefined
      ? []
      : checkText('spec.bundle.configMapName', configMapName, MAX_NAME_LENGTH, objectNameProblem)),
    ...selectorErrors('spec.bundle.namespaceSelector', namespaceSelector),
    ...checkOneOf('spec.bundle.clusterTrustBundle', clusterTrustBundle, CLUSTER_TRUST_BUNDLE_MODES),
  ];
}

function parseTimes(spec: DefaultedTrustDomainSpec): { times: Times; errors: readonly FieldError[] } {
  const keys = spec.authority.source.selfSigned;
  const absent: ParsedDuration = { value: Number.NaN, errors: [] };
  const minTTL = checkDuration('spec.svid.minTTL', spec.svid.minTTL, MIN_LIFETIME);
  const defaultTTL = checkDuration('spec.svid.defaultTTL', spec.svid.defaultTTL, MIN_LIFETIME);
  const maxTTL = checkDuration('spec.svid.maxTTL', spec.svid.maxTTL, MIN_LIFETIME);
  const margin = checkDuration('spec.propagationMargin', spec.propagationMargin, MIN_MARGIN);
  const rootTTL = keys === undefined ? absent : checkDuration(ROOT_TTL, keys.root.ttl, MIN_LIFETIME);
  const intermediateTTL =
    keys === undefined ? absent : checkDuration(INTERMEDIATE_TTL, keys.intermediate.ttl, MIN_LIFETIME);
  return {
    times: {
      minTTL: minTTL.value,
      defaultTTL: defaultTTL.value,
      maxTTL: maxTTL.value,
      propagationMargin: margin.value,
      rootTTL: rootTTL.value,
      intermediateTTL: intermediateTTL.value,
    },
    errors: [minTTL, defaultTTL, maxTTL, margin, rootTTL, intermediateTTL].flatMap((parsed) => parsed.errors),
  };
}

/** The numbers against each other: whoever renews at 40 % of a lifetime must be able to deliver in time. */
function honestyErrors(times: Times): readonly FieldError[] {
  const { minTTL, defaultTTL, maxTTL, propagationMargin, rootTTL, intermediateTTL } = times;
  const leastIntermediate = maxTTL * 2 + propagationMargin;
  const leastRoot = intermediateTTL * 2 + propagationMargin;
  const rules: readonly (readonly [broken: boolean, path: string, value: Duration, message: string])[] = [
    [
      defaultTTL < minTTL,
      'spec.svid.defaultTTL',
      defaultTTL,
      `must be at least svid.minTTL, ${formatDuration(minTTL)}`,
    ],
    [defaultTTL > maxTTL, 'spec.svid.defaultTTL', defaultTTL, `must be at most svid.maxTTL, ${formatDuration(maxTTL)}`],
    [
      minTTL * 4 <= propagationMargin * 10,
      'spec.svid.minTTL',
      minTTL,
      `40 % of it must be more than propagationMargin, ${formatDuration(propagationMargin)}; raise it, or write out a smaller margin that kubelets and workloads really keep`,
    ],
    [
      intermediateTTL < leastIntermediate,
      INTERMEDIATE_TTL,
      intermediateTTL,
      `must be at least 2 * svid.maxTTL + propagationMargin, ${formatDuration(leastIntermediate)}`,
    ],
    [
      rootTTL < leastRoot,
      ROOT_TTL,
      rootTTL,
      `must be at least 2 * intermediate.ttl + propagationMargin, ${formatDuration(leastRoot)}`,
    ],
  ];
  return rules.flatMap(([broken, path, value, message]) =>
    broken ? [fieldError(path, formatDuration(value), message)] : [],
  );
}

function resolve(name: string, spec: DefaultedTrustDomainSpec, times: Times): ResolvedTrustDomain {
  const { rootTTL, intermediateTTL, ...svid } = times;
  const { root, intermediate } = spec.authority.source.selfSigned ?? DEFAULT_SELF_SIGNED;
  return {
    ...svid,
    name,
    trustDomain: spec.trustDomain,
    source: resolveSource(spec.authority.source),
    root: { ttl: lifetime(rootTTL, root.ttl), keyAlgorithm: root.keyAlgorithm },
    intermediate: { ttl: lifetime(intermediateTTL, intermediate.ttl), keyAlgorithm: intermediate.keyAlgorithm },
    shortNames: spec.svid.shortNames,
    allowedDNS: spec.allowedDNS ?? [],
    bundle: resolveBundle(name, spec),
    ...(spec.allowedNamespaces === undefined ? {} : { allowedNamespaces: spec.allowedNamespaces }),
    ...(spec.rotation === undefined ? {} : { rotation: spec.rotation }),
  };
}

/** The name follows from that of the object, so that two TrustDomains never want the same ConfigMap by default. */
function resolveBundle(name: string, { bundle, allowedNamespaces }: DefaultedTrustDomainSpec): ResolvedBundle {
  const namespaceSelector = bundle.namespaceSelector ?? allowedNamespaces;
  return {
    configMapName: bundle.configMapName ?? `${name}-trust-bundle`,
    clusterTrustBundle: bundle.clusterTrustBundle,
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
  };
}

/** The parsed lifetime, or, where there was none to parse, the default. */
function lifetime(parsed: Duration, usual: string): Duration {
  if (!Number.isNaN(parsed)) return parsed;
  const { value } = checkDuration('', usual, MIN_LIFETIME);
  return value;
}
