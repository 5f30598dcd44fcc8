// SPDX-License-Identifier: Apache-2.0
/**
 * The kube-controller-manager of a local control plane: garbage collection, namespace deletion, service accounts.
 * Each of its controllers acts under a service account of its own, as in a hardened cluster.
 * @module
 */
import path from 'node:path';
import type { ControlPlaneCertificates } from './certificates.ts';
import { kubeconfigText, writePrivate } from './kubeconfig.ts';
import type { Program, Supervisor } from './process.ts';

export interface ControllerManagerOptions {
  readonly command: string;
  readonly directory: string;
  readonly server: string;
  readonly certificates: ControlPlaneCertificates;
}

function controllerManagerFlags(options: ControllerManagerOptions): string[] {
  return [
    `--kubeconfig=${kubeconfigFile(options.directory)}`,
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${options.certificates.files.tokenKey}`,
    `--root-ca-file=${options.certificates.files.authority}`,
    '--leader-elect=false',
    // It serves nothing: its readiness shows in what it does.
    '--secure-port=0',
    // The defaults (20 a second) make the deletion of a benchmark's namespace take minutes.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--profiling=false',
  ];
}

/** Starts the program; what it has done tells when it is ready. */
export async function startControllerManager(
  supervisor: Supervisor,
  options: ControllerManagerOptions,
): Promise<Program> {
  const { authority, controllerManager } = options.certificates;
  const text = kubeconfigText({ server: options.server, authority }, controllerManager);
  await writePrivate(kubeconfigFile(options.directory), text);
  return supervisor.start({
    name: 'kube-controller-manager',
    command: options.command,
    args: controllerManagerFlags(options),
    cwd: options.directory,
    logFile: path.join(options.directory, 'logs', 'kube-controller-manager.log'),
  });
}

function kubeconfigFile(directory: string): string {
  return path.join(directory, 'controller-manager.kubeconfig');
}
