// SPDX-License-Identifier: Apache-2.0
/**
 * The replicas of one controller, each a real process behind a network and a clock of its own that tests can break.
 * @module
 */

import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { signalGroup } from '../../../hack/controlplane/process.ts';
import { NODE_FLAGS } from '../../../hack/node-flags.ts';
import { FaultProxy } from '../fault-proxy.ts';
import { controllersIn, type SignetProcess } from '../signet-process.ts';
import { pidOf } from './lease-log.ts';

const SKEWED_CLOCK = path.join(import.meta.dirname, 'skewed-clock.ts');
const NAMED_WRITER: string = pathToFileURL(path.join(import.meta.dirname, 'named-writer.ts')).href;

export interface ReplicaOptions {
  readonly namespace: string;
  /** With the rights of the controller. */
  readonly kubeconfig: string;
  /** Of the API server. */
  readonly server: string;
  /** A private folder. */
  readonly directory: string;
  readonly count: number;
}

export interface Replica {
  readonly name: string;
  /** Between it and the API server. */
  readonly proxy: FaultProxy;
  /** The last process of it. */
  readonly process: SignetProcess;
  start(flags: readonly string[]): Promise<void>;
  /** Puts its clock off, in ms; 0: right. */
  skew(offset: number): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface Replicas {
  readonly all: readonly Replica[];
  /** The one that is named in a Lease. */
  holding(holder: string): Replica | undefined;
  close(): Promise<void>;
}

/** Makes them; none runs. */
export async function createReplicas(options: ReplicaOptions): Promise<Replicas> {
  const { namespace, directory, kubeconfig, server, count } = options;
  const controllers = controllersIn({ namespace, directory, kubeconfig });
  const text = await readFile(kubeconfig, 'utf8');
  const create = async (index: number): Promise<Replica> => {
    const proxy = await FaultProxy.start({ port: Number(new URL(server).port) });
    const login = path.join(directory, `replica-${index}.kubeconfig`);
    const clock = path.join(directory, `replica-${index}.clock`);
    await writeFile(login, text.replaceAll(server, `https://127.0.0.1:${proxy.port}`), { mode: 0o600 });
    await writeFile(clock, '0');
    const preload = pathToFileURL(SKEWED_CLOCK);
    preload.searchParams.set('file', clock);
    let last: SignetProcess | undefined;
    const running = (): SignetProcess => {
      if (last === undefined) throw new Error(`replica ${index} was never started`);
      return last;
    };
    return {
      name: `replica ${index}`,
      proxy,
      get process() {
        return running();
      },
      async start(flags) {
        const nodeFlags = [...NODE_FLAGS, `--import=${preload.href}`, `--import=${NAMED_WRITER}`];
        last = await controllers.startAs({ flags, nodeFlags, kubeconfig: login });
      },
      skew: async (offset) => {
        // Whole at every moment: a half-written number would be another skew.
        await writeFile(`${clock}.new`, String(offset));
        await rename(`${clock}.new`, clock);
      },
      freeze: () => void signalGroup(running().pid, 'SIGSTOP'),
      thaw: () => void signalGroup(running().pid, 'SIGCONT'),
    };
  };
  const all = await Promise.all(Array.from({ length: count }, (_, index) => create(index + 1)));
  return {
    all,
    holding: (holder) => all.find(({ process }) => process.pid === pidOf(holder)),
    async close() {
      for (const { process } of all) signalGroup(process.pid, 'SIGCONT');
      await controllers.close();
      await Promise.all(all.map(({ proxy }) => proxy.close()));
    },
  };
}
