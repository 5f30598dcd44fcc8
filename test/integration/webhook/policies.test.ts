// SPDX-License-Identifier: Apache-2.0
/**
 * Policies at admission, through the real API server: each rule on identities refused in the words of the docs, each
 * enforcement, who asks, and policies themselves.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { sharedControlPlane, tryKubectl } from '../../support/control-plane.ts';
import { NAME, TRUST_DOMAIN } from '../stories/world.ts';
import { dryRun, heard, identityOf, policyWorld } from './policy-world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();
const { world } = place;
const { policy } = policyWorld(world);

const PEER = `spiffe://${TRUST_DOMAIN}/ns/web/sa/a`;
const CURVES: IdentityPolicySpec = { issue: { keyAlgorithms: ['Ed25519'] } };

/** Somebody with every right, in these groups. */
function as(...groups: string[]): readonly string[] {
  return ['--as=jane', ...['system:masters', ...groups].map((group) => `--as-group=${group}`)];
}

interface Case {
  readonly spec: IdentityPolicySpec;
  readonly breaks: Partial<ServiceIdentitySpec>;
  readonly keeps: Partial<ServiceIdentitySpec>;
  /** What is said, without the policy. */
  readonly says: string;
  readonly rule: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'service accounts': {
    spec: { issue: { serviceAccounts: ['cart'] } },
    breaks: {},
    keeps: { serviceAccountName: 'cart' },
    says: `spec.serviceAccountName "${NAME}": this service account may not hold an identity; use one of cart, or have the policy allow this one`,
    rule: 'issue.serviceAccounts',
  },
  'DNS names': {
    spec: { issue: { dnsNames: ['{serviceAccount}.{namespace}.svc'] } },
    breaks: { services: ['cart'] },
    keeps: { services: [NAME] },
    says: 'spec.services[0] "cart.NAMESPACE.svc": this DNS name may not be issued here; remove it, or use names like checkout.NAMESPACE.svc',
    rule: 'issue.dnsNames',
  },
  lifetimes: {
    spec: { issue: { ttl: { max: '2h' } } },
    breaks: { ttl: '3h' },
    keeps: { ttl: '2h' },
    says: 'spec.ttl "3h": the lifetime is longer than 2h; set spec.ttl to at most 2h',
    rule: 'issue.ttl',
  },
  'key algorithms': {
    spec: { issue: { keyAlgorithms: ['ECDSA-P256', 'Ed25519'] } },
    breaks: { privateKey: { algorithm: 'RSA-2048' } },
    keeps: {},
    says: 'spec.privateKey.algorithm "RSA-2048": keys of this algorithm may not be issued; use one of ECDSA-P256, Ed25519',
    rule: 'issue.keyAlgorithms',
  },
  'formats of the Secret': {
    spec: { issue: { secretFormats: ['PEM'] } },
    breaks: { secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } },
    keeps: {},
    says: 'spec.secret.formats[1].type "CombinedPEM": this format may not be stored; remove it; allowed is PEM',
    rule: 'issue.secretFormats',
  },
  'clients that are allowed': {
    spec: { mtls: { clients: { allowed: [PEER] } } },
    breaks: {},
    keeps: { mtls: { allowedClients: [PEER] } },
    says: `spec.mtls.allowedClients: is absent, which allows all clients; list the clients; allowed are ${PEER}`,
    rule: 'mtls.clients.allowed',
  },
  'servers that are denied': {
    spec: { mtls: { servers: { denied: [`spiffe://${TRUST_DOMAIN}/ns/legacy/sa/*`] } } },
    breaks: { mtls: { allowedServers: [`spiffe://${TRUST_DOMAIN}/ns/legacy/sa/a`] } },
    keeps: { mtls: { allowedServers: [PEER] } },
    says: `spec.mtls.allowedServers[0] "spiffe://${TRUST_DOMAIN}/ns/legacy/sa/a": covers spiffe://${TRUST_DOMAIN}/ns/legacy/sa/*, which is denied; remove it, or name single peers`,
    rule: 'mtls.servers.denied',
  },
  'rules in CEL': {
    spec: {
      validations: [{ name: 'short', expression: 'identity.ttlSeconds <= 7200', message: 'ask for at most 2h' }],
    },
    breaks: { ttl: '3h' },
    keeps: { ttl: '2h' },
    says: 'spec: rule short does not hold; ask for at most 2h',
    rule: 'validations[short]',
  },
};

describe.each(Object.entries(CASES))('%s', (_what, { spec, breaks, keeps, says, rule }) => {
  it('are refused with field, value, remedy, policy and rule, and admitted where they are kept', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, spec);
    const said = await heard(identityOf(namespace, breaks), /^1 /);
    expect(said).toBe(
      [
        `1 Error from server (Forbidden): error when creating "STDIN": admission webhook "serviceidentities.signet.dev" denied the request: ServiceIdentity ${namespace}/${NAME} breaks one rule:`,
        `- ${says.replaceAll('NAMESPACE', namespace)} [policy ${name} (${rule})]`,
      ].join('\n'),
    );
    expect(await dryRun(identityOf(namespace, keeps))).toBe('0');
    const before = await world.namespace();
    expect(await dryRun(identityOf(before, breaks))).toBe('0');
  });
});

