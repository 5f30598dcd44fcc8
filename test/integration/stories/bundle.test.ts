// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of bundles: the anchors of a trust domain are in every selected namespace and in a ClusterTrustBundle, they
 * come back when somebody edits them, and nobody else's object is ever taken.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { servesTrustBundles } from '../../support/control-plane.ts';
import {
  apart,
  CLUSTER_BUNDLE,
  type ConfigMap,
  configMapRef,
  documentOf,
  isComplete,
  published,
} from './published-bundles.ts';
import { bundleWritesIn, requestsOf } from './requests.ts';
import { fileOf } from './svid-files.ts';
import { present, storyWorld, TRUST_DOMAIN } from './world.ts';

const world = storyWorld();
const withBundles = await servesTrustBundles();
describe.concurrent('a selected namespace', () => {
  it('gets the ConfigMap within a second of its creation', async () => {
    const lags: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const name = await world.namespace();
      const { metadata } = present(await world.cluster.get({ kind: 'Namespace', name }), name);
      const { metadata: written } = await published(world, name);
      lags.push(Date.parse(written.creationTimestamp) - Date.parse(metadata.creationTimestamp));
    }
    // Times of creation have whole seconds, and one of three may meet a busy machine.
    expect(Math.min(...lags)).toBeLessThanOrEqual(1000);
  });

  it('holds the anchors of its identities, as PEM and as a SPIFFE bundle, and says whose they are', async () => {
    const { namespace, secret } = await world.issued();
    const configMap = await published(world, namespace);
    expect(configMap.data?.['ca.crt']).toBe(fileOf(secret, 'ca.crt'));
    const root = new X509Certificate(configMap.data?.['ca.crt'] ?? '');
    const { kty, crv, x, y } = root.publicKey.export({ format: 'jwk' });
    expect(documentOf(configMap).keys).toEqual([
      { kty, use: 'x509-svid', x5c: [root.raw.toString('base64')], crv, x, y },
    ]);
    const { metadata } = present(await world.cluster.get({ kind: 'TrustDomain', name: 'default' }), 'TrustDomain');
    expect(configMap.metadata).toMatchObject({
      labels: { 'signet.dev/managed': 'bundle', 'signet.dev/trust-domain': 'default' },
      annotations: { 'signet.dev/trust-domain-name': TRUST_DOMAIN },
      ownerReferences: [{ kind: 'TrustDomain', name: 'default', uid: metadata.uid, controller: true }],
    });
  });

  it('loses it when it is selected no more, and gets it back', async () => {
    const namespace = await world.namespace();
    await published(world, namespace);
    const [key = ''] = Object.keys(world.selector.matchLabels);
    const patch = (value: string | null) =>
      world.cluster.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels: { [key]: value } } });
    await patch(null);
    await world.cluster.until(configMapRef(namespace), (now) => now === undefined);
    await patch(world.selector.matchLabels[key] ?? '');
    await published(world, namespace);
  });
});

interface Edit {
  readonly what: string;
  readonly patch: unknown;
  readonly healed: (configMap: ConfigMap) => boolean;
}

