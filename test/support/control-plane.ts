// SPDX-License-Identifier: Apache-2.0
/**
 * What integration tests do with the control plane of their worker: kubectl, namespaces of their own, and acting as a
 * service account with the rules of a manifest. A run without a control plane fails; it never skips.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { inject } from 'vitest';
import type { CommandResult } from '../../hack/controlplane/command.ts';
import type { ClusterAddress } from '../../hack/controlplane/kubeconfig.ts';
import { tryKubectl as askKubectl, type Kubectl, kubectl as runKubectl } from '../../hack/controlplane/kubectl.ts';
import { type ServiceAccountName, writeServiceAccountKubeconfig } from '../../hack/controlplane/service-accounts.ts';

/** The label that every namespace of a run carries. */
export const RUN_LABEL = 'signet.dev/test-run';

/** The control plane of the run, as far as it can be handed to another process. */
export interface SharedControlPlane {
  readonly run: string;
  /** The path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  readonly server: string;
  readonly caFile: string | undefined;
  readonly version: string;
  readonly external: boolean;
  readonly auditLog: string | undefined;
  /** A private temporary folder that ends with the run. */
  readonly directory: string;
  readonly kubectl: Kubectl;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** One for each worker. */
    controlPlanes: readonly SharedControlPlane[];
  }
}

let own: SharedControlPlane | undefined;

/** From here on the tests of this file use a control plane of their own, which they may break. */
export function useControlPlane(plane: Omit<SharedControlPlane, 'run'>): void {
  own = { ...plane, run: 'own' };
}

export function sharedControlPlane(): SharedControlPlane {
  if (own !== undefined) return own;
  const planes: readonly SharedControlPlane[] | undefined = inject('controlPlanes');
  // Workers are counted from 1; an id is free again when its file is over.
  const shared = planes?.[Number(process.env['VITEST_POOL_ID']) - 1];
  if (shared !== undefined) return shared;
  throw new Error('No control plane: name test/support/control-plane-setup.ts as globalSetup of this vitest project');
}

/** Runs kubectl as administrator and gives back its stdout; an Error with its stderr when it fails. */
export function kubectl(args: readonly string[], input?: string): Promise<string> {
  return runKubectl(sharedControlPlane().kubectl, args, input);
}

/** Runs kubectl as administrator, for calls that may be refused. */
export function tryKubectl(args: readonly string[], input?: string): Promise<CommandResult> {
  return askKubectl(sharedControlPlane().kubectl, args, input);
}

/** Reads objects as JSON. */
export async function getJSON<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T;
}

/** Whether the API server has ClusterTrustBundles in the version that Signet writes: 1.34 has none. */
export async function servesTrustBundles(): Promise<boolean> {
  const { stdout } = await tryKubectl(['get', '--raw', '/apis/certificates.k8s.io/v1']);
  return stdout.includes('"clustertrustbundles"');
}

/** Creates a namespace whose name no other test has; `labels` for selectors under test. */
export async function createNamespace(prefix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const metadata = { name, labels: { ...labels, [RUN_LABEL]: sharedControlPlane().run } };
  await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }));
  return name;
}

/** Starts the deletion of a namespace and does not wait for its end. */
export async function deleteNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--wait=false', '--ignore-not-found']);
}

/** Applies objects given as values. */
export async function apply(...objects: readonly unknown[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
}

/** Applies a manifest file with every occurrence of each key of `replace` changed to its value. */
export async function applyFile(file: string, replace: Readonly<Record<string, string>> = {}): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [from, to] of Object.entries(replace)) text = text.replaceAll(from, to);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
}

/** The path of a kubeconfig that acts as an existing service account, by a token of TokenRequest. */
export async function serviceAccountKubeconfig(account: ServiceAccountName): Promise<string> {
  const shared = sharedControlPlane();
  return writeServiceAccountKubeconfig(shared.kubectl, await addressOf(shared), account, shared.directory);
}

async function addressOf({ server, caFile }: SharedControlPlane): Promise<ClusterAddress> {
  return { server, authority: caFile === undefined ? undefined : await readFile(caFile, 'utf8') };
}
