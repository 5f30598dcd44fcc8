// SPDX-License-Identifier: Apache-2.0
/**
 * One local control plane: its folder, its processes, and the faults a test may cause in it. Starting order: etcd,
 * API server, CRDs, controller manager; that last order matters, because the garbage collector learns of new kinds
 * only every 30 seconds, but of those that exist when it starts at once.
 * @module
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Progress } from '../progress.ts';
import { statusOf } from './administrator.ts';
import { type APIServerOptions, startAPIServer } from './api-server.ts';
import { type ControlPlaneCertificates, createCertificates } from './certificates.ts';
import { startControllerManager } from './controller-manager.ts';
import { etcdData, startEtcd } from './etcd.ts';
import { kubeconfigText, writePrivate } from './kubeconfig.ts';
import { applyManifests, type Kubectl } from './kubectl.ts';
import { freePort } from './ports.ts';
import { type Program, Supervisor } from './process.ts';
import type { Programs } from './programs.ts';
import { StartError, untilReady } from './readiness.ts';

const PORT_TRIES = 5;
const CONTROLLERS_WITHIN_MS = 60_000;

export interface LocalOptions {
  readonly manifests: readonly string[];
  readonly audit: boolean;
  readonly apiServerFlags: readonly string[];
  readonly progress: Progress;
}

/** The processes of one control plane. Created by `startLocal`; ended by `stop` or left alone by `release`. */
export class LocalControlPlane {
  readonly directory: string;
  readonly server: string;
  readonly kubectl: Kubectl;
  readonly certificates: ControlPlaneCertificates;
  readonly auditLog: string | undefined;
  readonly #supervisor: Supervisor;
  #etcd: Program;
  readonly #etcdCommand: string;
  readonly #controllerManager: Program;
  readonly #apiServerOptions: APIServerOptions;
  #apiServer: Program;

  constructor(parts: StartedParts) {
    this.directory = parts.directory;
    this.server = parts.server;
    this.kubectl = parts.kubectl;
    this.certificates = parts.apiServerOptions.certificates;
    this.auditLog = parts.apiServerOptions.auditLog;
    this.#supervisor = parts.supervisor;
    this.#etcd = parts.etcd;
    this.#etcdCommand = parts.etcdCommand;
    this.#controllerManager = parts.controllerManager;
    this.#apiServerOptions = parts.apiServerOptions;
    this.#apiServer = parts.apiServer;
  }

