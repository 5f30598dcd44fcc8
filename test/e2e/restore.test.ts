// SPDX-License-Identifier: Apache-2.0
/**
 * Back up and restore as backup tools do it (Velero): objects are written to files, everything is lost, and the files
 * are created again, with uids of their own, owners that no longer exist, and no status.
 * @module
 */
import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openScene, RELEASE, type Scene, SYSTEM, until } from './support/scene.ts';
import {
  identity,
  type Service,
  serialNumber,
  svid,
  untilAdmitted,
  untilForgotten,
  untilReady,
} from './support/services.ts';

const VALUES = ['defaultTrustDomain.allowedNamespaces=all'];
const DELETED: Service = { namespace: 'orders', name: 'orders' };
/** Its Secret outlives it: it has no owner, in a backup neither. */
const RETAINED: Service = { namespace: 'orders', name: 'archive' };
const SERVICES = [DELETED, RETAINED];
const PATIENCE_MS = 60_000;

interface Saved {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly [more: string]: unknown;
  };
  readonly status?: unknown;
}

let scene: Scene;
let backup: readonly Saved[] = [];
const before = new Map<Service, { readonly files: Record<string, Buffer>; readonly serialNumber: string }>();

beforeAll(async () => {
  scene = await openScene();
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await scene.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM, labels: restricted } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'orders', labels: { 'signet.dev/story': 'restore' } } },
    ...SERVICES.map((metadata) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })),
  );
  await scene.release('install', ...VALUES);
  const retained = identity(RETAINED, { secret: { deletionPolicy: 'Retain' } });
  await untilAdmitted(scene, ['apply', '-f', '-'], identity(DELETED), retained);
  for (const service of SERVICES) {
    await untilReady(scene, service);
    before.set(service, { files: await svid(scene, service), serialNumber: await serialNumber(scene, service) });
  }
});
afterAll(async () => {
  await scene.close();
});

async function saved(...args: readonly string[]): Promise<readonly Saved[]> {
  return (await scene.get<{ items: readonly Saved[] }>(...args)).items;
}

/** As a backup tool creates it again: nothing that the API server gives, but the owners as they were. */
function restored({ status: _status, ...object }: Saved): object {
  const {
    uid: _uid,
    resourceVersion: _version,
    managedFields: _fields,
    creationTimestamp: _at,
    ...metadata
  } = object.metadata;
  return { ...object, metadata };
}

function files(service: Service): Record<string, Buffer> {
  return before.get(service)?.files ?? {};
}

it('is backed up while it runs, and then everything is lost', async () => {
  const secrets = ['--field-selector=type!=helm.sh/release.v1'];
  backup = [
    ...(await saved('namespaces', '-l', 'kubernetes.io/metadata.name in (orders, signet-system)')),
    ...(await saved('serviceaccounts', '-n', 'orders')),
    ...(await saved('secrets', ...secrets, '-n', SYSTEM)),
    ...(await saved('secrets', ...secrets, '-n', 'orders')),
    ...(await saved('trustdomains')),
    ...(await saved('serviceidentities', '-n', 'orders')),
  ];
  expect(backup.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).toEqual([
    'default-intermediate-authority',
    'default-root-authority',
    'signet-webhook-serving',
    'archive-svid',
    'orders-svid',
  ]);
  await scene.helm(['uninstall', RELEASE, '--wait']);
  for (const namespace of ['orders', SYSTEM]) {
    await untilForgotten(scene, ['delete', 'namespace', namespace, '--wait', '--timeout=120s']);
  }
  await untilForgotten(scene, ['delete', 'trustdomains', '--all']);
  await scene.kubectl(['delete', 'crd', '-l', 'app.kubernetes.io/part-of=signet', '--wait']);
});

it('signs under the same root after the restore, with new keys, and waits for nobody', async () => {
  // The chart brings the CRDs; its controller waits until everything is there.
  const namespaces = backup.filter(({ kind }) => kind === 'Namespace');
  await scene.apply(...namespaces.map(restored));
  await scene.release(
    'install',
    ...VALUES,
    'controller.replicas=0',
    'webhook.replicas=0',
    'webhook.failurePolicy=Ignore',
  );
  const rest = backup.filter(({ kind, metadata: { name } }) => kind !== 'Namespace' && name !== 'default');
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [...rest, ...backup.filter(({ kind }) => kind === 'TrustDomain')].map(restored),
  });
  // Whoever restores the keys is the certificate authority.
  const asOperator = ['--as=restore', '--as-group=system:masters', '--as-group=signet.dev:break-glass'];
  await scene.kubectl([...asOperator, 'create', '-f', '-'], list);
  await scene.release('upgrade', ...VALUES);
  for (const service of SERVICES) {
    await until(`a new certificate of ${service.name}`, PATIENCE_MS, async () => {
      const now = await serialNumber(scene, service).catch(() => undefined);
      return now === undefined || now === before.get(service)?.serialNumber ? undefined : true;
    });
    await untilReady(scene, service);
    const now = await svid(scene, service);
    expect(now['ca.crt']?.toString()).toBe(files(service)['ca.crt']?.toString());
    // What was in a backup is in other hands.
    const [key, old] = [now['tls.key'] ?? '', files(service)['tls.key'] ?? ''].map((pem) => createPrivateKey(pem));
    expect(old !== undefined && key?.equals(old)).toBe(false);
  }
});

it('owns what it restored: a Secret goes with its identity, or stays, as the deletionPolicy says', async () => {
  await scene.kubectl(['delete', 'serviceidentities', '--all', '-n', 'orders', '--wait']);
  const names = async () =>
    (await scene.kubectl(['get', 'secrets', '-l', 'signet.dev/managed=svid', '-o', 'name', '-n', 'orders']))
      .split('\n')
      .filter((name) => name !== '');
  await until('the end of orders-svid', PATIENCE_MS, async () =>
    (await names()).includes('secret/orders-svid') ? undefined : true,
  );
  expect(await names()).toEqual(['secret/archive-svid']);
});
