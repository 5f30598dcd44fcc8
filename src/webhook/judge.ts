// SPDX-License-Identifier: Apache-2.0
/**
 * The built-in rules at admission: what the CRDs' schemas cannot say of a ServiceIdentity and a TrustDomain, and which
 * pods may take in an SVID. What a cluster lacks yet is a warning, never a refusal: people apply folders in any order.
 * @module
 */
import { boundedTTL, boundsErrors, type IdentityScope } from '../api/bounds.ts';
import { trustDomainNameOf } from '../api/defaults.ts';
import { formatDuration } from '../api/duration.ts';
import { type FieldError, formatFieldErrors } from '../api/field-error.ts';
import type { ResolvedServiceIdentity } from '../api/resolved.ts';
import type { ServiceIdentitySpec } from '../api/service-identity.ts';
import { parseServiceIdentitySpec, serviceIdentityUpdateErrors } from '../api/service-identity-validation.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import { parseTrustDomainSpec, trustDomainUpdateErrors, trustDomainWarnings } from '../api/trust-domain-validation.ts';
import { GROUP, PROBE_ANNOTATION, PROBE_NAME } from '../api/well-known.ts';
import { type AdmissionRequest, ALLOWED, type Judge, kindName, type Verdict } from './admission.ts';
import { SERVICE_IDENTITY_SPEC, type Shape, shapeErrors, TRUST_DOMAIN_SPEC } from './shape.ts';
import { WORKLOAD_KINDS, type Workload, workloadOf } from './workload.ts';

/** What the judge knows of the cluster. */
export interface JudgeSources {
  /** Undefined: there is none, as far as the cache knows. */
  trustDomain(name: string): { readonly spec: TrustDomainSpec } | undefined;
  /** The same by a live read, before somebody is refused over it or admitted without. Rejects when it can't be read. */
  liveTrustDomain(name: string): Promise<{ readonly spec: TrustDomainSpec } | undefined>;
  /** The service account whose SVID is in this Secret; undefined: no identity claims it. */
  svidAccount(namespace: string, secret: string): string | undefined;
}

export interface BuiltInRules extends Omit<IdentityScope, 'namespace'> {
  readonly sources: JudgeSources;
}

const IDENTITY = `ServiceIdentity.${GROUP}`;
const TRUST_DOMAIN = `TrustDomain.${GROUP}`;
export const JUDGED_KINDS: readonly string[] = [IDENTITY, TRUST_DOMAIN, ...WORKLOAD_KINDS];
const NONCE = /^[0-9a-f]{32}$/;

export function builtInJudge(rules: BuiltInRules): Judge {
  return {
    kinds: new Set(JUDGED_KINDS),
    review: async (request) => {
      switch (kindName(request.kind)) {
        case IDENTITY:
          return judgeIdentity(request, rules);
        case TRUST_DOMAIN:
          return judgeTrustDomain(request);
        default: {
          const workload = workloadOf(request.kind, request.object);
          return workload === undefined ? ALLOWED : judgeWorkload(workload, request.namespace ?? '', rules.sources);
        }
      }
    },
  };
}

async function judgeIdentity(request: AdmissionRequest, rules: BuiltInRules): Promise<Verdict> {
  const { name, namespace = '' } = request;
  const spec = specOf<ServiceIdentitySpec>(request, SERVICE_IDENTITY_SPEC);
  if ('errors' in spec) return refused(request, spec.errors);
  const parsed = parseServiceIdentitySpec(spec.value, name === '' ? 'generated' : name, namespace);
  const errors = 'errors' in parsed ? parsed.errors : [];
  const changed = spec.before === undefined ? [] : serviceIdentityUpdateErrors(spec.before, spec.value);
  const trustDomainName = trustDomainNameOf(spec.value);
  if ('errors' in parsed) return refused(request, [...errors, ...changed]);
  const bounds = await boundsOf(parsed.value, trustDomainName, { ...rules, namespace });
  const all = [...changed, ...bounds.errors];
  return all.length > 0 ? refused(request, all) : { allowed: true, warnings: bounds.warnings };
}

