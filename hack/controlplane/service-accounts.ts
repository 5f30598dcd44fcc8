// SPDX-License-Identifier: Apache-2.0
/**
 * Ways to act as a service account: a token, a kubeconfig, or the files and variables that a pod would find. Tokens
 * come from TokenRequest, so they are what a cluster hands out, and they expire.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ClusterAddress, kubeconfigText, writePrivate } from './kubeconfig.ts';
import { type Kubectl, kubectl } from './kubectl.ts';

/** Longer than any run of the tests or the benchmarks. */
const DEFAULT_TOKEN_SECONDS = 24 * 60 * 60;

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** What a pod of the service account would be given. */
export interface PodCredentials {
  /** Holds `token`, `ca.crt` and `namespace`, as /var/run/secrets/kubernetes.io/serviceaccount does. */
  readonly directory: string;
  readonly environment: { readonly KUBERNETES_SERVICE_HOST: string; readonly KUBERNETES_SERVICE_PORT: string };
}

/** A token of an existing service account; at least 600 seconds. */
export async function createToken(
  using: Kubectl,
  account: ServiceAccountName,
  seconds: number = DEFAULT_TOKEN_SECONDS,
): Promise<string> {
  const args = ['create', 'token', account.name, `--namespace=${account.namespace}`, `--duration=${seconds}s`];
  return (await kubectl(using, args)).trim();
}

/** Writes a kubeconfig that acts as the service account; gives back its path. */
export async function writeServiceAccountKubeconfig(
  using: Kubectl,
  cluster: ClusterAddress,
  account: ServiceAccountName,
  directory: string,
): Promise<string> {
  const token = await createToken(using, account);
  const file = path.join(directory, `${account.namespace}.${account.name}.kubeconfig`);
  await writePrivate(file, kubeconfigText(cluster, { token }, account.namespace));
  return file;
}

export async function writePodCredentials(
  using: Kubectl,
  cluster: ClusterAddress,
  account: ServiceAccountName,
  directory: string,
): Promise<PodCredentials> {
  const folder = path.join(directory, `${account.namespace}.${account.name}.pod`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePrivate(path.join(folder, 'token'), await createToken(using, account));
  await writeFile(path.join(folder, 'ca.crt'), cluster.authority ?? '');
  await writeFile(path.join(folder, 'namespace'), account.namespace);
  const { hostname, port } = new URL(cluster.server);
  return {
    directory: folder,
    environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port === '' ? '443' : port },
  };
}
