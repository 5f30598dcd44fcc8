// SPDX-License-Identifier: Apache-2.0
/**
 * The cluster of the examples: their manifests as they are, a TrustDomain whose certificates live for seconds, and
 * identities that must be refused.
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import { SECOND } from '../../../src/time.ts';
import { isReady, present, TRUST_DOMAIN, type World } from '../../integration/stories/world.ts';
import { apply, kubectl, RUN_LABEL, sharedControlPlane } from '../../support/control-plane.ts';
import { Mounts } from './mounts.ts';
import { requirePrograms } from './programs.ts';
import { openToPods, Servers } from './servers.ts';

/** How long a certificate lives: it is renewed after 12 to 18 s. */
const LIFETIME = 30 * SECOND;
/** M of the trust domain, by which every example must serve a new certificate. */
const MARGIN = 10 * SECOND;
const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');
const FOLDERS = ['nginx', 'haproxy', 'postgresql', 'redis', 'node-service', 'go-service', 'java-service'];

/** Namespaces of the examples, and two whose names nearly are theirs. */
const NAMESPACES = ['shop', 'web', 'reports', 'web-evil', 'shop-evil'];

/** Nobody allows them, though their names begin, or end, as those of the allowed. */
export const NEAR_MISSES = ['web/frontend-evil', 'web/front', 'web-evil/frontend'];
/** A server whose namespace nearly is the one that web/frontend may call. */
export const NEAR_SERVER = 'shop-evil/go-service';
export const FRONTEND = 'web/frontend';
export const FRONTEND_DB = 'web/frontend-db';
export const REPORTS = 'reports/reports';

export const SERVERS = [
  'shop/nginx',
  'shop/haproxy',
  'shop/postgresql',
  'shop/redis',
  'shop/checkout',
  'shop/go-service',
  'shop/java-service',
] as const;

export interface Scene {
  readonly world: World;
  readonly directory: string;
  readonly mounts: Mounts;
  readonly servers: Servers;
  /** Everything is mounted and compiled. */
  begin(): Promise<void>;
  end(): Promise<void>;
}

export async function createScene(world: World): Promise<Scene> {
  const programs = requirePrograms();
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-workloads-'));
  const mounted = path.join(directory, 'mounts');
  await mkdir(mounted);
  await openToPods(directory);
  await openToPods(mounted);
  const mounts = new Mounts(mounted);
  const servers = new Servers(directory, programs);
  return {
    world,
    directory,
    mounts,
    servers,
    begin: async () => {
      await servers.build();
      await startController(world);
      await install(world);
      await mounts.start(sharedControlPlane().kubeconfig);
      const identities = [...SERVERS, ...NEAR_MISSES, NEAR_SERVER, FRONTEND, FRONTEND_DB, REPORTS];
      for (const identity of identities) {
        const [namespace = '', name] = identity.split('/');
        await world.ready(namespace, name);
      }
      await mounts.until(identities);
    },
    end: async () => {
      await servers.close();
      await mounts.stop();
      await kubectl(['delete', 'namespaces', ...NAMESPACES, '--ignore-not-found', '--wait=false']);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** SVIDs live a few seconds from the first moment on, so that a root may leave soon. */
async function startController(world: World): Promise<void> {
  const ttl = `${LIFETIME / SECOND}s`;
  const signet = await world.start([
    `--trust-domain=${TRUST_DOMAIN}`,
    `--default-trust-domain-allowed-namespaces=kubernetes.io/metadata.name in (${NAMESPACES.join(',')})`,
    `--default-trust-domain-min-ttl=${ttl}`,
    `--default-trust-domain-default-ttl=${ttl}`,
    `--default-trust-domain-max-ttl=${ttl}`,
    `--default-trust-domain-propagation-margin=${MARGIN / SECOND}s`,
  ]);
  await signet.untilSigning();
}

async function install(world: World): Promise<void> {
  await world.untilTrustDomain('default', isReady);
  const labels = { [RUN_LABEL]: sharedControlPlane().run };
  await apply(...NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })));
  const flags = ['apply', '--server-side', '--force-conflicts'];
  await kubectl([...flags, '-f', path.join(EXAMPLES, 'basics')]);
  for (const folder of FOLDERS) await kubectl([...flags, '-k', path.join(EXAMPLES, folder)]);
  await apply(...[...NEAR_MISSES, NEAR_SERVER].flatMap(identityObjects));
}

/** With every kind of name that a server could look at. */
function identityObjects(identity: string): readonly unknown[] {
  const [namespace = '', name = ''] = identity.split('/');
  const metadata = { namespace, name };
  const spec = { serviceAccountName: name, services: [name], subject: 'SPIFFEPath' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', metadata, spec },
  ];
}

/** Asks for another root and waits until the old one is withdrawn. */
export async function rotateRoot(world: World): Promise<void> {
  const ref = { kind: 'TrustDomain', name: 'default' } as const;
  const id = 'workloads';
  await world.cluster.patch(ref, { spec: { rotation: { id, action: 'RotateRoot', reason: 'examples under load' } } });
  const over = (now: TrustDomain | undefined) =>
    now?.status?.rotation?.id === id && now.status.rotation.state !== 'InProgress';
  const { status } = present(await world.cluster.until(ref, over, 360_000), 'TrustDomain');
  if (status?.rotation?.state !== 'Completed') throw new Error(`The rotation: ${JSON.stringify(status?.rotation)}`);
}
