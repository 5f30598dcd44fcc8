// SPDX-License-Identifier: Apache-2.0
/**
 * The life of an installation, with real pods: installed from the chart, used, hurt, upgraded, rolled back, uninstalled
 * and installed again. The stories follow each other; two services talk to each other through most of them.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilPodTold, untilWorkloadsRestarted } from './support/reload.ts';
import { expectEverythingUsed, expectNothingRefused } from './support/rights.ts';
import { openScene, RELEASE, type Scene, SYSTEM, until } from './support/scene.ts';
import {
  applyExamples,
  CHECKOUT,
  identity,
  REPORTS,
  type Service,
  serialNumber,
  startPair,
  stopPair,
  tally,
  untilReady,
  untilRenewed,
} from './support/services.ts';

/** Certificates of a minute, renewed every 24 to 36 s: a mounted Secret may lag behind by 20 s. */
const VALUES = [
  'defaultTrustDomain.allowedNamespaces=all',
  'defaultTrustDomain.minTTL=1m',
  'defaultTrustDomain.defaultTTL=1m',
  'defaultTrustDomain.propagationMargin=20s',
  'reload={PodAnnotation,Rollout}',
  'controller.podAnnotations.story=first',
];
const RENEWAL_MS = 90_000;
const CONTROLLER = 'deployment/signet-controller';
const WEBHOOK = 'deployment/signet-webhook';
/** Not due for hours, and its Secret outlives it. */
const LONG = { ttl: '24h', secret: { deletionPolicy: 'Retain' } };
/** Read live where the authority is older than what was published: test/integration/authority/recovery.test.ts. */
const BEYOND_STORIES = ['get trustdomains.signet.dev'];

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  const metadata = { name: SYSTEM, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
  await scene.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
});
afterAll(async () => {
  await scene.close();
});

interface Deployment {
  readonly spec: { readonly template: { readonly metadata: { readonly annotations: Record<string, string> } } };
}

async function rolledOut(): Promise<void> {
  for (const deployment of [CONTROLLER, WEBHOOK]) {
    await scene.kubectl(['rollout', 'status', deployment, `--namespace=${SYSTEM}`, '--timeout=120s']);
  }
}

/** Who signs at the moment. */
async function holder(): Promise<string> {
  const lease = await scene.get<{ spec: { holderIdentity?: string } }>('lease', 'signet-controller', '-n', SYSTEM);
  return (lease.spec.holderIdentity ?? '').split('_')[0] ?? '';
}

it('has the first identity Ready within 20 s of helm install', async () => {
  const began = performance.now();
  await scene.release('install', ...VALUES);
  await applyExamples(scene);
  await untilReady(scene, CHECKOUT);
  const seconds = (performance.now() - began) / 1000;
  console.log(`first identity Ready ${seconds.toFixed(1)} s after helm install began`);
  expect(seconds).toBeLessThan(20);
});

it('passes helm test', async () => {
  await rolledOut();
  const said = await scene.helm(['test', RELEASE]);
  expect(said).toMatch(/Phase:\s+Succeeded/);
});

it('refuses an identity that cannot be, before it is stored', async () => {
  const wrong = identity({ namespace: 'shop', name: 'wrong' }, { dnsNames: ['www.example.com'] });
  expect(await scene.complaint(['create', '-f', '-'], wrong)).toContain('www.example.com');
});

it('lets two pods talk to each other through three renewals without a failed request', async () => {
  await startPair(scene);
  await untilRenewed(scene, 3, 3 * RENEWAL_MS);
  const { requests, problems } = await tally(scene);
  console.log(`${requests} requests over three renewals of both services`);
  expect(problems).toEqual([]);
  expect(requests).toBeGreaterThan(100);
});

it('goes on when the controller that signs is killed', async () => {
  const killed = await holder();
  await scene.kubectl(['delete', 'pod', killed, `--namespace=${SYSTEM}`, '--grace-period=0', '--force']);
  await until('another holder of the Lease', 60_000, async () => ((await holder()) === killed ? undefined : true));
  await untilRenewed(scene, 1, RENEWAL_MS);
  await rolledOut();
  expect((await tally(scene)).problems).toEqual([]);
});

