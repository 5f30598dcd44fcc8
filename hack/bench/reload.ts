// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `reload_*`: how long after a Secret was written the files in a pod change, on a real node whose kubelet looks at
 * unchanged pods once a minute, with spec.reload PodAnnotation and without it, side by side.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { createObject, getObject, patchObject } from '../../src/kube/resource-calls.ts';
import { type KubeObject, PODS, SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { type LocalNode, startLocalNode } from '../localnode/local-node.ts';
import { PAUSE_IMAGE } from '../localnode/pause.ts';
import { createProgress } from '../progress.ts';
import { BENCH_MANIFESTS, buildShipped, createNamespace, identity, startController, transportTo } from './cluster.ts';
import { against, quantile, type Row } from './report.ts';

const NAMESPACE = 'reload';
/** Of either kind. */
const PODS_EACH = 8;
const METRICS_PORT = 19_412;
const SYNC_FREQUENCY = '1m';
const LOOK_EVERY_MS = 20;
const WITHIN_MS = 240_000;
/** So that the kubelet's own looks are met at any moment of their period. */
const LONGEST_PAUSE_MS = 30_000;

type Kind = 'told' | 'plain';

export async function benchReload(rounds: number, log: (line: string) => void): Promise<Row[]> {
  await buildShipped();
  const node = await startLocalNode(createProgress(), { manifests: BENCH_MANIFESTS, syncFrequency: SYNC_FREQUENCY });
  try {
    const controller = await startController(node, METRICS_PORT, ['--reload=PodAnnotation']);
    const transport = await transportTo(node.plane);
    try {
      return await measure({ node, transport, rounds, log });
    } finally {
      await transport.close();
      await controller.stop();
    }
  } finally {
    await node.stop();
  }
}

interface Bench {
  readonly node: LocalNode;
  readonly transport: Transport;
  readonly rounds: number;
  readonly log: (line: string) => void;
}

interface Mounted {
  readonly name: string;
  readonly kind: Kind;
  /** The mounted tls.crt. */
  readonly file: string;
}

async function measure(bench: Bench): Promise<Row[]> {
  const { rounds, log } = bench;
  const pods = await createPods(bench);
  log(`${pods.length} pods have their files`);
  const delays: Record<Kind, number[]> = { told: [], plain: [] };
  for (let round = 1; round <= rounds; round += 1) {
    log(`round ${round} of ${rounds}`);
    await pause(Math.random() * LONGEST_PAUSE_MS);
    await Promise.all(pods.map(async (pod) => delays[pod.kind].push(await delayOf(pod, bench))));
  }
  const row = (kind: Kind, q: number): Row => ({
    id: `reload_${kind}_p${q * 100}`,
    value: quantile(delays[kind], q) / 1000,
    unit: 's',
    note: `${delays[kind].length} renewals, kubelet period ${SYNC_FREQUENCY}`,
  });
  const plain = row('plain', 0.95);
  return [row('plain', 0.5), plain, row('told', 0.5), against(row('told', 0.95), plain)];
}

async function createPods({ node, transport }: Bench): Promise<Mounted[]> {
  await createNamespace({ transport }, NAMESPACE);
  return Promise.all(
    Array.from({ length: 2 * PODS_EACH }, async (_, i): Promise<Mounted> => {
      const kind: Kind = i % 2 === 0 ? 'told' : 'plain';
      const name = `${kind}-${i}`;
      const reload = kind === 'told' ? { reload: { type: 'PodAnnotation' } } : {};
      await createObject(transport, SERVICE_IDENTITIES, { namespace: NAMESPACE, body: identity(name, reload) });
      const { metadata } = await createObject<KubeObject>(transport, PODS, { namespace: NAMESPACE, body: podOf(name) });
      const file = path.join(node.volume(metadata.uid, 'secret', 'svid'), 'tls.crt');
      await until(`the files of ${name}`, async () => (await textOf(file)) !== undefined);
      return { name, kind, file };
    }),
  );
}

function podOf(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      serviceAccountName: 'bench',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'idle',
          image: PAUSE_IMAGE,
          imagePullPolicy: 'Never',
          command: ['/pause'],
          volumeMounts: [{ name: 'svid', mountPath: '/svid', readOnly: true }],
        },
      ],
      volumes: [{ name: 'svid', secret: { secretName: `${name}-svid` } }],
    },
  };
}

/** From the moment the new SVID can be read from the API server until it is in the file. */
async function delayOf({ name, file }: Mounted, { transport }: Bench): Promise<number> {
  const before = await textOf(file);
  const body = { spec: { renewRequest: `${performance.now()}` } };
  const { status } = await patchObject<ServiceIdentity>(transport, SERVICE_IDENTITIES, {
    namespace: NAMESPACE,
    name,
    body,
  });
  let written = 0;
  await until(`a new Secret of ${name}`, async () => {
    const call = { namespace: NAMESPACE, name: `${name}-svid`, metadataOnly: true };
    const { metadata } = await getObject<KubeObject>(transport, SECRETS, call);
    written = performance.now();
    return metadata.resourceVersion !== status?.secret?.resourceVersion;
  });
  await until(`the new files of ${name}`, async () => (await textOf(file)) !== before);
  return performance.now() - written;
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`);
    await pause(LOOK_EVERY_MS);
  }
}
