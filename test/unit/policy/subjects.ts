// SPDX-License-Identifier: Apache-2.0
/**
 * Builds subjects and policies for tests from what a user would write.
 * @module
 */
import { formatFieldErrors } from '../../../src/api/field-error.ts';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { parseServiceIdentitySpec } from '../../../src/api/service-identity-validation.ts';
import { parseTrustDomainSpec } from '../../../src/api/trust-domain-validation.ts';
import { compileExpression } from '../../../src/cel/compile.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/policy/compile.ts';
import type { IdentityState, IdentitySubject, NamespaceView, RequestFacts } from '../../../src/policy/subject.ts';

interface SubjectInput {
  readonly spec: Partial<ServiceIdentitySpec>;
  readonly namespace: NamespaceView;
  readonly name?: string | undefined;
  readonly trustDomain?: boolean;
  readonly request?: Partial<RequestFacts> | undefined;
  readonly old?: Partial<ServiceIdentitySpec> | undefined;
}

/** An identity to be judged; of service account checkout, with trust domain example.org. */
export function identitySubject(input: SubjectInput): IdentitySubject {
  const { spec, namespace, name = 'checkout', trustDomain = true, request, old } = input;
  return {
    kind: 'ServiceIdentity',
    name,
    namespace,
    clusterDomain: 'cluster.local',
    ...stateOf(spec, name, namespace.name),
    trustDomain: trustDomain ? valueOf(parseTrustDomainSpec({ trustDomain: 'example.org' }, 'default')) : undefined,
    ...(request === undefined ? {} : { request: { ...REQUEST, ...request } }),
    ...(old === undefined ? {} : { old: stateOf(old, name, namespace.name) }),
  };
}

const REQUEST: RequestFacts = { operation: 'CREATE', dryRun: false, username: 'jane', uid: '1', groups: [] };

function stateOf(more: Partial<ServiceIdentitySpec>, name: string, namespace: string): IdentityState {
  const spec = { serviceAccountName: 'checkout', ...more };
  return { spec, resolved: valueOf(parseServiceIdentitySpec(spec, name, namespace)) };
}

const compiled = new WeakMap<IdentityPolicySpec, CompiledPolicy>();

/** The policies of these names, in this order. */
export function policiesOf(
  specs: Readonly<Record<string, IdentityPolicySpec>>,
  names: readonly string[],
): readonly CompiledPolicy[] {
  return names.map((name) => {
    const spec = specs[name];
    if (spec === undefined) throw new Error(`there is no policy ${name}`);
    const policy = compiled.get(spec) ?? valueOf(compilePolicy(name, spec, compileExpression));
    compiled.set(spec, policy);
    return policy;
  });
}

function valueOf<T>(parsed: { readonly value: T } | { readonly errors: Parameters<typeof formatFieldErrors>[0] }): T {
  if ('value' in parsed) return parsed.value;
  throw new Error(formatFieldErrors(parsed.errors));
}
