// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster whose etcd is restored from an older snapshot, under a controller that has seen what came after it. It has a
 * control plane of its own to break.
 * @module
 */
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { silentProgress } from '../../../hack/progress.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import { type Cluster, openCluster } from '../../support/cluster.ts';
import { controllersIn, type Installation } from '../../support/signet-process.ts';
import { disagreement, opensslVerdict } from '../stories/svid-files.ts';
import { current, isReady, present } from '../stories/world.ts';

const CRDS = path.resolve(import.meta.dirname, '../../../crds');
const HOME = 'signet-system';
const FLAGS = ['--trust-domain=example.org', '--default-trust-domain-allowed-namespaces=shop=yes'];

let plane: ControlPlane;
let cluster: Cluster;
let controllers: Omit<Installation, 'user'>;

beforeAll(async () => {
  plane = await startControlPlane({ local: true, progress: silentProgress(), manifests: [CRDS] });
  cluster = await openCluster(plane.kubeconfig);
  const { directory, kubeconfig } = plane;
  controllers = controllersIn({ namespace: HOME, directory, kubeconfig });
  for (const name of [HOME, 'shop']) {
    await cluster.create({ kind: 'Namespace', metadata: { name, labels: { shop: 'yes' } } });
  }
  await cluster.create({ kind: 'ServiceAccount', metadata: { name: 'checkout', namespace: 'shop' } });
});

afterAll(async () => {
  await controllers?.close();
  await cluster?.close();
  await plane?.stop();
});

async function trustDomain(condition: (now: TrustDomain) => boolean): Promise<TrustDomain> {
  const ref = { kind: 'TrustDomain', name: 'default' } as const;
  return present(await cluster.until(ref, (now) => now !== undefined && condition(now), 60_000), 'TrustDomain');
}

async function identity(condition: (now: ServiceIdentity) => boolean): Promise<ServiceIdentity> {
  const ref = { kind: 'ServiceIdentity', namespace: 'shop', name: 'checkout' } as const;
  return present(await cluster.until(ref, (now) => now !== undefined && condition(now), 60_000), 'ServiceIdentity');
}

function ask(id: string): Promise<TrustDomain> {
  const rotation = { id, action: 'RotateIntermediate' };
  return cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
}

it('stops signing and says so, and goes on when it is started again', async () => {
  const signet = await controllers.startAs({ flags: FLAGS });
  await signet.untilSigning();
  await trustDomain(isReady);
  const metadata = { name: 'checkout', namespace: 'shop' };
  await cluster.create({ kind: 'ServiceIdentity', metadata, spec: { serviceAccountName: 'checkout' } });
  const before = await identity(isReady);
  await plane.saveEtcd();
  await ask('after-the-snapshot');
  const rotated = await trustDomain(({ status }) => status?.rotation?.id === 'after-the-snapshot');
  expect(rotated.status?.rotation?.state).toBe('Completed');

  await plane.restoreEtcd();
  const stopped = await trustDomain((now) => current(now)?.reason === 'AuthorityWentBack');
  expect(current(stopped)?.message).toMatch(/^the authority stored now has revision 1, and revision 2 was seen before/);
  await cluster.patch({ kind: 'ServiceIdentity', ...metadata }, { spec: { renewRequest: 'now' } });
  const waiting = await identity((now) => current(now)?.reason === 'AuthorityUnavailable');
  expect(waiting.status?.serialNumber).toBe(before.status?.serialNumber);
  await signet.stop();

  const next = await controllers.startAs({ flags: FLAGS });
  await next.untilSigning();
  const mended = await trustDomain(isReady);
  expect(mended.status?.authorities?.filter(({ kind }) => kind === 'Root')).toHaveLength(1);
  const after = await identity((now) => isReady(now) && now.status?.serialNumber !== before.status?.serialNumber);
  const secret = present(await cluster.get({ kind: 'Secret', namespace: 'shop', name: 'checkout-svid' }), 'Secret');
  expect(disagreement(secret)).toBeUndefined();
  expect(await opensslVerdict(secret)).toBe('');
  expect(after.status?.authorityID).toBe(before.status?.authorityID);
});
