// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of identities that a policy forbids, judged by the controller alone: nobody stands at admission here.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { IdentityPolicy, IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { ALLOWED_CLIENTS_KEY, ENFORCE_LABEL } from '../../../src/api/well-known.ts';
import { requestsOf, writesIn } from './requests.ts';
import { current, NAME, present, storyWorld, TRUST_DOMAIN, type World } from './world.ts';

const world: World = storyWorld();
const policies: string[] = [];

afterAll(async () => {
  for (const name of policies) await world.cluster.delete({ kind: 'IdentityPolicy', name });
});

/** A policy over one namespace. */
async function policy(namespace: string, spec: IdentityPolicySpec): Promise<string> {
  const name = `policy-${randomBytes(4).toString('hex')}`;
  policies.push(name);
  const match = { namespaces: { names: [namespace] } };
  await world.cluster.create({ kind: 'IdentityPolicy', metadata: { name }, spec: { match, ...spec } });
  return name;
}

async function untilPolicy(name: string, holds: (policy: IdentityPolicy) => boolean): Promise<IdentityPolicy> {
  const found = await world.cluster.until({ kind: 'IdentityPolicy', name }, (now) => now !== undefined && holds(now));
  return present(found, name);
}

function isForbidden({ status }: ServiceIdentity): boolean {
  return status?.conditions?.some(({ type }) => type === 'Forbidden') === true;
}

function secretOf(namespace: string) {
  return world.cluster.list('Secret', namespace);
}

const ONLY_CURVES: IdentityPolicySpec = { issue: { keyAlgorithms: ['Ed25519'] } };

describe.concurrent('an identity that a policy forbids', () => {
  it('is not issued, says which rule it breaks and what to do, and is issued once it keeps it', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, {
      ...ONLY_CURVES,
      validations: [{ name: 'short', expression: 'identity.ttlSeconds <= 1800', message: 'ask for at most 30m' }],
    });
    await untilPolicy(name, ({ status }) => status?.observedGeneration === 1);
    await world.identity(namespace);
    const waiting = await world.because(namespace, 'PolicyViolation');
    expect(current(waiting)?.status).toBe('False');
    for (const part of [name, 'spec.privateKey.algorithm', 'use one of Ed25519', 'ask for at most 30m']) {
      expect(current(waiting)?.message).toContain(part);
    }
    expect(await secretOf(namespace)).toEqual([]);
    await untilPolicy(name, ({ status }) => status?.violating === 1);
    await world.patch(namespace, { privateKey: { algorithm: 'Ed25519' }, ttl: '30m' });
    expect(isForbidden(await world.ready(namespace))).toBe(false);
    const counted = await untilPolicy(name, ({ status }) => status?.violating === 0);
    expect(counted.status).toMatchObject({ matched: 1, examples: [] });
  });

  it('keeps its SVID until its renewal is due, and is not renewed then', async () => {
    const { namespace, identity } = await world.issued({ ttl: '40s' });
    const name = await policy(namespace, ONLY_CURVES);
    const warned = await world.until(namespace, isForbidden);
    expect(current(warned)).toMatchObject({ status: 'True', reason: 'Issued' });
    expect(warned.status?.serialNumber).toBe(identity.status?.serialNumber);
    const held = await world.because(namespace, 'PolicyViolation');
    expect(current(held)).toMatchObject({ status: 'True' });
    expect(held.status?.serialNumber).toBe(identity.status?.serialNumber);
    await world.cluster.delete({ kind: 'IdentityPolicy', name });
    expect(isForbidden(await world.reissued(identity))).toBe(false);
  });

  it('loses its SVID at once where the policy says so, and gets another when it is allowed again', async () => {
    const { namespace, identity } = await world.issued();
    const name = await policy(namespace, { ...ONLY_CURVES, onViolation: 'Revoke' });
    const revoked = await world.because(namespace, 'PolicyViolation');
    expect(current(revoked)?.status).toBe('False');
    await world.cluster.until({ kind: 'Secret', namespace, name: `${NAME}-svid` }, (secret) => secret === undefined);
    await world.cluster.patch({ kind: 'IdentityPolicy', name }, { spec: { enforcement: 'Audit' } });
    await world.reissued(identity);
  });

  it('gets no peers written that are denied, and others at once', async () => {
    const { namespace } = await world.issued({ mtls: { allowedClients: [] } });
    const denied = `spiffe://${TRUST_DOMAIN}/ns/legacy/sa/*`;
    const name = await policy(namespace, { mtls: { clients: { denied: [denied] } } });
    await untilPolicy(name, ({ status }) => status?.observedGeneration === 1);
    await world.patch(namespace, { mtls: { allowedClients: [`spiffe://${TRUST_DOMAIN}/ns/legacy/sa/a`] } });
    expect(current(await world.because(namespace, 'PolicyViolation'))?.status).toBe('True');
    expect((await world.secret(namespace)).data?.[ALLOWED_CLIENTS_KEY]).toBe('');
    const allowed = `spiffe://${TRUST_DOMAIN}/ns/web/sa/a`;
    await world.patch(namespace, { mtls: { allowedClients: [allowed] } });
    await world.untilSecret(
      namespace,
      ({ data }) => Buffer.from(data?.[ALLOWED_CLIENTS_KEY] ?? '', 'base64').toString() === `${allowed}\n`,
    );
  });

  it('is only counted in an audit, and named as an example', async () => {
    const { namespace, identity } = await world.issued();
    const name = await policy(namespace, { ...ONLY_CURVES, enforcement: 'Audit', onViolation: 'Revoke' });
    const counted = await untilPolicy(name, ({ status }) => status?.violating === 1);
    expect(counted.status).toMatchObject({ matched: 1, examples: [`${namespace}/${NAME}`] });
    await world.patch(namespace, { renewRequest: 'now' });
    expect(isForbidden(await world.reissued(identity))).toBe(false);
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
    await untilPolicy(name, ({ status }) => status?.matched === 0);
  });
});

