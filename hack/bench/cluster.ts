// SPDX-License-Identifier: Apache-2.0
/**
 * What the cluster benchmarks share: a control plane, the shipped build of the controller with its shipped flags and
 * a pod's credentials, identities in bulk, and a watch that sees when they are Ready.
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { API_VERSION } from '../../src/api/well-known.ts';
import { systemClock } from '../../src/controller/clock.ts';
import { HTTPTransport } from '../../src/kube/http-transport.ts';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { createObject } from '../../src/kube/resource-calls.ts';
import {
  collectionPath,
  NAMESPACES,
  type Resource,
  SERVICE_ACCOUNTS,
  SERVICE_IDENTITIES,
} from '../../src/kube/resources.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { MINUTE } from '../../src/time.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { NODE_FLAGS } from '../node-flags.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ACCOUNT = { namespace: 'signet-system', name: 'signet-controller' } as const;
const IMAGE_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' } as const;
const CREATORS = 32;
/** Ten thousand objects take the API server a minute. */
const DELETION_DEADLINE = 10 * MINUTE;
export const BENCH_MANIFESTS: readonly string[] = [
  path.join(ROOT, 'crds'),
  path.join(ROOT, 'hack/manifests/controller.yaml'),
];

export interface BenchCluster {
  readonly plane: ControlPlane;
  readonly transport: Transport;
  stop(): Promise<void>;
}

export async function startBenchCluster(): Promise<BenchCluster> {
  await buildShipped();
  const plane = await startControlPlane({ manifests: BENCH_MANIFESTS, local: true });
  const transport = await transportTo(plane);
  return {
    plane,
    transport,
    async stop() {
      await transport.close();
      await plane.stop();
    },
  };
}

/** Lines of the audit stream have none. */
const MESSAGE = /"msg":"([^"\\]*)"/;

/** The build that controllers under test run. */
export async function buildShipped(): Promise<void> {
  await promisify(execFile)('tsc', ['-b', 'src'], { cwd: ROOT });
}

/** With every right. */
export async function transportTo({ kubeconfig }: ControlPlane): Promise<HTTPTransport> {
  const cluster = await fromKubeconfig({ path: kubeconfig });
  return new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet-bench' });
}

/** The rows of one benchmark for each size, every size on a cluster of its own. */
export async function onFreshClusters<Row>(
  sizes: readonly number[],
  bench: (cluster: BenchCluster, size: number) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const cluster = await startBenchCluster();
    try {
      rows.push(...(await bench(cluster, size)));
    } finally {
      await cluster.stop();
    }
  }
  return rows;
}

export interface ControllerUnderTest {
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** Where /metrics is. */
  readonly url: string;
  /** When a message was logged, as performance.now(); awaits it, and rejects when the process ends without it. */
  logged(message: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the shipped build, as a pod would run it; `nodeFlags`: of Node.js, beside those of the image. */
export async function startController(
  { plane }: Pick<BenchCluster, 'plane'>,
  port: number,
  more: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<ControllerUnderTest> {
  const { directory, environment } = await plane.podCredentials(ACCOUNT);
  const args = [
    ...NODE_FLAGS,
    ...nodeFlags,
    path.join(ROOT, 'dist/main.js'),
    'controller',
    '--trust-domain=example.org',
    `--service-account-directory=${directory}`,
    `--namespace=${ACCOUNT.namespace}`,
    '--default-trust-domain-allowed-namespaces=all',
    '--default-trust-domain-min-ttl=20s',
    '--default-trust-domain-propagation-margin=5s',
    `--metrics-address=127.0.0.1:${port}`,
    ...more,
  ];
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...environment, ...IMAGE_ENVIRONMENT },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the controller ended with exit code ${code}; what it says is above`);
  });
  ended.catch(() => undefined);
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      // Thousands of lines say the same, and what reads them runs on the cores that are measured.
      const known = MESSAGE.exec(line)?.[1];
      if (known === undefined || seen.has(known)) continue;
      const { msg, time } = JSON.parse(line) as { msg: string; time: string };
      // Lines come a few at a time; what counts is when they were logged.
      const at = Date.parse(time) - performance.timeOrigin;
      seen.set(msg, at);
      waiting.get(msg)?.(at);
    }
  });
  return {
    child,
    startedAt,
    url: `http://127.0.0.1:${port}`,
    logged: (message) => {
      const said = new Promise<number>((resolve) => {
        const at = seen.get(message);
        if (at === undefined) waiting.set(message, resolve);
        else resolve(at);
      });
      return Promise.race([said, ended]);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

export async function createNamespace({ transport }: Pick<BenchCluster, 'transport'>, name: string): Promise<void> {
  await createObject(transport, NAMESPACES, { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bench' } };
  await createObject(transport, SERVICE_ACCOUNTS, { namespace: name, body });
}

export function identity(name: string, spec: object = {}): object {
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceIdentity',
    metadata: { name },
    spec: { serviceAccountName: 'bench', ...spec },
  };
}

/** Creates `count` identities as fast as the API server takes them. */
export async function createIdentities(
  cluster: BenchCluster,
  namespace: string,
  count: number,
  spec: object = {},
): Promise<void> {
  let next = 0;
  const creator = async (): Promise<void> => {
    while (next < count) {
      const body = identity(`identity-${next}`, spec);
      next += 1;
      await createObject(cluster.transport, SERVICE_IDENTITIES, { namespace, body, metadataOnly: true });
    }
  };
  await Promise.all(Array.from({ length: CREATORS }, creator));
}

/** Deletes every object of a kind in a namespace. */
export async function deleteAll({ transport }: BenchCluster, resource: Resource, namespace: string): Promise<void> {
  const path = collectionPath(resource, namespace);
  await transport.request({ verb: 'delete', resource: resource.plural, path, deadline: DELETION_DEADLINE });
}

/** Watches identities and tells when a number of them is Ready. */
export class ReadyWatch {
  readonly #ready = new Map<string, number>();
  readonly #reflector: Reflector<boolean>;
  #waiting: { readonly count: number; readonly resolve: (at: number) => void } | undefined;

  constructor(transport: Transport, namespace?: string) {
    this.#reflector = new Reflector<boolean>({
      transport,
      clock: systemClock,
      resource: SERVICE_IDENTITIES,
      ...(namespace === undefined ? {} : { namespace }),
      project: ({ status }: ServiceIdentity) =>
        status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true,
      onEvent: (_, key, ready) => {
        if (ready && !this.#ready.has(key)) this.#ready.set(key, performance.now());
        if (this.#waiting !== undefined && this.#ready.size >= this.#waiting.count)
          this.#waiting.resolve(performance.now());
      },
    });
  }

  async start(): Promise<void> {
    this.#reflector.start();
    await this.#reflector.whenSynced();
  }

  get count(): number {
    return this.#ready.size;
  }

  readyAt(key: string): number | undefined {
    return this.#ready.get(key);
  }

  /** Resolves to the time at which the `count`th identity turned Ready. */
  reach(count: number): Promise<number> {
    if (this.#ready.size >= count) return Promise.resolve(performance.now());
    return new Promise((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }
}
