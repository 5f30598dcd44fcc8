// SPDX-License-Identifier: Apache-2.0
/**
 * Every policy of the cookbook, as its page has it, on what it should let pass and what it should refuse.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { IdentityPolicy } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { NamespaceView, RequestFacts, Subject } from '../../../src/policy/subject.ts';
import { identitySubject, policiesOf } from './subjects.ts';

const page = readFileSync(new URL('../../../docs/policy-cookbook.md', import.meta.url), 'utf8');
const recipes: readonly IdentityPolicy[] = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) =>
  parse(text ?? ''),
);

const PROD: NamespaceView = {
  name: 'shop',
  labels: { team: 'payments', stage: 'prod', 'signet.dev/enforce': '' },
  annotations: {},
};
const OTHER: NamespaceView = { name: 'lab', labels: {}, annotations: { 'example.org/owner': 'jane' } };
const ENVOY = 'spiffe://example.org/ns/gateway/sa/envoy';

function identity(
  spec: Partial<ServiceIdentitySpec>,
  { namespace = PROD, request }: { readonly namespace?: NamespaceView; readonly request?: Partial<RequestFacts> } = {},
): Subject {
  return identitySubject({ spec, namespace, request });
}

function pod(serviceAccountName: string, mounts: boolean): Subject {
  const volumes = [{ name: 'svid', secret: { secretName: 'checkout-svid' } }];
  const containers = [{ name: 'c', ...(mounts ? { volumeMounts: [{ name: 'svid' }] } : {}) }];
  const identities = [{ name: 'checkout', serviceAccountName: 'checkout', secretName: 'checkout-svid' }];
  return {
    kind: 'Pod',
    name: 'pod',
    namespace: PROD,
    path: 'spec',
    spec: { serviceAccountName, containers, ...(mounts ? { volumes } : {}) },
    identities,
  };
}

interface Expected {
  readonly passes: readonly Subject[];
  readonly breaks: readonly Subject[];
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  'own-services': {
    passes: [identity({ services: ['checkout'] }), identity({ dnsNames: ['a.shop', 'b.shop.svc.cluster.local'] })],
    breaks: [identity({ dnsNames: ['api.example.org'] }), identity({ dnsNames: ['a.lab.svc'] })],
  },
  'own-name': {
    passes: [identity({ services: ['checkout'] })],
    breaks: [identity({ services: ['cart'] })],
  },
  'short-lives': {
    passes: [identity({}), identity({ ttl: '1h' }), identity({ ttl: '4h' }, { namespace: OTHER })],
    breaks: [identity({ ttl: '61m' })],
  },
  curves: {
    passes: [identity({}), identity({ privateKey: { algorithm: 'Ed25519' } })],
    breaks: [identity({ privateKey: { algorithm: 'RSA-3072' } })],
  },
  'not-default': {
    passes: [identity({})],
    breaks: [identity({ serviceAccountName: 'default' })],
  },
  'strict-payments': {
    passes: [pod('checkout', true), identity({})],
    breaks: [pod('checkout', false), pod('default', false)],
  },
  'gateway-only': {
    passes: [identity({ mtls: { allowedClients: [ENVOY] } }), identity({ mtls: { allowedClients: [] } })],
    breaks: [identity({}), identity({ mtls: { allowedClients: ['spiffe://example.org/ns/web/sa/a'] } })],
  },
  'no-test-clients': {
    passes: [identity({ mtls: { allowedClients: [ENVOY] } }), identity({}, { namespace: OTHER })],
    breaks: [
      identity({ mtls: { allowedClients: ['spiffe://example.org/ns/test/sa/a'] } }),
      identity({ mtls: { allowedClients: ['spiffe://example.org/ns/*/sa/a'] } }),
    ],
  },
  'no-wildcards': {
    passes: [identity({ services: ['checkout'] })],
    breaks: [identity({ dnsNames: ['*.shop.svc'] })],
  },
  'single-clients': {
    passes: [identity({ mtls: { allowedClients: [ENVOY] } })],
    breaks: [identity({}), identity({ mtls: { allowedClients: ['spiffe://example.org/ns/web/sa/*'] } })],
  },
  'retained-secrets': {
    passes: [identity({}), identity({ secret: { deletionPolicy: 'Retain' } }, { namespace: OTHER })],
    breaks: [identity({ secret: { deletionPolicy: 'Retain' } })],
  },
  'long-lives': {
    passes: [
      identity({ ttl: '24h' }, { request: {} }),
      identity({ ttl: '48h' }, { request: { groups: ['platform-team'] } }),
      identity({ ttl: '48h' }),
    ],
    breaks: [identity({ ttl: '48h' }, { request: { groups: ['devs'] } })],
  },
};

describe.each(recipes)('the policy $metadata.name', ({ metadata: { name }, spec }) => {
  const expected = EXPECTED[name];
  const enforced = policiesOf({ [name]: { ...spec, enforcement: 'Enforce' } }, [name]);

  it('lets pass what it should', () => {
    expect(expected?.passes.length).toBeGreaterThan(0);
    for (const subject of expected?.passes ?? []) {
      expect(evaluate(enforced, subject)).toMatchObject({ allowed: true, violations: [] });
    }
  });

  it('refuses what it should', () => {
    expect(expected?.breaks.length).toBeGreaterThan(0);
    for (const subject of expected?.breaks ?? []) expect(evaluate(enforced, subject).allowed).toBe(false);
  });

  it('begins in an audit, which refuses nothing', () => {
    expect(spec.enforcement).toBe('Audit');
    for (const subject of expected?.breaks ?? []) {
      expect(evaluate(policiesOf({ [name]: spec }, [name]), subject).allowed).toBe(true);
    }
  });
});

it('has twelve policies, each expected here', () => {
  expect(recipes.map(({ metadata }) => metadata.name)).toEqual(Object.keys(EXPECTED));
  expect(recipes).toHaveLength(12);
});
