// SPDX-License-Identifier: Apache-2.0
/**
 * The kubelet of the local node: its configuration and its login. It takes machines as they are: cgroups of either
 * version, swap, no quality-of-service cgroups of its own.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KUBERNETES_SERVICE } from '../controlplane/certificates.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Program } from '../controlplane/process.ts';
import type { Runtime } from './containerd.ts';
import type { NodeHost } from './host.ts';

export const NODE_NAME = 'signet-node';

export interface KubeletOptions {
  readonly program: string;
  readonly host: NodeHost;
  readonly runtime: Runtime;
  readonly plane: ControlPlane;
  /** Secrets reach pods as on a cluster: by watch, and a look once in this time. */
  readonly syncFrequency: string;
}

/** Writes what the kubelet reads; the function that it gives back starts one, and another after that has ended. */
export async function prepareKubelet({
  program,
  host,
  runtime,
  plane,
  syncFrequency,
}: KubeletOptions): Promise<() => Promise<Program>> {
  const place = (name: string): string => path.join(host.directory, name);
  const server = `https://${KUBERNETES_SERVICE}`;
  const kubeconfig = await plane.userKubeconfig(`CN=system:node:${NODE_NAME}, O=system:nodes`, server);
  await writeFile(
    place('kubelet.json'),
    JSON.stringify({ ...configuration(host, runtime, plane.caFile ?? ''), syncFrequency }),
  );
  return () =>
    host.start('kubelet', program, [
      `--config=${place('kubelet.json')}`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${host.address}`,
      `--root-dir=${place('kubelet')}`,
      `--cert-dir=${place('kubelet-pki')}`,
    ]);
}

function configuration(host: NodeHost, runtime: Runtime, authority: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: authority } },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${runtime.socket}`,
    podLogsDir: path.join(host.directory, 'pod-logs'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi' },
    resolvConf: '',
    serializeImagePulls: true,
  };
}
