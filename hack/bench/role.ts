// SPDX-License-Identifier: Apache-2.0
/**
 * The shipped build as the chart's pods run it: the command line, the arguments and the memory limit of a Deployment of a
 * rendered chart, and a pod's credentials.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHART, helmProgram, runHelm } from '../chart/helm.ts';
import { createProgress } from '../progress.ts';
import { createMemoryCgroup, type MemoryCgroup, type MemoryUse } from './cgroup.ts';
import type { BenchCluster } from './cluster.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NAMESPACE = 'signet-system';
const LOOK_EVERY_MS = 10;

export type Role = 'controller' | 'webhook';

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly resources: { readonly limits: { readonly memory: string } };
}

interface Rendered {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

/** The containers of the chart with these values over its defaults. */
export async function chartContainers(values: readonly string[]): Promise<ReadonlyMap<string, Container>> {
  const shared = ['trustDomain=example.org', 'image.repository=localhost/signet'];
  const sets = [...shared, ...values].map((value) => `--set=${value}`);
  const helm = await helmProgram(createProgress());
  const text = await runHelm(helm, ['template', 'signet', CHART, `--namespace=${NAMESPACE}`, ...sets]);
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Rendered);
  const containers = objects
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ spec }) => spec.template.spec.containers);
  return new Map(containers.map((container) => [container.name, container]));
}

export interface RunningRole {
  readonly startedAt: number;
  /** Where probes and metrics are. */
  readonly url: string;
  /** In MiB. */
  readonly limit: number;
  /** Resolves to the time at which /readyz first said yes; rejects when the process ends before. */
  ready(): Promise<number>;
  use(): Promise<MemoryUse>;
  stop(): Promise<void>;
}

export interface RoleOptions {
  readonly role: Role;
  readonly container: Container | undefined;
  readonly metricsPort: number;
  /** Instead of those of the chart with the same names. */
  readonly flags?: readonly string[];
}

/** Starts it under the memory limit of its container. */
export async function startRole({ plane }: BenchCluster, options: RoleOptions): Promise<RunningRole> {
  const { role, container, metricsPort, flags = [] } = options;
  if (container === undefined) throw new Error(`The chart has no container ${role}`);
  const limit = mebibytes(container.resources.limits.memory);
  const cgroup = await createMemoryCgroup(role, limit);
  const { directory, environment } = await plane.podCredentials({ namespace: NAMESPACE, name: `signet-${role}` });
  const command = [
    process.execPath,
    ...container.command.slice(1, -1),
    path.join(ROOT, 'dist/main.js'),
    ...replaced(container.args, [
      `--service-account-directory=${directory}`,
      `--metrics-address=127.0.0.1:${metricsPort}`,
      ...flags,
    ]),
  ];
  const env = { ...environment, POD_NAME: `bench-${role}`, POD_NAMESPACE: NAMESPACE };
  const startedAt = performance.now();
  // Itself, before it becomes the program: so nothing that it allocates is counted elsewhere.
  const script = 'echo $$ > "$0" && exec "$@"';
  const child = spawn('/bin/sh', ['-c', script, cgroup.processes, ...command], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${metricsPort}`;
  return {
    startedAt,
    url,
    limit,
    ready: () => firstReady(url, child),
    use: () => cgroup.use(),
    stop: () => stopRole(child, cgroup),
  };
}

/** A flag is given once. */
function replaced(args: readonly string[], by: readonly string[]): string[] {
  const others = new Set(by.map(flagOf));
  return [...args.filter((arg) => !others.has(flagOf(arg))), ...by];
}

function flagOf(argument: string): string {
  return argument.split('=')[0] ?? argument;
}

async function firstReady(url: string, child: ChildProcess): Promise<number> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return performance.now();
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${url} ended before it was ready`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function stopRole(child: ChildProcess, cgroup: MemoryCgroup): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
  await cgroup.remove();
}

function mebibytes(quantity: string): number {
  const [, number = '', unit] = /^(\d+)(Mi|Gi)$/u.exec(quantity) ?? [];
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}
