// SPDX-License-Identifier: Apache-2.0
/**
 * The processes of the demo besides the controller: one that plays the kubelet, and the services of
 * examples/node-service, each with nothing but the directory its Secret is mounted to.
 * @module
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Program } from '../controlplane/process.ts';
import { awaitEntry } from './program-log.ts';
import { failure, type Stage, until } from './stage.ts';

export interface Workload {
  readonly namespace: string;
  /** Of the ServiceAccount, the ServiceIdentity and the process. */
  readonly name: string;
}

export const CHECKOUT: Workload = { namespace: 'shop', name: 'checkout' };
export const FRONTEND: Workload = { namespace: 'web', name: 'frontend' };
export const REPORTS: Workload = { namespace: 'reports', name: 'reports' };
export const WORKLOADS: readonly Workload[] = [CHECKOUT, FRONTEND, REPORTS];

const KUBELET = path.join(import.meta.dirname, 'kubelet.ts');
const SERVICE = path.resolve(import.meta.dirname, '../../examples/node-service');
const MOUNTED_WITHIN_MS = 20_000;

export interface RunningServer {
  readonly program: Program;
  readonly port: number;
}

/** Where the Secret of a workload is mounted. */
export function mountOf(stage: Stage, { name }: Workload): string {
  return path.join(stage.directory, 'mounts', name);
}

/** Starts the stand-in for a kubelet; resolves when every Secret is mounted. */
export async function startKubelet(stage: Stage, plane: ControlPlane): Promise<Program> {
  const pod = await plane.podCredentials({ namespace: 'signet-demo', name: 'kubelet' });
  const mounts = WORKLOADS.map(
    (workload) => `--mount=${workload.namespace}/${workload.name}-svid=${mountOf(stage, workload)}`,
  );
  const args = [KUBELET, `--credentials=${pod.directory}`, ...mounts];
  const kubelet = await startNode(stage, 'kubelet', args, pod.environment);
  const advice = 'read its log above; the Roles of hack/demo/kubelet.yaml say what it may read.';
  await until(
    stage,
    () => {
      if (kubelet.exit() !== undefined) throw failure('The stand-in for a kubelet ended.', advice, kubelet);
      return WORKLOADS.every((workload) => existsSync(path.join(mountOf(stage, workload), 'tls.crt'))) || undefined;
    },
    MOUNTED_WITHIN_MS,
    () => failure('The Secrets were not mounted.', advice, kubelet),
  );
  return kubelet;
}

/** Starts server.ts with the identity in a directory, on a free port. */
export async function startServer(stage: Stage, name: string, directory: string): Promise<RunningServer> {
  const args = [path.join(SERVICE, 'server.ts'), `--identity=${directory}`, '--port=0'];
  const program = await startNode(stage, name, args);
  const { address } = await awaitEntry(stage, program, 'Listening', ({ message }) => message === 'Listening');
  return { program, port: (address as { port: number }).port };
}

/** Starts client.ts with the identity in a directory: once, or again and again after `every` milliseconds. */
export function startClient(
  stage: Stage,
  name: string,
  directory: string,
  call: { readonly port: number; readonly every?: number },
): Promise<Program> {
  const args = [path.join(SERVICE, 'client.ts'), `--identity=${directory}`, `--connect=127.0.0.1:${call.port}`];
  return startNode(stage, name, call.every === undefined ? args : [...args, `--every=${call.every}`]);
}

function startNode(
  stage: Stage,
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return stage.supervisor.start({
    name,
    command: process.execPath,
    args,
    environment: { PATH: process.env['PATH'], ...environment },
    logFile: path.join(stage.directory, 'logs', `${name}.log`),
  });
}