it('delivers renewals after the kubelet was restarted', async (context) => {
  if (scene.node === undefined) context.skip('only on a node of our own');
  await scene.node?.restartKubelet();
  await untilRenewed(scene, 1, RENEWAL_MS);
  expect((await tally(scene)).problems).toEqual([]);
});

it('rotates its root under them', async () => {
  const rotation = { id: 'story', action: 'RotateRoot', reason: 'a story' };
  await scene.kubectl([
    'patch',
    'trustdomain',
    'default',
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { rotation } }),
  ]);
  const step = '{.status.rotation.step}=WaitingForOldSVIDs';
  await scene.kubectl(['wait', 'trustdomain/default', `--for=jsonpath=${step}`, '--timeout=180s']);
  // The new root signs; both services have certificates of it, and talk to each other with them.
  await untilRenewed(scene, 2, 2 * RENEWAL_MS);
  expect((await tally(scene)).problems).toEqual([]);
});

it('publishes its bundle, and mends what somebody edits', async () => {
  const configMap = ['configmap', 'default-trust-bundle', '-n', 'reports'] as const;
  const clusterBundle = ['clustertrustbundle', 'signet.dev:default:bundle'] as const;
  const anchors = async () => (await scene.get<{ data: Record<string, string> }>(...configMap)).data['ca.crt'];
  const published = async () => (await scene.get<{ spec: { trustBundle: string } }>(...clusterBundle)).spec.trustBundle;
  const [before, everywhere] = [await anchors(), await published()];
  const secret = async () =>
    (await scene.get<{ metadata: { uid: string } }>('secret', 'reports-svid', '-n', 'reports')).metadata.uid;
  const uid = await secret();
  await scene.kubectl(['patch', ...configMap, '--type=merge', '-p', '{"data":{"ca.crt":"edited"}}']);
  // One anchor less, or the same one with a text before it: anything but what was published.
  const edited = JSON.stringify({ spec: { trustBundle: `edited\n${everywhere}` } });
  await scene.kubectl(['patch', ...clusterBundle, '--type=merge', '-p', edited]);
  await scene.kubectl(['patch', 'secret', 'reports-svid', '-n', 'reports', '--type=merge', '-p', '{"immutable":true}']);
  await until('what was there before', RENEWAL_MS, async () =>
    (await anchors()) === before && (await published()) === everywhere && (await secret().catch(() => uid)) !== uid
      ? true
      : undefined,
  );
});

it('takes back what is no longer wanted, and counts by a policy', async () => {
  const bundle = { namespaceSelector: { matchLabels: { nobody: 'has-it' } }, clusterTrustBundle: 'Never' };
  const unwanted = JSON.stringify({ spec: { bundle } });
  await scene.kubectl(['patch', 'trustdomain', 'default', '--type=merge', '-p', unwanted]);
  const left = ['get', 'configmaps,clustertrustbundles', '-A', '-l', 'signet.dev/managed=bundle', '-o', 'name'];
  await until('no bundle', 60_000, async () => ((await scene.kubectl(left)) === '' ? true : undefined));
  await scene.apply({
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'IdentityPolicy',
    metadata: { name: 'no-rsa' },
    spec: { issue: { keyAlgorithms: ['ECDSA-P256'] }, enforcement: 'Audit' },
  });
  await scene.kubectl(['wait', 'identitypolicy/no-rsa', '--for=jsonpath={.status.matched}=3', '--timeout=60s']);
  await scene.kubectl(['patch', 'identitypolicy/no-rsa', '--type=merge', '-p', '{"spec":{"enforcement":"Enforce"}}']);
  const rsa = identity({ namespace: 'reports', name: 'rsa' }, { privateKey: { algorithm: 'RSA-2048' } });
  await until('the policy in force', 60_000, async () =>
    (await scene.complaint(['create', '--dry-run=server', '-f', '-'], rsa))?.includes('[policy no-rsa') === true
      ? true
      : undefined,
  );
});

it('tells a pod of a new Secret, and restarts workloads of every kind for a new SVID', async () => {
  await untilPodTold(scene, CHECKOUT, RENEWAL_MS);
  await untilWorkloadsRestarted(scene, REPORTS);
  expect((await tally(scene)).problems).toEqual([]);
});