describe('a policy', () => {
  it('that warns lets pass with all it has to say, whole', async () => {
    const namespace = await world.namespace();
    const message = `ask for at most 2h ${'because of the audit '.repeat(15)}`.trim();
    const validations = [{ name: 'short', expression: 'identity.ttlSeconds <= 7200', message }];
    const name = await policy(namespace, { validations, enforcement: 'Warn' });
    const said = await heard(identityOf(namespace, { ttl: '3h' }), /Warning/);
    expect(said).toBe(`0 Warning: spec: rule short does not hold; ${message} [policy ${name} (validations[short])]`);
    expect(said.length).toBeGreaterThan(300);
  });

  it('that audits lets pass in silence, counts, and is seen in metrics and in the audit log', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, { ...CURVES, enforcement: 'Audit' });
    const series = `signet_admission_policy_violations_total{policy="${name}",rule="issue.keyAlgorithms",effect="audit",judged="true"}`;
    await expect
      .poll(async () => {
        await world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
        const { code, stderr } = await tryKubectl(['apply', '-f', '-'], JSON.stringify(identityOf(namespace)));
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        return (await place.webhook.ask('/metrics')).text;
      })
      .toContain(series);
    const { auditLog } = sharedControlPlane();
    const annotation = `"serviceidentities.signet.dev/audited-by":"${name} (issue.keyAlgorithms)"`;
    if (auditLog !== undefined) await expect.poll(() => readFile(auditLog, 'utf8')).toContain(annotation);
    await world.cluster.until({ kind: 'IdentityPolicy', name }, (now) => now?.status?.violating === 1);
  });

  it('over who asks judges at admission alone: what the right user created is issued', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, {
      validations: [
        { name: 'who', expression: "'platform-team' in request.userInfo.groups", message: 'ask the platform team' },
      ],
    });
    const said = await heard(identityOf(namespace), /^1 /, ...as());
    expect(said).toContain(`- spec: rule who does not hold; ask the platform team [policy ${name} (validations[who])]`);
    const applied = await tryKubectl(
      ['apply', ...as('platform-team'), '-f', '-'],
      JSON.stringify(identityOf(namespace)),
    );
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    await world.ready(namespace);
    const { status } = (await world.cluster.get({ kind: 'IdentityPolicy', name })) ?? {};
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });

  it('that forbids everything can be repaired, and what it forbids labelled and deleted', async () => {
    const { namespace } = await world.issued();
    const name = await policy(namespace, { issue: { serviceAccounts: [] } });
    const ref = { kind: 'ServiceIdentity', namespace, name: NAME } as const;
    await heard(identityOf(namespace, {}, 'another'), /^1 /);
    await expect(world.cluster.patch(ref, { spec: { ttl: '2h' } })).rejects.toThrow(/breaks one rule/);
    await world.cluster.patch(ref, { metadata: { labels: { team: 'a' } } });
    await world.cluster.patch({ kind: 'IdentityPolicy', name }, { spec: { issue: { serviceAccounts: ['*'] } } });
    await expect.poll(() => dryRun(identityOf(namespace, {}, 'another'))).toBe('0');
    await world.cluster.patch(ref, { spec: { ttl: '2h' } });
    await world.cluster.delete(ref);
  });

  it('is refused with everything that keeps it from being in force', async () => {
    const spec = {
      issue: { ttl: { min: '2h', max: '1h' } },
      validations: [
        { name: 'a', expression: 'identity.spec.tll == "1h"', message: 'm' },
        { name: 'b', expression: 'identity.dnsNames.all(n, n.matches(n))', message: 'm' },
      ],
    };
    const object = { apiVersion: 'signet.dev/v1alpha1', kind: 'IdentityPolicy', metadata: { name: 'typo' }, spec };
    const crossed = await dryRun(object);
    expect(crossed).toMatch(/^1 /);
    const said = await dryRun({ ...object, spec: { validations: spec.validations } });
    expect(said).toContain(
      'admission webhook "identitypolicies.signet.dev" denied the request: IdentityPolicy typo cannot be accepted:',
    );
    expect(said).toContain('spec.validations[0].expression: line 1, column 14: asks for identity.spec.tll');
    expect(said).toContain('spec.validations[1].expression: line 1, column');
    expect(await dryRun({ ...object, spec: {} })).toBe('0');
  });

  it('in a namespace that was created with it a moment ago is judged by its labels', async () => {
    const name = await policy('*', {
      ...CURVES,
      match: { namespaces: { selector: { matchLabels: { fresh: 'yes' } } } },
    });
    const first = await world.namespace({ fresh: 'yes' });
    await heard(identityOf(first), /^1 /);
    const second = await world.namespace({ fresh: 'yes' });
    expect(await dryRun(identityOf(second))).toContain(`[policy ${name} (issue.keyAlgorithms)]`);
  });
});