describe.concurrent('a policy', () => {
  it('that asks for Strict says that nobody judges Pods where there is no webhook, labels or not', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, { mtls: { mode: 'Strict' } });
    const told = await untilPolicy(name, ({ status }) => (status?.conditions?.length ?? 0) > 1);
    expect(told.status?.conditions?.[1]).toMatchObject({ type: 'NotEnforced', reason: 'AdmissionOnly' });
    const labels = { [ENFORCE_LABEL]: 'true' };
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels } });
    await world.cluster.patch({ kind: 'IdentityPolicy', name }, { spec: { enforcement: 'Audit' } });
    const labelled = await untilPolicy(name, ({ status }) => status?.observedGeneration === 2);
    expect(labelled.status?.conditions?.[1]).toMatchObject({ type: 'NotEnforced', reason: 'AdmissionOnly' });
  });

  it('with an expression that the static pass refuses is not applied and says why', async () => {
    const { namespace } = await world.issued();
    const name = await policy(namespace, {
      onViolation: 'Revoke',
      validations: [{ name: 'typo', expression: 'identity.spec.tll == "1h"', message: 'unused' }],
    });
    const refused = await untilPolicy(name, ({ status }) => status?.conditions?.[0]?.reason === 'InvalidSpec');
    expect(refused.status?.conditions?.[0]?.message).toContain('line 1, column 14: asks for identity.spec.tll');
    expect(isForbidden(await world.ready(namespace))).toBe(false);
  });

  it('over a quiet cluster writes nothing', async () => {
    const { namespace } = await world.issued();
    const name = await policy(namespace, ONLY_CURVES);
    await untilPolicy(name, ({ status }) => status?.violating === 1);
    await world.until(namespace, isForbidden);
    const before = await requestsOf(world.installation.user);
    const labels = { 'example.org/touched': 'yes' };
    await world.cluster.patch({ kind: 'IdentityPolicy', name }, { metadata: { labels } });
    // What was to be written would have been written by the time that something later is.
    await world.issued();
    const since = (await requestsOf(world.installation.user)).slice(before.length);
    expect(writesIn(since, namespace)).toEqual([]);
    expect(since.filter((request) => request.name === name)).toEqual([]);
  });
});
