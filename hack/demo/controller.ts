// SPDX-License-Identifier: Apache-2.0
/**
 * Signet's controller as the demo runs it: a process of its own, with the rights of its service account and no others,
 * for a trust domain with lifetimes short enough to watch.
 * @module
 */
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { tryKubectl } from '../controlplane/kubectl.ts';
import type { Program } from '../controlplane/process.ts';
import { NODE_FLAGS } from '../node-flags.ts';
import { awaitEntry, field } from './program-log.ts';
import { failure, type Stage, until } from './stage.ts';
import { WORKLOADS } from './workloads.ts';

export const TRUST_DOMAIN = 'example.org';
/** How long an SVID of the demo lives. */
export const LIFETIME_SECONDS = 30;
/** M, by which a workload must have taken up what is stored. */
export const MARGIN_SECONDS = 5;

const ACCOUNT = { namespace: 'signet-system', name: 'signet-controller' } as const;
const READY_WITHIN_MS = 60_000;
const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

/** As it says itself. */
export async function metricsURL(stage: Stage, controller: Program): Promise<string> {
  const what = 'where its metrics are';
  const entry = await awaitEntry(stage, controller, what, ({ msg }) => msg === 'Serving probes and metrics');
  return `http://127.0.0.1:${field(entry, 'port')}/metrics`;
}

export async function startController(stage: Stage, plane: ControlPlane): Promise<Program> {
  const kubeconfig = path.join(stage.directory, 'controller.kubeconfig');
  await copyFile(await plane.serviceAccountKubeconfig(ACCOUNT), kubeconfig);
  const namespaces = WORKLOADS.map(({ namespace }) => namespace).join(',');
  const controller = await stage.supervisor.start({
    name: 'controller',
    command: process.execPath,
    args: [
      ...NODE_FLAGS,
      MAIN,
      'controller',
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${ACCOUNT.namespace}`,
      `--trust-domain=${TRUST_DOMAIN}`,
      `--default-trust-domain-allowed-namespaces=kubernetes.io/metadata.name in (${namespaces})`,
      `--default-trust-domain-min-ttl=${LIFETIME_SECONDS}s`,
      `--default-trust-domain-default-ttl=${LIFETIME_SECONDS}s`,
      `--default-trust-domain-propagation-margin=${MARGIN_SECONDS}s`,
      '--metrics-address=127.0.0.1:0',
    ],
    // Nothing of ours: neither KUBECONFIG nor a SIGNET_* variable reaches it.
    environment: { PATH: process.env['PATH'] },
    logFile: path.join(stage.directory, 'logs', 'controller.log'),
  });
  const ready = ['get', 'trustdomain', 'default', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
  const advice = 'mend what the last lines of its log name.';
  await until(
    stage,
    async () => {
      if (controller.exit() !== undefined) throw failure('The controller ended.', advice, controller);
      return (await tryKubectl(plane.kubectl, ready)).stdout === 'True' ? true : undefined;
    },
    READY_WITHIN_MS,
    () => failure('The TrustDomain is not Ready after a minute.', advice, controller),
  );
  return controller;
}
