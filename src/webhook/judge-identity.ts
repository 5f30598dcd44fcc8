// SPDX-License-Identifier: Apache-2.0
/**
 * Judges a ServiceIdentity: by the rules that the CRD cannot express, by what its TrustDomain allows, and by every policy
 * that matches. What a cluster lacks yet is a warning: people apply folders in any order.
 * @module
 */

import { boundedTTL, boundsErrors, type IdentityScope } from '../api/bounds.ts';
import { trustDomainNameOf } from '../api/defaults.ts';
import { formatDuration } from '../api/duration.ts';
import { sameJSON } from '../api/equality.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ResolvedServiceIdentity, ResolvedTrustDomain } from '../api/resolved.ts';
import type { ServiceIdentitySpec } from '../api/service-identity.ts';
import { parseServiceIdentitySpec, serviceIdentityUpdateErrors } from '../api/service-identity-validation.ts';
import { parseTrustDomainSpec } from '../api/trust-domain-validation.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { type Decision, evaluate } from '../policy/evaluate.ts';
import type { IdentityState, IdentitySubject, RequestFacts } from '../policy/subject.ts';
import type { AdmissionRequest, Verdict } from './admission.ts';
import { SERVICE_IDENTITY_SPEC } from './shape.ts';
import {
  type Rules,
  type SeenNamespace,
  seeLiveNamespace,
  seeNamespace,
  type TrustDomainFacts,
  UNLABELLED,
} from './sources.ts';
import { judged, nameOf, refused, specOf } from './verdict.ts';

export async function judgeIdentity(request: AdmissionRequest, rules: Rules): Promise<Verdict> {
  const { namespace = '' } = request;
  const name = nameOf(request) || 'generated';
  const spec = specOf<ServiceIdentitySpec>(request, SERVICE_IDENTITY_SPEC);
  if ('errors' in spec) return refused(request, spec.errors);
  if (onlySuspends(spec.value, spec.before)) return { allowed: true, warnings: [] };
  const parsed = parseServiceIdentitySpec(spec.value, name, namespace);
  const changed = spec.before === undefined ? [] : serviceIdentityUpdateErrors(spec.before, spec.value);
  if ('errors' in parsed) return refused(request, [...parsed.errors, ...changed]);
  const bounds = await boundsOf(parsed.value, trustDomainNameOf(spec.value), { ...rules, namespace });
  const old = spec.before === undefined ? undefined : stateOf(spec.before, name, namespace);
  const decision = await decided(
    {
      kind: 'ServiceIdentity',
      name,
      clusterDomain: rules.clusterDomain,
      spec: spec.value,
      resolved: parsed.value,
      trustDomain: bounds.trustDomain,
      request: requestFacts(request),
      ...(old === undefined ? {} : { old }),
    },
    namespace,
    rules,
  );
  return judged(request, decision, { errors: [...changed, ...bounds.errors], warnings: bounds.warnings });
}

/** Whoever stops issuance breaks no rule, whatever forbids the identity as it is. */
function onlySuspends(now: ServiceIdentitySpec, before: ServiceIdentitySpec | undefined): boolean {
  return before !== undefined && now.suspend === true && sameJSON({ ...before, suspend: true }, now);
}

interface Bounds {
  readonly trustDomain: ResolvedTrustDomain | undefined;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

async function boundsOf(
  identity: ResolvedServiceIdentity,
  trustDomainName: string,
  scope: IdentityScope & Rules,
): Promise<Bounds> {
  const known = scope.sources.trustDomain(trustDomainName);
  const cached = judgeBounds(identity, trustDomainName, known, scope);
  if (known !== undefined && cached.errors.length === 0) return cached;
  // The cache may be behind what was applied a moment ago, and where it has nothing, nothing would be judged.
  const live = await scope.sources.liveTrustDomain(trustDomainName);
  return judgeBounds(identity, trustDomainName, live, scope);
}

function unknown(warning: string): Bounds {
  return { trustDomain: undefined, errors: [], warnings: [warning] };
}

function judgeBounds(
  identity: ResolvedServiceIdentity,
  name: string,
  trustDomain: TrustDomainFacts | undefined,
  scope: IdentityScope,
): Bounds {
  if (trustDomain === undefined)
    return unknown(
      `TrustDomain ${name} does not exist yet, and nothing is issued before it does; create it, or replace the ServiceIdentity by one that names another`,
    );
  const parsed = parsedTrustDomain(trustDomain, name);
  if ('errors' in parsed)
    return unknown(`TrustDomain ${name} is not valid, and nothing is issued under it; look at its conditions`);
  const ttl = boundedTTL(identity, parsed.value);
  const cut = identity.ttl === undefined || identity.ttl === ttl;
  const warning = `spec.ttl ${formatDuration(identity.ttl ?? ttl)} is outside the bounds of TrustDomain ${name}; SVIDs will live ${formatDuration(ttl)} unless spec.ttl or the bounds are changed`;
  return {
    trustDomain: parsed.value,
    errors: boundsErrors(identity, parsed.value, scope),
    warnings: cut ? [] : [warning],
  };
}

type Parsed = ReturnType<typeof parseTrustDomainSpec>;

/** By the object in the cache, which is another one whenever it changed. */
const parsedTrustDomains = new WeakMap<TrustDomainFacts, Parsed>();

function parsedTrustDomain(facts: TrustDomainFacts, name: string): Parsed {
  const parsed = parsedTrustDomains.get(facts) ?? parseTrustDomainSpec(facts.spec, name);
  parsedTrustDomains.set(facts, parsed);
  return parsed;
}

/** What policies say; a refusal only by the namespace as it is now, which a label may have put out of their reach. */
async function decided(
  subject: Omit<IdentitySubject, 'namespace'>,
  namespace: string,
  { sources }: Rules,
): Promise<Decision> {
  const decide = (policies: readonly CompiledPolicy[], { labels, annotations }: SeenNamespace['facts']): Decision =>
    evaluate(policies, { ...subject, namespace: { name: namespace, labels, annotations } });
  if (!sources.hasPolicies()) return decide([], UNLABELLED);
  const seen = await seeNamespace(namespace, sources);
  const decision = decide(sources.policies(namespace, seen.facts), seen.facts);
  if (decision.allowed || seen.live) return decision;
  const { facts } = await seeLiveNamespace(namespace, sources);
  return decide(sources.policies(namespace, facts), facts);
}

/** A state that cannot be read any more is as good as none. */
function stateOf(spec: ServiceIdentitySpec, name: string, namespace: string): IdentityState | undefined {
  const parsed = parseServiceIdentitySpec(spec, name, namespace);
  return 'errors' in parsed ? undefined : { spec, resolved: parsed.value };
}

function requestFacts({ operation, dryRun, user }: AdmissionRequest): RequestFacts {
  return { operation: operation === 'UPDATE' ? 'UPDATE' : 'CREATE', dryRun, ...user };
}