const EDITS: readonly Edit[] = [
  {
    what: 'the anchors',
    patch: { data: { 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' } },
    healed: ({ data }) => data?.['ca.crt']?.includes('AAAA\n-----END') === false,
  },
  {
    what: 'the bundle document, taken away',
    patch: { data: { 'bundle.spiffe.json': null } },
    healed: ({ data }) => data?.['bundle.spiffe.json'] !== undefined,
  },
  {
    what: 'the label by which the controller finds it, taken away',
    patch: { metadata: { labels: { 'signet.dev/managed': null } } },
    healed: ({ metadata }) => metadata.labels?.['signet.dev/managed'] === 'bundle',
  },
  {
    what: 'the label that names the TrustDomain',
    patch: { metadata: { labels: { 'signet.dev/trust-domain': 'another' } } },
    healed: ({ metadata }) => metadata.labels?.['signet.dev/trust-domain'] === 'default',
  },
  {
    what: 'the owner, taken away',
    patch: { metadata: { ownerReferences: null } },
    healed: ({ metadata }) => metadata.ownerReferences?.[0]?.name === 'default',
  },
  {
    what: 'the anchors, made immutable',
    patch: { data: { 'ca.crt': 'none' }, immutable: true },
    healed: ({ data }) => data?.['ca.crt'] !== 'none',
  },
];

describe.concurrent('somebody edits a ConfigMap', () => {
  it.each(EDITS)('$what: it comes back as it was, with the same sequence', async ({ patch, healed }) => {
    const namespace = await world.namespace();
    const before = await published(world, namespace);
    await world.cluster.patch(configMapRef(namespace), patch);
    const after = present(
      await world.cluster.until(configMapRef(namespace), (now) => now !== undefined && isComplete(now) && healed(now)),
      'the ConfigMap',
    );
    expect(after.data).toEqual(before.data);
    expect(after.metadata.labels).toEqual(before.metadata.labels);
    expect(after.metadata.ownerReferences).toEqual(before.metadata.ownerReferences);
  });

  it('deletes it: it comes back', async () => {
    const namespace = await world.namespace();
    const { metadata, data } = await published(world, namespace);
    await world.cluster.delete(configMapRef(namespace));
    const after = await world.cluster.until(
      configMapRef(namespace),
      (now) => now !== undefined && now.metadata.uid !== metadata.uid,
    );
    expect(after?.data).toEqual(data);
  });

  it('adds labels and files: they stay, and nothing is written', async () => {
    const namespace = await world.namespace();
    await published(world, namespace);
    const patched = await world.cluster.patch(configMapRef(namespace), {
      metadata: { labels: { 'example.com/mine': 'yes' } },
      data: { 'extra.txt': 'x' },
    });
    // Whatever is asked for later is done after this was looked at.
    await published(world, await world.namespace());
    expect(await world.cluster.get(configMapRef(namespace))).toEqual(patched);
    expect(bundleWritesIn(await requestsOf(world.installation.user), namespace)).toEqual(['create configmaps']);
  });
});

// One after the other: there is one ClusterTrustBundle, and the second story edits it.
const describeServed = withBundles ? describe : describe.skip;
describeServed('the ClusterTrustBundle', () => {
  it('holds the anchors under the signer name of the TrustDomain', async () => {
    const configMap = await published(world, await world.namespace());
    const bundle = await world.cluster.until(CLUSTER_BUNDLE, (now) => now !== undefined);
    expect(bundle?.spec).toEqual({ signerName: 'signet.dev/default', trustBundle: configMap.data?.['ca.crt'] });
  });

  it('comes back when it is edited or deleted', async () => {
    const before = present(await world.cluster.until(CLUSTER_BUNDLE, (now) => now !== undefined), CLUSTER_BUNDLE.name);
    const other = present((await world.issued()).secret.data?.['tls.crt'], 'tls.crt');
    const [, issuer = ''] = Buffer.from(other, 'base64')
      .toString()
      .split(/(?=-----BEGIN)/);
    await world.cluster.patch(CLUSTER_BUNDLE, { spec: { trustBundle: issuer } });
    await world.cluster.until(CLUSTER_BUNDLE, (now) => now?.spec.trustBundle === before.spec.trustBundle);
    await world.cluster.delete(CLUSTER_BUNDLE);
    const after = await world.cluster.until(
      CLUSTER_BUNDLE,
      (now) => now !== undefined && now.metadata.uid !== before.metadata.uid,
    );
    expect(after?.spec).toEqual(before.spec);
  });
});

describe('the controller is started again', () => {
  it('and writes no bundle, no status and no new sequence', async () => {
    const namespaces = [await world.namespace(), await world.namespace()];
    const before = await Promise.all(namespaces.map((namespace) => published(world, namespace)));
    if (withBundles) await world.cluster.until(CLUSTER_BUNDLE, (now) => now !== undefined);
    const bundle = await world.cluster.get(CLUSTER_BUNDLE);
    const owner = before[0]?.metadata.ownerReferences?.[0]?.uid;
    const owned = (await world.cluster.list('ConfigMap')).filter(
      ({ metadata }) => owner !== undefined && metadata.ownerReferences?.[0]?.uid === owner,
    );
    const settled = await world.untilTrustDomain('default', ({ status }) => {
      const { total, current } = status?.bundle?.configMaps ?? { total: 0, current: -1 };
      return (
        total === owned.length &&
        total === current &&
        status?.bundle?.sequence === documentOf(before[0] as ConfigMap).spiffe_sequence
      );
    });
    await world.signet.stop();
    const from = (await requestsOf(world.installation.user)).length;
    const again = await world.start();
    await again.untilSigning();
    // Published after the others were looked at.
    const probe = await apart(world);
    await world.trustDomain('probe', {
      trustDomain: 'probe.example',
      bundle: { namespaceSelector: { matchLabels: probe.label } },
    });
    await published(world, probe.namespace, 'probe-trust-bundle');
    await world.untilTrustDomain('probe', ({ status }) => status?.bundle?.configMaps.current === 1);

    const since = (await requestsOf(world.installation.user)).slice(from);
    for (const namespace of namespaces) expect(bundleWritesIn(since, namespace)).toEqual([]);
    const after = await Promise.all(namespaces.map((namespace) => published(world, namespace)));
    expect(after.map(({ metadata }) => metadata.resourceVersion)).toEqual(
      before.map(({ metadata }) => metadata.resourceVersion),
    );
    expect(await world.cluster.get(CLUSTER_BUNDLE)).toEqual(bundle);
    expect(await world.cluster.get({ kind: 'TrustDomain', name: 'default' })).toEqual(settled);
  });
});
