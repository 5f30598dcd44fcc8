// SPDX-License-Identifier: Apache-2.0
/**
 * What comes back: a controller that was away for a part of a lifetime and for longer than one, and a cluster whose etcd
 * is restored under a controller that has seen what came after. The latter has a control plane of its own to break. Both
 * stories wait for time to pass, so they are told at once.
 * @module
 */
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { kubectl } from '../../../hack/controlplane/kubectl.ts';
import { silentProgress } from '../../../hack/progress.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import { auditedRequests } from '../../support/audit-log.ts';
import { type Cluster, openCluster } from '../../support/cluster.ts';
import { controllersIn, type Installation } from '../../support/signet-process.ts';
import { requestsOf, writesIn } from '../stories/requests.ts';
import { disagreement, opensslVerdict } from '../stories/svid-files.ts';
import { current, type Issued, isReady, present, storyWorld } from '../stories/world.ts';

const world = storyWorld({
  running: false,
  flags: ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'],
});
const TTL_SECONDS = 20;

/** How long the controller is away, in lifetimes of each of these. */
const AWAY: readonly (readonly [name: string, ttl: number])[] = [
  ['1.1', TTL_SECONDS],
  ['0.6', 37],
  ['0.4', 55],
  ['hardly any', 3600],
];

function seconds(time: string | undefined): number {
  return Date.parse(time ?? '') / 1000;
}

it.concurrent('a controller that was away for 0.4, 0.6 and 1.1 lifetimes renews what is due, once', async () => {
  const first = await world.start();
  await first.untilSigning();
  const issued = new Map<string, Issued>();
  for (const [name, ttl] of AWAY) issued.set(name, await world.issued({ ttl: `${ttl}s` }));
  await first.kill();
  const from = (await requestsOf(world.installation.user)).length;
  const ended = seconds(issued.get('1.1')?.identity.status?.notAfter) * 1000;
  // The one that has ended is what the story is about: time has to pass.
  await expect.poll(() => Date.now(), { timeout: 40_000, interval: 250 }).toBeGreaterThan(ended + 2000);

  const back = Date.now() / 1000;
  const second = await world.start();
  await second.untilSigning();
  for (const [name] of AWAY) {
    const { identity } = issued.get(name) as Issued;
    if (name === 'hardly any' || (name === '0.4' && seconds(identity.status?.renewalTime) > back + 10)) continue;
    const { status } = await world.reissued(identity);
    expect(seconds(status?.notAfter), name).toBeGreaterThan(seconds(identity.status?.notAfter));
  }
  const since = (await requestsOf(world.installation.user)).slice(from);
  for (const [name] of AWAY) {
    const { namespace, identity } = issued.get(name) as Issued;
    const secret = await world.secret(namespace);
    expect(disagreement(secret), name).toBeUndefined();
    expect(await opensslVerdict(secret), name).toBe('');
    // One issuance is two writes; an SVID of 20 s may have come to its next renewal since.
    expect(writesIn(since, namespace).length, name).toBeLessThanOrEqual(name === '1.1' ? 4 : 2);
    if (name === 'hardly any') expect((await world.ready(namespace)).status).toEqual(identity.status);
  }
  await second.stop();
});

const CRDS = path.resolve(import.meta.dirname, '../../../crds');
const RULES = path.resolve(import.meta.dirname, '../../../hack/manifests/controller.yaml');
/** As the rules have them. */
const HOME = 'signet-system';
const ACCOUNT = 'signet-controller';
const FLAGS = ['--trust-domain=example.org', '--default-trust-domain-allowed-namespaces=shop=yes'];

let plane: ControlPlane;
let cluster: Cluster;
let controllers: Omit<Installation, 'user'>;

beforeAll(async () => {
  plane = await startControlPlane({ local: true, audit: true, progress: silentProgress(), manifests: [CRDS] });
  cluster = await openCluster(plane.kubeconfig);
  await kubectl(plane.kubectl, ['apply', '--server-side', '-f', RULES]);
  const kubeconfig = await plane.serviceAccountKubeconfig({ namespace: HOME, name: ACCOUNT });
  controllers = controllersIn({ namespace: HOME, directory: plane.directory, kubeconfig });
  await cluster.create({ kind: 'Namespace', metadata: { name: 'shop', labels: { shop: 'yes' } } });
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

it.concurrent('a cluster that goes back to an older state stops the controller that has seen newer, until it is started again', async () => {
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
  const requests = await auditedRequests(plane.auditLog ?? '', `system:serviceaccount:${HOME}:${ACCOUNT}`);
  // By the right to read a TrustDomain past the cache, which nothing else takes.
  expect(requests).toContainEqual(expect.objectContaining({ verb: 'get', resource: 'trustdomains', code: 200 }));
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
