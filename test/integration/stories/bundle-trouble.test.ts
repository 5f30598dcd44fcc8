// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of bundles in trouble: names that are taken, quotas, somebody who edits over and over, and TrustDomains that go,
 * move or want the same name.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { servesTrustBundles } from '../../support/control-plane.ts';
import { apart, blockedBecause, configMapRef, published } from './published-bundles.ts';
import { isReady, present, storyWorld } from './world.ts';

const world = storyWorld();
const withBundles = await servesTrustBundles();

describe.concurrent('somebody edits a ConfigMap', () => {
  it('over and over: it is healed a few times, then the TrustDomain says so', async () => {
    const { namespace, label } = await apart(world);
    await world.trustDomain('contended', {
      trustDomain: 'contended.example',
      bundle: { namespaceSelector: { matchLabels: label } },
    });
    const own = configMapRef(namespace, 'contended-trust-bundle');
    await published(world, namespace, own.name);
    for (let edit = 0; edit < 5; edit += 1) {
      await world.cluster.patch(own, { data: { 'ca.crt': `edit ${edit}` } });
      await published(world, namespace, own.name);
    }
    await world.cluster.patch(own, { data: { 'ca.crt': 'the last' } });
    const { status } = await world.untilTrustDomain('contended', (now) => blockedBecause(now) === 'RepeatedEdits');
    expect(status?.bundle).toMatchObject({ configMaps: { total: 1, current: 0 } });
    expect((await world.cluster.get(own))?.data?.['ca.crt']).toBe('the last');
  });
});

describe.concurrent('a ConfigMap that cannot be written', () => {
  it('because the name is taken: it is left alone and named in status, and published once it is gone', async () => {
    const { namespace, label } = await apart(world);
    const name = 'taken-trust-bundle';
    const theirs = await world.cluster.create({
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { 'ca.crt': 'theirs' },
    });
    await world.trustDomain('taken', {
      trustDomain: 'taken.example',
      bundle: { namespaceSelector: { matchLabels: label } },
    });
    const { status } = await world.untilTrustDomain('taken', (now) => blockedBecause(now) === 'ObjectConflict');
    const blocked = status?.conditions?.find(({ type }) => type === 'BundleBlocked');
    expect(blocked).toMatchObject({ status: 'True' });
    expect(blocked?.message).toContain(`in namespace ${namespace}`);
    expect(status?.bundle).toMatchObject({
      configMaps: { total: 1, current: 0 },
      blocked: [{ kind: 'ConfigMap', namespace, name }],
    });
    expect(await world.cluster.get(configMapRef(namespace, name))).toEqual(theirs);

    await world.cluster.delete(configMapRef(namespace, name));
    // A change of the namespace makes it look again; the ConfigMap itself is not watched.
    await world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { annotations: { look: 'again' } } });
    await published(world, namespace, name);
    const after = await world.untilTrustDomain('taken', (now) => now.status?.bundle?.configMaps.current === 1);
    expect(blockedBecause(after)).toBeUndefined();
    expect(after.status?.bundle?.blocked).toBeUndefined();
  });

  it('because of a quota: the answer of the API server is in status', async () => {
    const { namespace } = await apart(world);
    await world.cluster.create({
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { 'count/configmaps': '0' } },
    });
    await world.cluster.until(
      { kind: 'ResourceQuota', namespace, name: 'none' },
      (now) => (now?.['status'] as { hard?: object } | undefined)?.hard !== undefined,
    );
    const only = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    await world.trustDomain('quota', { trustDomain: 'quota.example', bundle: { namespaceSelector: only } });
    const { status } = await world.untilTrustDomain('quota', (now) => blockedBecause(now) === 'WriteRefused');
    expect(status?.bundle?.blocked?.[0]?.reason).toContain('exceeded quota');
    expect(isReady(present(await world.cluster.get({ kind: 'TrustDomain', name: 'quota' }), 'TrustDomain'))).toBe(true);
  });
});

describe.concurrent('a TrustDomain', () => {
  it('takes its bundles with it when it is deleted', async () => {
    const { namespace, label } = await apart(world);
    await world.trustDomain('gone', {
      trustDomain: 'gone.example',
      bundle: { namespaceSelector: { matchLabels: label } },
    });
    await published(world, namespace, 'gone-trust-bundle');
    const cluster = { kind: 'ClusterTrustBundle', name: 'signet.dev:gone:bundle' } as const;
    if (withBundles) await world.cluster.until(cluster, (now) => now !== undefined);
    await world.cluster.delete({ kind: 'TrustDomain', name: 'gone' });
    await world.cluster.until(configMapRef(namespace, 'gone-trust-bundle'), (now) => now === undefined);
    if (withBundles) await world.cluster.until(cluster, (now) => now === undefined);
  });

  it('moves its bundles to another name, and withdraws its ClusterTrustBundle', async () => {
    const { namespace, label } = await apart(world);
    const bundle = { namespaceSelector: { matchLabels: label } };
    await world.trustDomain('moved', { trustDomain: 'moved.example', bundle });
    const before = await published(world, namespace, 'moved-trust-bundle');
    const named = withBundles ? 'signet.dev:moved:bundle' : undefined;
    await world.untilTrustDomain('moved', ({ status }) => status?.bundle?.clusterTrustBundle === named);
    const spec = { bundle: { configMapName: 'anchors', clusterTrustBundle: 'Never' } };
    await world.cluster.patch({ kind: 'TrustDomain', name: 'moved' }, { spec });
    const after = await published(world, namespace, 'anchors');
    expect(after.data).toEqual(before.data);
    await world.cluster.until(configMapRef(namespace, 'moved-trust-bundle'), (now) => now === undefined);
    const ref = { kind: 'ClusterTrustBundle', name: 'signet.dev:moved:bundle' } as const;
    if (withBundles) await world.cluster.until(ref, (now) => now === undefined);
    await world.untilTrustDomain('moved', ({ status }) => status?.bundle?.clusterTrustBundle === undefined);
  });

  it('gives a name to the older of two that want it in one namespace', async () => {
    const { namespace, label } = await apart(world);
    const bundle = { configMapName: 'shared', namespaceSelector: { matchLabels: label } };
    await world.trustDomain('first', { trustDomain: 'first.example', bundle });
    const before = await published(world, namespace, 'shared');
    await world.trustDomain('second', { trustDomain: 'second.example', bundle });
    const { status } = await world.untilTrustDomain('second', (now) => blockedBecause(now) === 'ObjectConflict');
    expect(status?.bundle?.blocked?.[0]?.reason).toContain('TrustDomain first');
    expect(await world.cluster.get(configMapRef(namespace, 'shared'))).toEqual(before);
  });
});
