// SPDX-License-Identifier: Apache-2.0
/**
 * Every policy of the cookbook, as its page has it, at the real API server: one object that it refuses once it is
 * enforced, one that it lets pass.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { IdentityPolicy } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { NAME, TRUST_DOMAIN } from '../stories/world.ts';
import { dryRun, heard, identityOf, podOf, policyWorld } from './policy-world.ts';
import { webhookWorld } from './webhook-world.ts';

const { world } = webhookWorld();
const { policy, enforced } = policyWorld(world);

const page = readFileSync(new URL('../../../docs/policy-cookbook.md', import.meta.url), 'utf8');
const recipes: readonly IdentityPolicy[] = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) =>
  parse(text.replaceAll('spiffe://example.org', `spiffe://${TRUST_DOMAIN}`)),
);

type Make = (namespace: string) => object;
const identity =
  (spec: Partial<ServiceIdentitySpec> = {}): Make =>
  (namespace) =>
    identityOf(namespace, spec);
const clients = (...allowedClients: string[]): Partial<ServiceIdentitySpec> => ({ mtls: { allowedClients } });
const ENVOY = `spiffe://${TRUST_DOMAIN}/ns/gateway/sa/envoy`;
const inNamespace =
  (name: string): Make =>
  (namespace) =>
    identityOf(namespace, { dnsNames: [name.replace('NAMESPACE', namespace)] });

const EXPECTED: Readonly<Record<string, readonly [breaks: Make, keeps: Make]>> = {
  // What is not even allowed by the TrustDomain is refused with or without a policy; each has its own line.
  'own-services': [identity({ dnsNames: ['www.example.com'] }), identity({ services: [NAME] })],
  'own-name': [identity({ services: ['cart'] }), identity({ services: [NAME] })],
  'short-lives': [identity({ ttl: '2h' }), identity({ ttl: '30m' })],
  curves: [identity({ privateKey: { algorithm: 'RSA-3072' } }), identity()],
  'not-default': [identity({ serviceAccountName: 'default' }), identity()],
  'strict-payments': [(namespace) => podOf(namespace, NAME), (namespace) => podOf(namespace, NAME, `${NAME}-svid`)],
  'gateway-only': [identity(), identity(clients(ENVOY))],
  'no-test-clients': [identity(clients(`spiffe://${TRUST_DOMAIN}/ns/test/sa/a`)), identity(clients(ENVOY))],
  'no-wildcards': [inNamespace('*.NAMESPACE.svc'), identity({ services: [NAME] })],
  'single-clients': [identity(clients(`spiffe://${TRUST_DOMAIN}/ns/web/sa/*`)), identity(clients(ENVOY))],
  'retained-secrets': [identity({ secret: { deletionPolicy: 'Retain' } }), identity()],
  'long-lives': [identity({ ttl: '48h' }), identity({ ttl: '24h' })],
};

describe.each(recipes)('the policy $metadata.name', ({ metadata: { name }, spec }) => {
  it('refuses what it should once it is enforced, and nothing before', async () => {
    const namespace = await enforced({ team: 'payments', stage: 'prod' });
    const [breaks, keeps] = EXPECTED[name] ?? [];
    if (breaks === undefined || keeps === undefined) throw new Error(`nothing is expected of ${name}`);
    if (name === 'strict-payments') {
      await world.identity(namespace);
      await world.ready(namespace);
    }
    expect(spec.enforcement).toBe('Audit');
    const given = await policy(namespace, spec);
    await world.cluster.patch({ kind: 'IdentityPolicy', name: given }, { spec: { enforcement: 'Enforce' } });
    const said = await heard(breaks(namespace), new RegExp(`^1 [^]*\\[policy ${given} \\(`));
    expect(said).toContain('denied the request');
    expect(await dryRun(keeps(namespace))).toMatch(/^0/);
    await world.cluster.patch({ kind: 'IdentityPolicy', name: given }, { spec: { enforcement: 'Audit' } });
    await expect.poll(() => dryRun(breaks(namespace)), { timeout: 30_000 }).not.toContain(`[policy ${given}`);
  });
});

it('expects something of every policy of the page', () => {
  expect(recipes.map(({ metadata }) => metadata.name)).toEqual(Object.keys(EXPECTED));
});
