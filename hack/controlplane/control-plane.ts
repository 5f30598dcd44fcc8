// SPDX-License-Identifier: Apache-2.0
/**
 * The one way in for the demo, the tests and the benchmarks: a Kubernetes control plane, local and our own or, where
 * KUBECONFIG names a cluster, that one.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createProgress, type Progress } from '../progress.ts';
import { type ExternalCluster, openExternal } from './external.ts';
import { type ClusterAddress, kubeconfigText, writePrivate } from './kubeconfig.ts';
import { applyManifests, type Kubectl } from './kubectl.ts';
import { type LocalControlPlane, startLocal } from './local.ts';
import type { Environment } from './process.ts';
import { obtainKubectl, obtainPrograms } from './programs.ts';
import {
  createToken,
  type PodCredentials,
  type ServiceAccountName,
  writePodCredentials,
  writeServiceAccountKubeconfig,
} from './service-accounts.ts';
import { writeState } from './state.ts';

export interface ControlPlaneOptions {
  /** Manifest files or folders to apply at the start; CRDs are served when `startControlPlane` returns. */
  readonly manifests?: readonly string[];
  /** Keep an audit log (metadata of every request) at `auditLog`. Local control planes only. */
  readonly audit?: boolean;
  /** A control plane of our own even when KUBECONFIG names a cluster: for tests that break it. */
  readonly local?: boolean;
  /** Further flags of the local kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
  readonly progress?: Progress;
  /** Where KUBECONFIG, KUBE_VERSION, KUBEBUILDER_ASSETS and the rest are read from; process.env by default. */
  readonly environment?: Environment;
}

export interface ControlPlane {
  /** The path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  /** The API server's URL. */
  readonly server: string;
  /** The PEM file that verifies the API server; absent for a cluster whose kubeconfig names none. */
  readonly caFile: string | undefined;
  /** `1.37.1`. */
  readonly version: string;
  /** True for a cluster that KUBECONFIG named: it cannot be broken, and `stop` leaves it running. */
  readonly external: boolean;
  readonly auditLog: string | undefined;
  /** A private temporary folder that ends with the control plane; others may put files there. */
  readonly directory: string;
  readonly kubectl: Kubectl;
  /** The process ids of a local control plane. */
  readonly pids: readonly number[];
  serviceAccountToken(account: ServiceAccountName, seconds?: number): Promise<string>;
  /** The path of a kubeconfig that acts as an existing service account. */
  serviceAccountKubeconfig(account: ServiceAccountName): Promise<string>;
  /** The files and variables that a pod of an existing service account would find. */
  podCredentials(account: ServiceAccountName): Promise<PodCredentials>;
  /** The path of a kubeconfig for a user by certificate, who finds the API server at `server`. Local only. */
  userKubeconfig(subject: string, server: string): Promise<string>;
  /** SIGKILL. Local control planes only, like the next five. */
  killAPIServer(): Promise<void>;
  /** Starts it again, on the same port with the same data; resolves when it is ready. */
  startAPIServer(): Promise<void>;
  pauseEtcd(): void;
  resumeEtcd(): void;
  /** Keeps what etcd holds now, for `restoreEtcd`. */
  saveEtcd(): Promise<void>;
  /** Kills etcd and the API server and starts them with what was saved; resolves when they are ready. */
  restoreEtcd(): Promise<void>;
  /** Ends every process and removes every file. An external cluster is left alone. */
  stop(): Promise<void>;
  /** Lets a local control plane outlive this process; `main.ts --stop` ends it then. */
  keep(): Promise<void>;
}

/** Starts a control plane, or opens the cluster that KUBECONFIG names. An Error says what failed and what to do. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const environment = options.environment ?? process.env;
  const progress = options.progress ?? createProgress();
  const manifests = options.manifests ?? [];
  const named = environment['KUBECONFIG'] ?? '';
  if (named !== '' && options.local !== true) {
    const program = await obtainKubectl(environment, progress);
    const cluster = await openExternal(program, named);
    progress.note(`Using the cluster of KUBECONFIG (${named}): ${cluster.address.server}, ${cluster.version}`);
    await progress.run('Applying manifests', () => applyManifests(cluster.kubectl, manifests));
    return externalControlPlane(cluster);
  }
  const programs = await obtainPrograms(environment, progress);
  const plane = await startLocal(programs, {
    manifests,
    audit: options.audit ?? false,
    apiServerFlags: options.apiServerFlags ?? [],
    progress,
  });
  return localControlPlane(plane, programs.version.text);
}

function localControlPlane(plane: LocalControlPlane, version: string): ControlPlane {
  const { directory, server, kubectl } = plane;
  const address: ClusterAddress = { server, authority: plane.certificates.authority };
  return {
    kubeconfig: kubectl.kubeconfig,
    server,
    caFile: plane.certificates.files.authority,
    version,
    external: false,
    auditLog: plane.auditLog,
    directory,
    kubectl,
    get pids() {
      return plane.pids;
    },
    ...credentials(kubectl, address, directory),
    async userKubeconfig(subject, at) {
      const user = await plane.certificates.issueClient(subject);
      const file = path.join(directory, `user-${randomBytes(4).toString('hex')}.kubeconfig`);
      await writePrivate(file, kubeconfigText({ ...address, server: at }, user));
      return file;
    },
    killAPIServer: () => plane.killAPIServer(),
    startAPIServer: () => plane.startAPIServer(),
    pauseEtcd: () => plane.pauseEtcd(),
    resumeEtcd: () => plane.resumeEtcd(),
    saveEtcd: () => plane.saveEtcd(),
    restoreEtcd: () => plane.restoreEtcd(),
    stop: () => plane.stop(),
    async keep() {
      await writeState(directory, plane.pids);
      await plane.release();
    },
  };
}

function externalControlPlane(cluster: ExternalCluster): ControlPlane {
  const { kubectl, address, directory } = cluster;
  return {
    kubeconfig: kubectl.kubeconfig,
    server: address.server,
    caFile: address.authority === undefined ? undefined : path.join(directory, 'ca.crt'),
    version: cluster.version,
    external: true,
    auditLog: undefined,
    directory,
    kubectl,
    pids: [],
    ...credentials(kubectl, address, directory),
    userKubeconfig: async () => refuse(),
    killAPIServer: async () => refuse(),
    startAPIServer: async () => refuse(),
    pauseEtcd: refuse,
    resumeEtcd: refuse,
    saveEtcd: async () => refuse(),
    restoreEtcd: async () => refuse(),
    async stop() {
      await cluster.close();
      await rm(directory, { recursive: true, force: true });
    },
    keep: () => cluster.close(),
  };
}

function refuse(): never {
  throw new Error('This needs a control plane of our own: unset KUBECONFIG, or start one with { local: true }');
}

type Credentials = Pick<ControlPlane, 'serviceAccountToken' | 'serviceAccountKubeconfig' | 'podCredentials'>;

function credentials(kubectl: Kubectl, address: ClusterAddress, directory: string): Credentials {
  return {
    serviceAccountToken: (account, seconds) => createToken(kubectl, account, seconds),
    serviceAccountKubeconfig: (account) => writeServiceAccountKubeconfig(kubectl, address, account, directory),
    podCredentials: (account) => writePodCredentials(kubectl, address, account, directory),
  };
}