  /** The process ids of etcd, the API server and the controller manager. */
  get pids(): readonly number[] {
    return [this.#etcd.pid, this.#apiServer.pid, this.#controllerManager.pid];
  }

  async killAPIServer(): Promise<void> {
    await this.#apiServer.stop('SIGKILL');
  }

  async startAPIServer(): Promise<void> {
    if (this.#apiServer.exit() === undefined) return;
    this.#apiServer = await startAPIServer(this.#supervisor, this.#apiServerOptions);
  }

  pauseEtcd(): void {
    this.#etcd.signal('SIGSTOP');
  }

  resumeEtcd(): void {
    this.#etcd.signal('SIGCONT');
  }

  /** Keeps what etcd holds now; it stands still meanwhile, as if it had been killed. */
  async saveEtcd(): Promise<void> {
    this.pauseEtcd();
    try {
      await rm(this.#saved, { recursive: true, force: true });
      await cp(etcdData(this.directory), this.#saved, { recursive: true });
    } finally {
      this.resumeEtcd();
    }
  }

  /** The cluster goes back to what was saved: etcd and the API server are killed, and started with it. */
  async restoreEtcd(): Promise<void> {
    await this.killAPIServer();
    await this.#etcd.stop('SIGKILL');
    await rm(etcdData(this.directory), { recursive: true, force: true });
    await cp(this.#saved, etcdData(this.directory), { recursive: true });
    this.#etcd = await startEtcd(this.#supervisor, this.#etcdCommand, this.directory);
    await this.startAPIServer();
  }

  get #saved(): string {
    return path.join(this.directory, 'etcd-saved');
  }

  async stop(): Promise<void> {
    await this.#supervisor.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async release(): Promise<void> {
    await this.#supervisor.release();
  }
}

interface StartedParts {
  readonly directory: string;
  readonly server: string;
  readonly kubectl: Kubectl;
  readonly supervisor: Supervisor;
  readonly etcd: Program;
  readonly etcdCommand: string;
  readonly apiServer: Program;
  readonly controllerManager: Program;
  readonly apiServerOptions: APIServerOptions;
}

/** Starts a control plane in a new folder. When it fails, nothing of it is left. */
export async function startLocal(programs: Programs, options: LocalOptions): Promise<LocalControlPlane> {
  const supervisor = Supervisor.create();
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-control-plane-'));
  supervisor.removeAtEnd(directory);
  try {
    return new LocalControlPlane(await startAll(programs, options, supervisor, directory));
  } catch (error) {
    await supervisor.close();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function startAll(
  { paths, version }: Programs,
  options: LocalOptions,
  supervisor: Supervisor,
  directory: string,
): Promise<StartedParts> {
  const { progress } = options;
  const certificates = await createCertificates(directory);
  const etcd = await progress.run('Starting etcd', () => startEtcd(supervisor, paths.etcd, directory));
  const template: Omit<APIServerOptions, 'port'> = {
    command: paths['kube-apiserver'],
    directory,
    certificates,
    auditLog: options.audit ? path.join(directory, 'audit.log') : undefined,
    extraFlags: options.apiServerFlags,
  };
  const { apiServer, apiServerOptions } = await progress.run(`Starting kube-apiserver ${version.text}`, () =>
    startOnFreePort(supervisor, template),
  );
  const server = `https://127.0.0.1:${apiServerOptions.port}`;
  const using: Kubectl = {
    program: paths.kubectl,
    kubeconfig: path.join(directory, 'kubeconfig'),
    cacheDirectory: path.join(directory, 'kubectl-cache'),
  };
  const { authority, administrator } = certificates;
  await writePrivate(using.kubeconfig, kubeconfigText({ server, authority }, administrator));
  if (options.manifests.length > 0) {
    await progress.run('Applying manifests', () => applyManifests(using, options.manifests));
  }
  const controllerManager = await progress.run('Starting kube-controller-manager', async () => {
    const command = paths['kube-controller-manager'];
    const program = await startControllerManager(supervisor, { command, directory, server, certificates });
    await untilReady(program, () => controllersWork(apiServerOptions), CONTROLLERS_WITHIN_MS);
    return program;
  });
  const started = { etcd, etcdCommand: paths.etcd, apiServer, controllerManager, apiServerOptions };
  return { directory, server, kubectl: using, supervisor, ...started };
}

/** Between the choice of a port and its use another process may take it: then the server says so, and we ask again. */
async function startOnFreePort(
  supervisor: Supervisor,
  template: Omit<APIServerOptions, 'port'>,
): Promise<{ apiServer: Program; apiServerOptions: APIServerOptions }> {
  for (let i = 1; ; i += 1) {
    const apiServerOptions = { ...template, port: await freePort() };
    try {
      return { apiServer: await startAPIServer(supervisor, apiServerOptions), apiServerOptions };
    } catch (error) {
      const taken = error instanceof StartError && error.log.includes('address already in use');
      if (!taken || i === PORT_TRIES) throw error;
    }
  }
}

/** The two things every namespace gets from the controller manager. */
async function controllersWork(options: APIServerOptions): Promise<boolean> {
  const namespace = '/api/v1/namespaces/default';
  const [account, bundle] = await Promise.all([
    statusOf(options, `${namespace}/serviceaccounts/default`),
    statusOf(options, `${namespace}/configmaps/kube-root-ca.crt`),
  ]);
  return account === 200 && bundle === 200;
}
