// SPDX-License-Identifier: Apache-2.0
/**
 * Policies at admission: every violation at once, in the words that users read; what is confirmed by a live read first;
 * and policies themselves, which no policy judges.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { IdentityFacts } from '../../../src/policy/subject.ts';
import type { AdmissionRequest } from '../../../src/webhook/admission.ts';
import { aJudge, anObject, aRequest } from '../../support/admission.ts';
import { type ClusterInput, judgedCluster } from '../../support/judged-cluster.ts';

const ENFORCED = { 'signet.dev/enforce': '' };
const STRICT: IdentityPolicySpec = { mtls: { mode: 'Strict' } };
const CURVES: IdentityPolicySpec = { issue: { keyAlgorithms: ['Ed25519'] } };
const POD = { group: '', version: 'v1', kind: 'Pod' };
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };
const OF_CHECKOUT: IdentityFacts = { name: 'c', serviceAccountName: 'checkout', secretName: 'checkout-svid' };

async function judge(input: ClusterInput, request: Partial<AdmissionRequest>) {
  const { sources, reads } = judgedCluster(input);
  const verdict = await aJudge(sources).review(aRequest(request));
  return { ...verdict, reads };
}

function identity(spec: object = {}): Partial<AdmissionRequest> {
  return { object: anObject({ serviceAccountName: 'checkout', ...spec }) };
}

function podSpec(account: string, secret?: string, mounted = true): object {
  const volumeMounts = mounted ? [{ name: 'v' }] : [];
  const volumes = secret === undefined ? [] : [{ name: 'v', secret: { secretName: secret } }];
  return { serviceAccountName: account, volumes, containers: [{ name: 'c', volumeMounts }] };
}

function pod(account: string, secret?: string, mounted = true): Partial<AdmissionRequest> {
  return { kind: POD, name: 'p', object: { spec: podSpec(account, secret, mounted) } };
}

describe('an identity', () => {
  it('is refused with the violations of all policies and its own faults at once', async () => {
    const policies = {
      curves: CURVES,
      short: { issue: { ttl: { max: '30m' } } },
      warned: { ...CURVES, enforcement: 'Warn' },
    } as const;
    const { allowed, message, violations } = await judge({ policies }, identity({ dnsNames: ['www.google.com'] }));
    expect(allowed).toBe(false);
    expect(message?.split('\n')).toEqual([
      'ServiceIdentity shop/checkout cannot be accepted:',
      expect.stringContaining('- spec.dnsNames[0] "www.google.com": is not a name of namespace shop'),
      '- spec.privateKey.algorithm "ECDSA-P256": keys of this algorithm may not be issued; use one of Ed25519 [policy curves (issue.keyAlgorithms)]',
      '- spec.ttl: the lifetime of 1h by the TrustDomain is longer than 30m; set spec.ttl to at most 30m [policy short (issue.ttl)]',
    ]);
    expect(violations).toHaveLength(3);
  });

  it('may be suspended whatever forbids it, with no other change', async () => {
    const input = { policies: { curves: CURVES } };
    const before = anObject({ serviceAccountName: 'checkout', dnsNames: ['www.google.com'] });
    const update = { operation: 'UPDATE', oldObject: before } as const;
    const suspended = { serviceAccountName: 'checkout', dnsNames: ['www.google.com'], suspend: true };
    expect(await judge(input, { ...update, object: anObject(suspended) })).toMatchObject({ allowed: true });
    expect(await judge(input, { ...update, object: anObject({ ...suspended, ttl: '2h' }) })).toMatchObject({
      allowed: false,
    });
    expect(await judge(input, { object: anObject(suspended) })).toMatchObject({ allowed: false });
  });

  it('is refused by policies alone in the words of the page', async () => {
    const { message, auditAnnotations } = await judge({ policies: { curves: CURVES } }, identity());
    expect(message).toBe(
      'ServiceIdentity shop/checkout breaks one rule:\n- spec.privateKey.algorithm "ECDSA-P256": keys of this algorithm may not be issued; use one of Ed25519 [policy curves (issue.keyAlgorithms)]',
    );
    expect(auditAnnotations).toEqual({ 'denied-by': 'curves (issue.keyAlgorithms)' });
  });

  it('passes with a warning, or silently but for the audit log', async () => {
    const warned = await judge({ policies: { curves: { ...CURVES, enforcement: 'Warn' } } }, identity());
    expect(warned).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('[policy curves (issue.keyAlgorithms)]')],
      auditAnnotations: { 'warned-by': 'curves (issue.keyAlgorithms)' },
    });
    const audited = await judge({ policies: { curves: { ...CURVES, enforcement: 'Audit' } } }, identity());
    expect(audited).toMatchObject({
      allowed: true,
      warnings: [],
      auditAnnotations: { 'audited-by': 'curves (issue.keyAlgorithms)' },
    });
    expect(audited.violations).toHaveLength(1);
  });

  it('is judged by who asks, and by what it was before', async () => {
    const policies: Record<string, IdentityPolicySpec> = {
      who: {
        validations: [{ name: 'who', expression: "'admins' in request.userInfo.groups", message: 'ask an admin' }],
      },
      what: {
        validations: [
          { name: 'what', expression: 'oldIdentity == null || oldIdentity.spec.suspend', message: 'suspend it first' },
        ],
      },
    };
    const admin = { username: 'root', uid: 'u', groups: ['admins'] };
    expect((await judge({ policies }, identity())).message).toContain('ask an admin [policy who (validations[who])]');
    expect(await judge({ policies }, { ...identity(), user: admin })).toMatchObject({ allowed: true });
    const update = (suspend: boolean): Partial<AdmissionRequest> => ({
      ...identity({ ttl: '2h' }),
      user: admin,
      operation: 'UPDATE',
      oldObject: anObject({ serviceAccountName: 'checkout', suspend }),
    });
    expect(await judge({ policies }, update(true))).toMatchObject({ allowed: true });
    expect((await judge({ policies }, update(false))).message).toContain('suspend it first');
  });

  it('is refused only by the labels its namespace has now, read once', async () => {
    const match = {
      namespaces: { selector: { matchExpressions: [{ key: 'exempt', operator: 'DoesNotExist' as const }] } },
    };
    const policies = { curves: { ...CURVES, match } };
    const behind = { policies, cached: { labels: {} }, live: { labels: { exempt: '' } } };
    expect(await judge(behind, identity())).toMatchObject({ allowed: true, reads: ['namespace shop'] });
    expect(await judge({ policies }, identity())).toMatchObject({ allowed: false, reads: ['namespace shop'] });
    const kept = identity({ privateKey: { algorithm: 'Ed25519' } });
    expect(await judge({ policies }, kept)).toMatchObject({ allowed: true, reads: [] });
  });

  it('of a namespace that the cache lacks is judged by the labels it has', async () => {
    const policies = { curves: { ...CURVES, match: { namespaces: { selector: { matchLabels: { team: 'pay' } } } } } };
    const fresh = { policies, cached: {}, live: { labels: { team: 'pay' } } };
    expect(await judge(fresh, identity())).toMatchObject({ allowed: false, reads: ['namespace shop'] });
    expect(await judge({ cached: {} }, identity())).toMatchObject({ allowed: true, reads: [] });
  });

  it('has the name that the API server made up', async () => {
    const policies = {
      named: { validations: [{ name: 'n', expression: "identity.metadata.name == 'made-up'", message: 'm' }] },
    };
    const object = anObject({ serviceAccountName: 'checkout' }, { name: 'made-up', generateName: 'made-' });
    expect(await judge({ policies }, { name: '', object })).toMatchObject({ allowed: true });
  });
});

describe('a Pod', () => {
  const cached = { labels: ENFORCED, identities: [OF_CHECKOUT] };

  it.each([
    ['its own SVID', pod('checkout', 'checkout-svid'), true],
    ['the SVID of another', pod('other', 'checkout-svid'), false],
    ['any other Secret', pod('other', 'database'), true],
  ])('that takes in %s', async (_what, request, allowed) => {
    expect(await judge({ cached }, request)).toMatchObject({ allowed, reads: [] });
  });

  it('says whose SVID it takes in, and what to do', async () => {
    expect((await judge({ cached }, pod('other', 'checkout-svid'))).message).toBe(
      'Pod shop/p breaks one rule:\n- spec.volumes[0].secret.secretName "checkout-svid": is the SVID of service account checkout, and the Pod runs as other; run the Pod as checkout, or use a ServiceIdentity for other [built-in rule own-svid]',
    );
  });

  it('is kept from nothing by an identity that only claims a Secret', async () => {
    const claimed = { ...OF_CHECKOUT, secretName: 'database', claimed: true as const };
    expect(await judge({ cached: { ...cached, identities: [claimed] } }, pod('other', 'database'))).toMatchObject({
      allowed: true,
    });
  });

  it('is not judged where the namespace has no label, which is read once where the cache says so', async () => {
    const unlabelled = { labels: {}, identities: [OF_CHECKOUT] };
    const policies = { strict: STRICT };
    const request = pod('other', 'checkout-svid');
    expect(await judge({ policies, cached: unlabelled }, request)).toMatchObject({
      allowed: true,
      reads: ['namespace shop'],
    });
    expect(await judge({ policies, cached: unlabelled, live: cached }, request)).toMatchObject({ allowed: false });
  });
});

describe('a Pod under a Strict policy', () => {
  const policies = { strict: STRICT };
  const none = { labels: ENFORCED };
  const cached = { ...none, identities: [OF_CHECKOUT] };

  it('needs an identity, and is refused only when a live read finds none', async () => {
    const { allowed, message, reads } = await judge({ policies, cached: none }, pod('checkout', 'checkout-svid'));
    expect({ allowed, reads }).toEqual({ allowed: false, reads: ['namespace shop', 'identities of shop/checkout'] });
    expect(message).toContain('spec.serviceAccountName "checkout": no ServiceIdentity exists for this service account');
    expect(message).toContain('[policy strict (mtls.mode)]');
    const behind = { policies, cached: none, live: cached };
    expect(await judge(behind, pod('checkout', 'checkout-svid'))).toMatchObject({ allowed: true, warnings: [] });
  });

  it('is judged by the label that was taken away a moment ago', async () => {
    const { allowed } = await judge({ policies, cached: none, live: { labels: {} } }, pod('checkout'));
    expect(allowed).toBe(true);
  });

  it.each([
    ['mounts nothing', pod('checkout'), false],
    ['has the volume, and mounts it nowhere', pod('checkout', 'checkout-svid', false), false],
    ['mounts it', pod('checkout', 'checkout-svid'), true],
  ])('that %s', async (_what, request, allowed) => {
    expect(await judge({ policies, cached }, request)).toMatchObject({ allowed, reads: [] });
  });

  it('may mount what its identity asks for before it was issued', async () => {
    const early = { ...none, identities: [{ ...OF_CHECKOUT, claimed: true as const }] };
    expect(await judge({ policies, cached: early }, pod('checkout', 'checkout-svid'))).toMatchObject({ allowed: true });
  });

  it('cannot be judged where the live read fails', async () => {
    const { sources } = judgedCluster({ policies, cached: none });
    const broken = { ...sources, liveIdentities: () => Promise.reject(new Error('too many')) };
    await expect(aJudge(broken).review(aRequest(pod('checkout')))).rejects.toThrow('too many');
  });

  it('may get an ephemeral container, which takes in nothing', async () => {
    const object = { spec: { ...podSpec('checkout'), ephemeralContainers: [{ name: 'debug' }] } };
    const request = {
      kind: POD,
      operation: 'UPDATE',
      subResource: 'ephemeralcontainers',
      object,
      oldObject: {},
    } as const;
    expect(await judge({ policies, cached: none }, request)).toMatchObject({ allowed: true });
  });

  it('is only warned about as a template, in two ways', async () => {
    const object = { spec: { template: { spec: podSpec('checkout') } } };
    const template = { kind: DEPLOYMENT, name: 'd', object };
    const refused = await judge({ policies, cached: none }, template);
    expect(refused).toMatchObject({
      allowed: true,
      warnings: [
        expect.stringMatching(/^its Pods will be refused: spec\.template\.spec\.serviceAccountName "checkout": no/),
      ],
    });
    const warned = await judge({ policies: { strict: { ...STRICT, enforcement: 'Warn' } }, cached: none }, template);
    expect(warned.warnings).toEqual([expect.stringMatching(/^spec\.template\.spec\.serviceAccountName/)]);
    const audited = await judge({ policies: { strict: { ...STRICT, enforcement: 'Audit' } }, cached: none }, template);
    expect(audited).toMatchObject({ allowed: true, warnings: [], reads: [] });
  });
});

describe('a policy', () => {
  const kind = { group: 'signet.dev', version: 'v1alpha1', kind: 'IdentityPolicy' };
  const request = (spec: unknown): Partial<AdmissionRequest> => ({
    kind,
    name: 'p',
    namespace: undefined,
    object: anObject(spec),
  });
  const everything = { forbidden: { issue: { serviceAccounts: [] } } };

  it('is not judged by policies, so that it can be repaired', async () => {
    expect(await judge({ policies: everything }, request({ issue: { serviceAccounts: ['*'] } }))).toMatchObject({
      allowed: true,
    });
  });

  it.each<[string, unknown, string]>([
    ['no object', [], 'IdentityPolicy p cannot be accepted: spec: must be an object'],
    [
      'a rule without an expression',
      { validations: [{ name: 'a', message: 'b' }] },
      'spec.validations[0].expression: is missing',
    ],
    [
      'an expression that does not compile',
      { validations: [{ name: 'a', expression: 'identity.spec.tll == "1h"', message: 'b' }] },
      'spec.validations[0].expression: line 1, column 14: asks for identity.spec.tll',
    ],
    [
      'bounds that cross',
      { issue: { ttl: { min: '2h', max: '1h' } } },
      'spec.issue.ttl: min must not be longer than max',
    ],
  ])('with %s is refused', async (_what, spec, says) => {
    const { allowed, message } = await judge({}, request(spec));
    expect(allowed).toBe(false);
    expect(message).toContain(says);
  });

  it('is refused with all that is wrong with it', async () => {
    const validations = ['nothing', '1 +'].map((expression, at) => ({ name: `r${at}`, expression, message: 'm' }));
    const { message } = await judge({}, request({ validations }));
    expect(message?.split('\n')).toHaveLength(3);
  });
});