it('is upgraded and rolled back while renewals go on', async () => {
  const story = async () =>
    (await scene.get<Deployment>(CONTROLLER, '-n', SYSTEM)).spec.template.metadata.annotations['story'];
  const changes = ['controller.podAnnotations.story=second', 'controller.logLevel=debug', 'webhook.logLevel=debug'];
  await scene.release('upgrade', ...VALUES, ...changes);
  await rolledOut();
  expect(await story()).toBe('second');
  await untilRenewed(scene, 1, RENEWAL_MS);
  await scene.helm(['rollback', RELEASE, '1']);
  await rolledOut();
  expect(await story()).toBe('first');
  await untilRenewed(scene, 1, RENEWAL_MS);
  expect((await tally(scene)).problems).toEqual([]);
  await stopPair(scene);
});

it('was refused nothing by the API server in all this time, and used every right of the chart', async (context) => {
  // Asked before the end: who is uninstalled loses its rights a moment before it stops.
  if (scene.node === undefined) context.skip('only with the audit log of an API server of our own');
  await expectNothingRefused(scene, 'controller');
  await expectNothingRefused(scene, 'webhook');
  await expectEverythingUsed(scene, 'controller', BEYOND_STORIES);
  await expectEverythingUsed(scene, 'webhook');
});

it('is uninstalled without taking a Secret along, and leaves a cluster in which everything can be created', async () => {
  await keepForLong(REPORTS);
  const before = await serialNumber(scene, REPORTS);
  await scene.helm(['uninstall', RELEASE, '--wait']);
  expect(await serialNumber(scene, REPORTS)).toBe(before);
  await until('the end of everything that runs', 60_000, async () => {
    const left = await scene.kubectl(['get', 'deployments,services,pods', '-o', 'name', `--namespace=${SYSTEM}`]);
    return left === '' ? true : undefined;
  });
  await scene.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later', labels: { app: 'later' } } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'later', namespace: 'reports' } },
    identity({ namespace: 'reports', name: 'later' }),
  );
  await scene.kubectl(['delete', 'namespace/later', 'serviceidentity/later', '--namespace=reports', '--wait']);
});

it('is installed again and takes over what it finds without issuing anew', async () => {
  const before = await serialNumber(scene, REPORTS);
  await scene.release('install', ...VALUES);
  await rolledOut();
  // Renewed by the new installation: so it has looked at everything, and may sign.
  const old = await serialNumber(scene, CHECKOUT);
  await until('a renewal of checkout', RENEWAL_MS, async () =>
    (await serialNumber(scene, CHECKOUT)) === old ? undefined : true,
  );
  await untilReady(scene, REPORTS);
  expect(await serialNumber(scene, REPORTS)).toBe(before);
});

it('leaves the Secrets of identities that are deleted without a controller as their deletionPolicy says', async () => {
  await scene.helm(['uninstall', RELEASE, '--wait']);
  for (const { namespace, name } of [CHECKOUT, REPORTS]) {
    await scene.kubectl(['delete', `serviceidentity/${name}`, `--namespace=${namespace}`, '--wait']);
  }
  const name = async (namespace: string) =>
    (await scene.kubectl(['get', 'secrets', '-o', 'name', `--namespace=${namespace}`])).split('\n');
  await until('the end of checkout-svid', 60_000, async () =>
    (await name('shop')).includes('secret/checkout-svid') ? undefined : true,
  );
  expect(await name('reports')).toContain('secret/reports-svid');
});

/** An identity that is not due for hours, and whose Secret outlives it. */
async function keepForLong(service: Service): Promise<void> {
  await scene.apply(identity(service, LONG));
  await until('an identity for a day', 60_000, async () => {
    const { status } = await scene.get<{ status?: { notBefore: string; notAfter: string } }>(
      'serviceidentity',
      service.name,
      '-n',
      service.namespace,
    );
    const lifetime = Date.parse(status?.notAfter ?? '') - Date.parse(status?.notBefore ?? '');
    return lifetime > 3_600_000 ? true : undefined;
  });
}