interface Bounds {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

async function boundsOf(
  identity: ResolvedServiceIdentity,
  trustDomainName: string,
  scope: IdentityScope & BuiltInRules,
): Promise<Bounds> {
  const known = scope.sources.trustDomain(trustDomainName);
  const cached = judgeBounds(identity, trustDomainName, known, scope);
  if (known !== undefined && cached.errors.length === 0) return cached;
  // The cache may be behind what was applied a moment ago, and where it has nothing, nothing would be judged.
  const live = await scope.sources.liveTrustDomain(trustDomainName);
  return judgeBounds(identity, trustDomainName, live, scope);
}

function judgeBounds(
  identity: ResolvedServiceIdentity,
  name: string,
  trustDomain: { readonly spec: TrustDomainSpec } | undefined,
  scope: IdentityScope,
): Bounds {
  if (trustDomain === undefined)
    return { errors: [], warnings: [`TrustDomain ${name} does not exist yet; nothing is issued before it does`] };
  const parsed = parseTrustDomainSpec(trustDomain.spec, name);
  if ('errors' in parsed)
    return { errors: [], warnings: [`TrustDomain ${name} is not valid; nothing is issued under it`] };
  const ttl = boundedTTL(identity, parsed.value);
  const cut = identity.ttl === undefined || identity.ttl === ttl;
  const warning = `spec.ttl ${formatDuration(identity.ttl ?? ttl)} is outside the bounds of TrustDomain ${name}: SVIDs will live ${formatDuration(ttl)}`;
  return { errors: boundsErrors(identity, parsed.value, scope), warnings: cut ? [] : [warning] };
}

function judgeTrustDomain(request: AdmissionRequest): Verdict {
  const { name } = request;
  const spec = specOf<TrustDomainSpec>(request, TRUST_DOMAIN_SPEC);
  if ('errors' in spec) return refused(request, spec.errors);
  const parsed = parseTrustDomainSpec(spec.value, name === '' ? 'generated' : name);
  const changed = spec.before === undefined ? [] : trustDomainUpdateErrors(spec.before, spec.value);
  if ('errors' in parsed) return refused(request, [...parsed.errors, ...changed]);
  if (changed.length > 0) return refused(request, changed);
  // Last, so that the controller's probe has gone all the way.
  return name === PROBE_NAME ? probeAnswer(request) : { allowed: true, warnings: trustDomainWarnings(parsed.value) };
}

/** What the controller asks for to hear that somebody refuses. */
function probeAnswer({ object }: AdmissionRequest): Verdict {
  const { annotations } = (object?.['metadata'] ?? {}) as { readonly annotations?: Readonly<Record<string, unknown>> };
  const nonce = annotations?.[PROBE_ANNOTATION];
  const answer = typeof nonce === 'string' && NONCE.test(nonce) ? `; probe ${nonce}` : '';
  const message = `the name ${PROBE_NAME} is reserved for proving that admission works; choose another${answer}`;
  return { allowed: false, message, warnings: [] };
}

/** Whoever may create pods in a namespace can take any of its Secrets; this prevents mistakes. */
function judgeWorkload(workload: Workload, namespace: string, sources: JudgeSources): Verdict {
  const { serviceAccountName: account, template } = workload;
  const wrong = workload.secrets.flatMap(({ secret, path }) => {
    const owner = sources.svidAccount(namespace, secret);
    if (owner === undefined || owner === account) return [];
    return [
      `${path} ${JSON.stringify(secret)}: is the SVID of service account ${owner}, and this pod runs as ${account}; set ${workload.path}.serviceAccountName to ${owner}, or create a ServiceIdentity for ${account}`,
    ];
  });
  if (wrong.length === 0) return ALLOWED;
  if (template !== undefined)
    return { allowed: true, warnings: wrong.map((each) => `its pods will be refused: ${each}`) };
  return { allowed: false, message: listed('the pod takes in an SVID of somebody else', wrong), warnings: [] };
}

function refused({ kind, namespace, name }: AdmissionRequest, errors: readonly FieldError[]): Verdict {
  const object = [namespace, name].filter((part) => part !== undefined && part !== '').join('/');
  const lines = errors.map((error) => formatFieldErrors([error]));
  return { allowed: false, message: listed(`${kind.kind} ${object} cannot be accepted`, lines), warnings: [] };
}

/** One line where there is one thing to say, else one for each. */
function listed(what: string, lines: readonly string[]): string {
  return lines.length === 1 ? `${what}: ${lines[0]}` : [`${what}:`, ...lines.map((line) => `  - ${line}`)].join('\n');
}

type Specs<T> = { readonly value: T; readonly before: T | undefined } | { readonly errors: readonly FieldError[] };

/** The specs of a request. One stored in a shape of another time is no reason to refuse the next. */
function specOf<T>({ object, oldObject }: AdmissionRequest, shape: Shape): Specs<T> {
  const value = object?.['spec'];
  const errors = shapeErrors('spec', value, shape);
  if (errors.length > 0) return { errors };
  const before = oldObject?.['spec'];
  const readable = before !== undefined && shapeErrors('spec', before, shape).length === 0;
  return { value: value as T, before: readable ? (before as T) : undefined };
}
