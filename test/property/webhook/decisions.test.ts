// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of what the webhook decides, over arbitrary policies and objects: the order of policies never matters, one more
 * never allows more, what warns or audits never denies, and no cache that lags denies by itself.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { IdentityFacts } from '../../../src/policy/subject.ts';
import type { AdmissionRequest, Verdict } from '../../../src/webhook/admission.ts';
import { reviewAnswer } from '../../../src/webhook/review.ts';
import { aJudge, anObject, aRequest } from '../../support/admission.ts';
import { type ClusterInput, judgedCluster } from '../../support/judged-cluster.ts';

const rule: fc.Arbitrary<IdentityPolicySpec> = fc.oneof(
  fc.constantFrom<IdentityPolicySpec>(
    { issue: { serviceAccounts: ['cart'] } },
    { issue: { dnsNames: ['*.{namespace}.svc'] } },
    { issue: { ttl: { max: '30m' } } },
    { issue: { keyAlgorithms: ['Ed25519'] } },
    { issue: { secretFormats: ['PEM'] } },
    { mtls: { clients: { allowed: ['spiffe://example.org/ns/web/sa/*'] } } },
    { mtls: { servers: { denied: ['spiffe://example.org/ns/legacy/sa/*'] } } },
    { mtls: { mode: 'Strict' } },
  ),
  fc
    .constantFrom(
      'identity.ttlSeconds < 7200',
      "request.userInfo.groups.exists(g, g == 'admins')",
      'oldIdentity == null',
      "namespaceObject.metadata.labels['team'] == 'pay'",
    )
    .map((expression) => ({ validations: [{ name: 'rule', expression, message: 'mend it' }] })),
);
const enforcement = fc.constantFrom('Enforce' as const, 'Warn' as const, 'Audit' as const);
const policy: fc.Arbitrary<IdentityPolicySpec> = fc
  .record({ rule, enforcement, about: fc.constantFrom('all', 'pay', 'cart') })
  .map(({ rule: spec, enforcement: how, about }) => ({
    ...spec,
    enforcement: how,
    ...(about === 'pay' ? { match: { namespaces: { selector: { matchLabels: { team: 'pay' } } } } } : {}),
    ...(about === 'cart' ? { match: { serviceAccounts: ['cart'] } } : {}),
  }));
const policies = fc.array(policy, { maxLength: 6 });

const account = fc.constantFrom('checkout', 'cart');
const identity: fc.Arbitrary<Partial<AdmissionRequest>> = fc
  .record({
    serviceAccountName: account,
    dnsNames: fc.subarray(['a.shop.svc', 'www.example.com', 'www.google.com']),
    ttl: fc.constantFrom('20m', '1h', '100h'),
    privateKey: fc.record({ algorithm: fc.constantFrom('Ed25519', 'RSA-2048') }),
    mtls: fc.constantFrom({}, { allowedClients: ['spiffe://example.org/ns/web/sa/a'] }),
  })
  .map((spec) => ({ object: anObject(spec) }));
const workload: fc.Arbitrary<Partial<AdmissionRequest>> = fc
  .record({
    serviceAccountName: account,
    secret: fc.constantFrom('checkout-svid', 'cart-svid', 'x'),
    deployed: fc.boolean(),
  })
  .map(({ serviceAccountName, secret, deployed }) => {
    const volumes = [{ name: 'v', secret: { secretName: secret } }];
    const spec = { serviceAccountName, volumes, containers: [{ name: 'c', volumeMounts: [{ name: 'v' }] }] };
    return deployed
      ? { kind: { group: 'apps', version: 'v1', kind: 'Deployment' }, object: { spec: { template: { spec } } } }
      : { kind: { group: '', version: 'v1', kind: 'Pod' }, object: { spec } };
  });
const request = fc
  .tuple(fc.oneof(identity, workload), fc.subarray(['admins', 'devs']))
  .map(([one, groups]) => aRequest({ ...one, user: { username: 'jane', uid: '1', groups } }));

const IDENTITIES: readonly IdentityFacts[] = [
  { name: 'a', serviceAccountName: 'checkout', secretName: 'checkout-svid' },
  { name: 'b', serviceAccountName: 'cart', secretName: 'cart-svid', claimed: true },
];
const view = fc.record({
  labels: fc.constantFrom({ 'signet.dev/enforce': '', team: 'pay' }, { 'signet.dev/enforce': '' }, { team: 'pay' }, {}),
  identities: fc.subarray([...IDENTITIES]),
});

function named(specs: readonly IdentityPolicySpec[]): Readonly<Record<string, IdentityPolicySpec>> {
  return Object.fromEntries(specs.map((spec, index) => [`p${index}`, spec]));
}

function judge(cluster: ClusterInput, about: AdmissionRequest): Promise<Verdict> {
  return aJudge(judgedCluster(cluster).sources).review(about);
}

describe('the decision at admission', () => {
  it('does not depend on the order of policies', async () => {
    await fc.assert(
      fc.asyncProperty(policies, view, request, async (specs, cached, about) => {
        const all = named(specs);
        const turned = Object.fromEntries(Object.entries(all).toReversed());
        expect(await judge({ policies: turned, cached }, about)).toEqual(await judge({ policies: all, cached }, about));
      }),
    );
  });

  it('allows no more by a further policy', async () => {
    await fc.assert(
      fc.asyncProperty(policies, policy, view, request, async (specs, more, cached, about) => {
        const before = await judge({ policies: named(specs), cached }, about);
        const after = await judge({ policies: { ...named(specs), more }, cached }, about);
        if (!before.allowed) expect(after.allowed).toBe(false);
      }),
    );
  });

  it('is never a refusal by policies that warn or audit', async () => {
    await fc.assert(
      fc.asyncProperty(policies, view, request, async (specs, cached, about) => {
        const mild = specs.map((spec, index) => ({
          ...spec,
          enforcement: index % 2 ? ('Warn' as const) : ('Audit' as const),
        }));
        const without = await judge({ cached }, about);
        expect((await judge({ policies: named(mild), cached }, about)).allowed).toBe(without.allowed);
      }),
    );
  });

  it('never refuses a template', async () => {
    await fc.assert(
      fc.asyncProperty(policies, view, workload, async (specs, cached, one) => {
        const about = aRequest(one);
        if (about.kind.kind === 'Deployment')
          expect(await judge({ policies: named(specs), cached }, about)).toMatchObject({ allowed: true });
      }),
    );
  });

  it('rests on no identity that a cache lacks: where it is really there, nothing is refused over it', async () => {
    await fc.assert(
      fc.asyncProperty(policies, view, workload, async (specs, live, one) => {
        const about = aRequest(one);
        const all = named([...specs, { mtls: { mode: 'Strict' } }]);
        const truth = await judge({ policies: all, cached: live }, about);
        const behind = await judge({ policies: all, cached: { labels: live.labels }, live }, about);
        if (truth.allowed) expect(behind.allowed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is told within the limits of the API, and says of each refusal what to do', async () => {
    await fc.assert(
      fc.asyncProperty(policies, view, request, async (specs, cached, about) => {
        const verdict = await judge({ policies: named(specs), cached }, about);
        const answer = JSON.stringify(reviewAnswer(about.uid, verdict));
        expect(answer.length).toBeLessThan(32_768);
        if (verdict.allowed) return;
        expect(verdict.message).toMatch(/(breaks|cannot be accepted)/);
      }),
    );
  });
});
