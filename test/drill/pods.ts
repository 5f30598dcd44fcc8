// SPDX-License-Identifier: Apache-2.0
/**
 * Pods as processes: what nodes do for the commands of a runbook. Deployment, ReplicaSets and pods are real ones, kept by
 * the API server and the controller manager; each pod that comes is a process that is started, and one that goes is
 * stopped. A process that dies stays dead, as on a node that is lost.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Prometheus } from '../../hack/observability/prometheus.ts';
import type { World } from '../integration/stories/world.ts';
import { apply, kubectl } from '../support/control-plane.ts';
import type { SignetProcess } from '../support/signet-process.ts';
import { addressesOf } from './drill.ts';

const LOOK_EVERY_MS = 250;

export interface PodsOptions {
  /** Of the Deployment, and of its service account. */
  readonly name: 'signet-controller' | 'signet-webhook';
  readonly replicas: number;
  /** What runs in a pod; `nth` counts from 0. */
  start(nth: number): Promise<SignetProcess>;
}

/** Creates the Deployment; each of its first pods has its process when this returns, and probes decide when it is ready. */
export async function startPods(world: World, options: PodsOptions): Promise<Pods> {
  const pods = new Pods(world, options);
  await pods.start();
  onTestFinished(() => pods.stop());
  return pods;
}

class Pods {
  readonly #world: World;
  readonly #options: PodsOptions;
  readonly #processes = new Map<string, SignetProcess>();
  readonly #ready = new Set<string>();
  #started = 0;
  #scrape: (() => Promise<void>) | undefined;
  #over = false;
  #kept: Promise<void> = Promise.resolve();

  constructor(world: World, options: PodsOptions) {
    this.#world = world;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name, replicas } = this.#options;
    await apply(deployment(name, this.#world.installation.namespace, replicas));
    while (this.#processes.size < replicas) await this.#follow();
    this.#kept = this.#keep();
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#kept;
  }

  /** Processes by the names of their pods. */
  running(): Readonly<Record<string, SignetProcess>> {
    return Object.fromEntries(this.#processes);
  }

  nameOf(process: SignetProcess): string {
    const [name] = [...this.#processes].find(([, of]) => of === process) ?? [];
    if (name === undefined) throw new Error(`no pod of ${this.#options.name} is this process`);
    return name;
  }

  /** From now on Prometheus scrapes every pod that is there, and the others given. */
  scrapedBy(prometheus: Prometheus, others: Readonly<Record<string, SignetProcess>> = {}): void {
    this.#scrape = async () => prometheus.retarget(await addressesOf({ ...others, ...this.running() }));
  }

  async #keep(): Promise<void> {
    while (!this.#over) await this.#follow();
  }

  async #follow(): Promise<void> {
    const names = await this.#podNames();
    const come = names.filter((pod) => !this.#processes.has(pod));
    const gone = [...this.#processes.keys()].filter((pod) => !names.includes(pod));
    for (const pod of come) {
      this.#processes.set(pod, await this.#options.start(this.#started));
      this.#started += 1;
    }
    for (const pod of gone) {
      await this.#processes.get(pod)?.stop();
      this.#processes.delete(pod);
    }
    if (come.length + gone.length > 0) await this.#scrape?.();
    for (const [pod, signet] of this.#processes) {
      if (!this.#ready.has(pod) && (await isReady(signet))) await this.#markReady(pod);
    }
    await pause(LOOK_EVERY_MS);
  }

  async #podNames(): Promise<string[]> {
    const pods = await this.#world.cluster.list('Pod', this.#world.installation.namespace);
    return pods
      .filter(({ metadata }) => metadata.labels?.['app'] === this.#options.name)
      .map(({ metadata }) => metadata.name);
  }

  async #markReady(pod: string): Promise<void> {
    this.#ready.add(pod);
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    const { namespace } = this.#world.installation;
    await kubectl(['patch', 'pod', '-n', namespace, pod, '--subresource=status', '-p', JSON.stringify({ status })]);
  }
}

/** One that was killed answers nothing. */
async function isReady(signet: SignetProcess): Promise<boolean> {
  const ended = await Promise.race([signet.exited.then(() => true), pause(0, false)]);
  return !ended && (await signet.ask('/readyz')).code === 200;
}

/** As far as it matters without a node; no scheduler takes its pods. */
function deployment(name: string, namespace: string, replicas: number): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'signet',
              image: 'signet',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  };
}
