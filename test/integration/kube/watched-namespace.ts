// SPDX-License-Identifier: Apache-2.0
/**
 * A namespace in which somebody writes all the time, by a connection of their own, while a reflector watches it through
 * whatever the test puts in between. At the end the cache must be what a fresh list says.
 * @module
 */
import { expect } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { isSignetError, type SignetError } from '../../../src/errors.ts';
import type { Cluster } from '../../../src/kube/cluster.ts';
import { HTTPTransport } from '../../../src/kube/http-transport.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { Reflector, type ReflectorOptions } from '../../../src/kube/reflector.ts';
import { createObject, deleteObject, patchObject } from '../../../src/kube/resource-calls.ts';
import { listObjects } from '../../../src/kube/resource-lists.ts';
import { type KubeObject, NAMESPACES, SECRETS } from '../../../src/kube/resources.ts';
import type { FinishedCall } from '../../../src/kube/transport.ts';

const LABEL = 'signet.dev/managed=svid';

export interface WatchedNamespace {
  readonly reflector: Reflector<string>;
  /** `added <key>`, in order. */
  readonly events: string[];
  /** Every list or watch of the reflector. */
  readonly calls: FinishedCall[];
  readonly errors: SignetError[];
  failedWrites(): number;
  /** Waits until `count` more writes succeeded. */
  moreWrites(count: number): Promise<void>;
  /** Waits until the cache saw something that was written after now. */
  caughtUp(): Promise<void>;
  /** Ends the writing and demands that the cache becomes what a fresh list says, by events that make sense. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface WatchedNamespaceOptions {
  readonly kubeconfig: string;
  /** How the reflector reaches the cluster; the writer goes straight there. */
  readonly through: (cluster: Cluster) => Cluster;
  readonly reflector?: Partial<ReflectorOptions<string>>;
}

/** Far shorter than the real ones, so that a test sees many rounds. */
const RECONNECT = { min: 50, max: 400, settled: 1000 };

export async function watchedNamespace(options: WatchedNamespaceOptions): Promise<WatchedNamespace> {
  const cluster = await fromKubeconfig({ path: options.kubeconfig });
  const direct = new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet/writer' });
  const calls: FinishedCall[] = [];
  const transport = new HTTPTransport({
    cluster: options.through(cluster),
    clock: systemClock,
    userAgent: 'signet/test',
    observer: { onCall: (call) => calls.push(call) },
  });
  const created = await createObject<KubeObject>(direct, NAMESPACES, {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'faults-' } },
  });
  const namespace = created.metadata.name;
  const events: string[] = [];
  const errors: SignetError[] = [];
  const reflector = new Reflector<string>({
    transport,
    clock: systemClock,
    resource: SECRETS,
    namespace,
    labelSelector: LABEL,
    metadataOnly: true,
    reconnect: RECONNECT,
    project: ({ metadata }) => metadata.resourceVersion,
    onEvent: (kind, key) => events.push(`${kind} ${key}`),
    observer: {
      onDisconnected: (_name, _wait, error) => void (error === undefined || errors.push(error)),
      onProblem: (_name, error) => expect.fail(`no object should be odd: ${String(error)}`),
    },
    ...options.reflector,
  });
  const writer = new Writer(direct, namespace);
  writer.start();
  reflector.start();
  const synced = (): string => errors.at(-1)?.message ?? String(reflector.hasSynced);
  await expect.poll(synced, { timeout: 20_000 }).toBe('true');

  async function caughtUp(): Promise<void> {
    const seen = events.length;
    await expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThan(seen);
  }

  async function fresh(): Promise<Map<string, string>> {
    const call = { namespace, labelSelector: LABEL, metadataOnly: true };
    const objects = await listObjects<KubeObject>(direct, SECRETS, call);
    return new Map(objects.map(({ metadata }) => [`${namespace}/${metadata.name}`, metadata.resourceVersion]));
  }

  async function settle(): Promise<void> {
    await writer.stop();
    const expected = await fresh();
    expect(expected.size).toBeGreaterThan(0);
    await expect.poll(() => entriesOf(reflector), { timeout: 20_000 }).toEqual(sorted(expected));
    expect(replay(events)).toEqual(new Set(expected.keys()));
  }

  async function close(): Promise<void> {
    await writer.stop();
    await reflector.stop();
    await transport.close();
    const preconditions = { uid: created.metadata.uid };
    await deleteObject(direct, NAMESPACES, { name: namespace, preconditions }).catch((error: unknown) => {
      if (!isSignetError(error)) throw error;
    });
    await direct.close();
  }

  return {
    reflector,
    events,
    calls,
    errors,
    failedWrites: () => writer.failures,
    moreWrites: async (count) => {
      const target = writer.writes + count;
      await expect.poll(() => writer.writes, { timeout: 20_000 }).toBeGreaterThanOrEqual(target);
    },
    caughtUp,
    settle,
    close,
  };
}

/** Creates, changes and deletes Secrets without end; what fails, because the API server is gone, it leaves. */
class Writer {
  readonly #transport: HTTPTransport;
  readonly #namespace: string;
  readonly #live = new Map<string, string>();
  #running: Promise<void> | undefined;
  #stopped = false;
  #round = 0;
  writes = 0;
  failures = 0;

  constructor(transport: HTTPTransport, namespace: string) {
    this.#transport = transport;
    this.#namespace = namespace;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#write();
        this.writes += 1;
      } catch (error) {
        if (!isSignetError(error)) throw error;
        this.failures += 1;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }

  async #write(): Promise<void> {
    this.#round += 1;
    // A third of the names lives at any time: create, change, change, delete, in turn.
    const name = `s${(this.#round * 7) % 41}`;
    const at = { namespace: this.#namespace, name, deadline: 2000 };
    const uid = this.#live.get(name);
    if (uid === undefined) {
      const [key = '', value = ''] = LABEL.split('=');
      const body = { metadata: { name, labels: { [key]: value } }, stringData: { round: String(this.#round) } };
      const { metadata } = await createObject<KubeObject>(this.#transport, SECRETS, { ...at, body });
      this.#live.set(name, metadata.uid);
    } else if (this.#round % 3 === 0) {
      this.#live.delete(name);
      await deleteObject(this.#transport, SECRETS, { ...at, preconditions: { uid } });
    } else {
      const body = { metadata: { annotations: { round: `ß${this.#round}` } } };
      await patchObject(this.#transport, SECRETS, { ...at, body, metadataOnly: true });
    }
  }
}

function entriesOf(reflector: Reflector<string>): [string, string][] {
  return sorted([...reflector.keys()].map((key) => [key, reflector.get(key) ?? '']));
}

function sorted(entries: Iterable<[string, string]>): [string, string][] {
  return [...entries].sort(([a], [b]) => a.localeCompare(b));
}

/** The keys that exist after the events; fails on an event that can't follow the ones before. */
function replay(events: readonly string[]): Set<string> {
  const keys = new Set<string>();
  for (const event of events) {
    const [kind, key = ''] = event.split(' ');
    expect(keys.has(key), event).toBe(kind !== 'added');
    if (kind === 'deleted') keys.delete(key);
    else keys.add(key);
  }
  return keys;
}
