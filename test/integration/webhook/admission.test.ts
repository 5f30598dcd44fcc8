// SPDX-License-Identifier: Apache-2.0
/**
 * What the real API server answers to users while the webhook runs: refusals that read as advice, warnings, and what
 * passes in any case.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { tryKubectl } from '../../support/control-plane.ts';
import { NAME, TRUST_DOMAIN } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();
const { world } = place;

function identity(namespace: string, spec: object = {}, name: string = NAME) {
  return {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity' as const,
    metadata: { name, namespace },
    spec: { serviceAccountName: NAME, ...spec },
  };
}

function apply(object: unknown, ...flags: string[]) {
  return tryKubectl(['apply', ...flags, '-f', '-'], JSON.stringify(object));
}

/** Value of a series of the webhook. */
async function reviews(kind: string, outcome: string, dryRun = false): Promise<number> {
  const { text } = await place.webhook.ask('/metrics');
  const labels = `kind="${kind}",outcome="${outcome}",dry_run="${dryRun}"`;
  const line = text.split('\n').find((each) => each.startsWith(`signet_admission_reviews_total{${labels}}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('a ServiceIdentity', () => {
  it('is refused with everything that is wrong with it at once, as advice', async () => {
    const namespace = await world.namespace();
    const wrong = { dnsNames: ['www.google.com'], secret: { labels: { 'foreign.dev/x': 'y' } } };
    const said = await apply(identity(namespace, wrong));
    expect(said.code).toBe(1);
    expect(said.stderr).toBe(
      [
        `Error from server (Forbidden): error when creating "STDIN": admission webhook "serviceidentities.signet.dev" denied the request: ServiceIdentity ${namespace}/${NAME} cannot be accepted:`,
        `- spec.dnsNames[0] "www.google.com": is not a name of namespace ${namespace} (such as <service>.${namespace}.svc), and allowedDNS of the TrustDomain does not cover it; remove it, or have it added to spec.allowedDNS`,
        '- spec.secret.labels "foreign.dev/x": the operator of Signet allows none; remove the key',
        '',
      ].join('\n'),
    );
    expect(await world.cluster.get({ kind: 'ServiceIdentity', namespace, name: NAME })).toBeUndefined();
  });

  it('is refused in a dry run as well, and counted as one', async () => {
    const namespace = await world.namespace();
    const before = await reviews('ServiceIdentity.signet.dev', 'denied', true);
    await expect(world.cluster.tryCreate(identity(namespace, { dnsNames: ['www.google.com'] }))).rejects.toThrow(
      /denied the request/,
    );
    expect(await reviews('ServiceIdentity.signet.dev', 'denied', true)).toBe(before + 1);
  });

  it('is issued without the webhook hearing of any status', async () => {
    const before = await reviews('ServiceIdentity.signet.dev', 'passed');
    await world.issued();
    expect(await reviews('ServiceIdentity.signet.dev', 'passed')).toBe(before);
  });

  it('of a TrustDomain that does not exist yet is created with a warning', async () => {
    const namespace = await world.namespace();
    const said = await apply(identity(namespace, { trustDomainRef: { name: 'later' } }));
    expect(said).toMatchObject({ code: 0 });
    expect(said.stderr).toBe(
      'Warning: TrustDomain later does not exist yet, and nothing is issued before it does; create it, or replace the ServiceIdentity by one that names another\n',
    );
  });

  it('whose lifetime is cut is created with a warning', async () => {
    const namespace = await world.namespace();
    const said = await apply(identity(namespace, { ttl: '100h' }));
    expect(said.stderr).toBe(
      'Warning: spec.ttl 100h is outside the bounds of TrustDomain default; SVIDs will live 24h unless spec.ttl or the bounds are changed\n',
    );
  });

  it('in a namespace of the system is nobody asked about', async () => {
    const namespace = world.installation.namespace;
    await world.cluster.tryCreate(identity(namespace, { dnsNames: ['www.google.com'] }));
  });

  it('that was forbidden later can be labelled, finalized, suspended and deleted, but not changed otherwise', async () => {
    const namespace = await world.namespace();
    const name = `td-${namespace}`;
    const spec = { trustDomain: `${namespace}.example`, allowedDNS: ['www.example.com'] };
    await world.trustDomain(name, spec);
    const ref = { kind: 'ServiceIdentity', namespace, name: NAME } as const;
    await world.identity(namespace, { trustDomainRef: { name }, dnsNames: ['www.example.com'] });
    await world.cluster.patch({ kind: 'TrustDomain', name }, { spec: { allowedDNS: [] } });
    // One that is admitted before the webhook has seen the TrustDomain is no change when it is sent again.
    let minutes = 120;
    const change = () => {
      minutes += 1;
      return world.cluster.patch(ref, { spec: { ttl: `${minutes}m` } });
    };
    await expect.poll(() => refused(change())).toMatch(/www\.example\.com/);
    await world.cluster.patch(ref, { spec: { suspend: true } });

    await world.cluster.patch(ref, { metadata: { labels: { team: 'a' }, finalizers: ['example.com/wait'] } });
    await world.cluster.delete(ref);
    const deleting = await world.cluster.patch(ref, { spec: { ttl: '2h' } });
    expect(deleting.metadata.deletionTimestamp).toBeDefined();
    await world.cluster.patch(ref, { metadata: { finalizers: null } });
    expect(await world.cluster.get(ref)).toBeUndefined();
  });
});

describe('a TrustDomain', () => {
  it('of the name by which admission is proven is refused', async () => {
    const spec = { trustDomain: TRUST_DOMAIN };
    const draft = { kind: 'TrustDomain', metadata: { name: 'signet-admission-probe' }, spec } as const;
    await expect(world.cluster.create(draft)).rejects.toThrow(
      'admission webhook "trustdomains.signet.dev" denied the request: the name signet-admission-probe is reserved',
    );
  });

  it('is created with a warning where its margin is small', async () => {
    const name = 'small-margin';
    const spec = { trustDomain: 'small.example', propagationMargin: '10s' };
    const said = await apply({ apiVersion: 'signet.dev/v1alpha1', kind: 'TrustDomain', metadata: { name }, spec });
    await world.cluster.delete({ kind: 'TrustDomain', name });
    expect(said.stderr).toContain('Warning: spec.propagationMargin is 10s: mounted Secrets usually need up to 5m');
  });
});

async function refused(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'admitted';
  } catch (error) {
    return error instanceof Error ? error.message : 'no error';
  }
}
