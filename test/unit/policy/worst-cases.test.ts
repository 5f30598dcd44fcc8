// SPDX-License-Identifier: Apache-2.0
/**
 * The largest objects under the most policies: what is found and said stays bounded, by counts and not by time.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { denialMessage, warningTexts } from '../../../src/policy/message.ts';
import type { IdentityFacts, PodSubject } from '../../../src/policy/subject.ts';
import { identitySubject, policiesOf } from './subjects.ts';

const NAMESPACE = { name: 'shop', labels: { 'signet.dev/enforce': '' }, annotations: {} };

function range<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function thousand(spec: IdentityPolicySpec) {
  const names = range(1000, (index) => `p${index}`);
  return policiesOf(Object.fromEntries(names.map((name) => [name, { ...spec }])), names);
}

describe('a Pod of 3 MiB that takes in ten thousand SVIDs of others', () => {
  const identities = range<IdentityFacts>(5000, (index) => ({
    name: `i${index}`,
    serviceAccountName: `sa-${index}`,
    secretName: `s${index}`,
  }));
  const env = range(10_000, (index) => ({ valueFrom: { secretKeyRef: { name: `s${index % 5000}` } } }));
  const pod: PodSubject = {
    kind: 'Pod',
    name: 'p',
    namespace: NAMESPACE,
    path: 'spec',
    identities,
    spec: { containers: [{ env }] },
  };

  it('breaks each policy once, and the built-in rule in as many places as are told', () => {
    const decision = evaluate(thousand({ mtls: { mode: 'Strict' } }), pod);
    expect(decision.allowed).toBe(false);
    expect(decision.violations).toHaveLength(1000 + 64);
    expect(denialMessage(decision, 'Pod shop/p').split('\n')).toHaveLength(22);
  });

  it('is warned about within the limits of the API', () => {
    const decision = evaluate(thousand({ mtls: { mode: 'Strict' }, enforcement: 'Warn' }), {
      ...pod,
      kind: 'PodTemplate',
    });
    expect(warningTexts(decision).join('').length).toBeLessThan(4096);
  });
});

function peer(index: number): string {
  return `spiffe://example.org/ns/n${index}/sa/a`;
}

describe('an identity with all names and peers there may be', () => {
  const subject = identitySubject({
    namespace: NAMESPACE,
    spec: {
      dnsNames: range(32, (index) => `a${index}.example.com`),
      mtls: { allowedClients: range(64, peer), allowedServers: range(64, peer) },
    },
  });
  const bounds = { allowed: range(32, (index) => peer(index + 100)), denied: range(32, (index) => peer(index + 200)) };
  const spec: IdentityPolicySpec = {
    issue: { dnsNames: range(64, (index) => `b${index}.example.com`) },
    mtls: { clients: bounds, servers: bounds },
  };

  it('breaks every policy, is told of each, and of no more places than anybody reads', () => {
    const decision = evaluate(thousand(spec), subject);
    expect(decision.matched).toHaveLength(1000);
    expect(new Set(decision.violations.map(({ policy }) => policy)).size).toBe(1000);
    expect(decision.violations.length).toBeLessThan(2500);
    expect(denialMessage(decision, 'ServiceIdentity shop/x').split('\n')).toHaveLength(22);
  });
});
