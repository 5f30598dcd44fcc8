// SPDX-License-Identifier: Apache-2.0
/**
 * Which cluster a process of any role talks to, by its configuration.
 * @module
 */
import type { AccessConfig } from '../config/config.ts';
import type { Cluster } from '../kube/cluster.ts';
import { inCluster } from '../kube/in-cluster.ts';
import { fromKubeconfig } from '../kube/kubeconfig.ts';

/** Rejects with ERR_CONFIG when there is none. */
export function openCluster(config: AccessConfig, env: Readonly<Record<string, string | undefined>>): Promise<Cluster> {
  if (config.kubeconfig === undefined) return inCluster({ env, directory: config.serviceAccountDirectory });
  const context = config.context === undefined ? {} : { context: config.context };
  return fromKubeconfig({ path: config.kubeconfig, ...context });
}
