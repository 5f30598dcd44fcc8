// SPDX-License-Identifier: Apache-2.0
/**
 * The demo from its first step to its last.
 * @module
 */
import path from 'node:path';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { applyManifests } from '../controlplane/kubectl.ts';
import type { Program } from '../controlplane/process.ts';
import { LIFETIME_SECONDS, MARGIN_SECONDS, startController, TRUST_DOMAIN } from './controller.ts';
import { showForeignCertificates, showHandshake, showRefusedPeer } from './handshakes.ts';
import { awaitReady, identityTable } from './identities.ts';
import { assertUnused, CLUSTER_MANIFESTS, EXAMPLE_MANIFESTS, markedCopies, removeFromCluster } from './manifests.ts';
import { type Totals, watchRenewals } from './renewals.ts';
import { perform, type Stage } from './stage.ts';
import { CHECKOUT, mountOf, startKubelet, startServer } from './workloads.ts';

const RENEWALS_OF_EACH = 2;

/** What runs when the story is told. */
export interface Outcome {
  readonly plane: ControlPlane;
  readonly controller: Program;
  /** It among them. */
  readonly programs: readonly Program[];
  readonly totals: Totals;
}

export async function tell(stage: Stage, options: { readonly local: boolean }): Promise<Outcome> {
  const { narrator } = stage;
  narrator.heading('A Kubernetes control plane');
  const plane = await openControlPlane(stage, options.local);
  const programs: Program[] = [];
  stage.undo.push({ title: 'Stopping the controller and the services', run: () => stopPrograms(programs) });

  narrator.heading(`The controller, for trust domain ${TRUST_DOMAIN}`);
  const controller = await perform(stage, 'Starting it, a process with a service account of its own', () =>
    startController(stage, plane),
  );
  programs.push(controller);
  narrator.detail(`Certificates of the demo live ${LIFETIME_SECONDS} s and are renewed after 40 to 60 % of that;`);
  narrator.detail(`services take them up within ${MARGIN_SECONDS} s (propagationMargin). By default they live 1 h.`);

  narrator.heading('Three services in three namespaces');
  const examples = await markedCopies(EXAMPLE_MANIFESTS, path.join(stage.directory, 'examples'));
  await perform(stage, 'Applying examples/basics', () => applyManifests(plane.kubectl, examples));
  await perform(stage, 'Waiting until their identities are Ready', (step) =>
    awaitReady(stage, plane, controller, step),
  );
  narrator.block(`$ kubectl get sid -A\n${await identityTable(plane)}`);

  narrator.heading('Mutual TLS between processes that read their Secrets');
  const mounting = 'Mounting the Secrets (a small program plays the kubelet)';
  const kubelet = await perform(stage, mounting, () => startKubelet(stage, plane));
  programs.push(kubelet);
  const server = await perform(stage, 'Starting checkout, the server', () =>
    startServer(stage, CHECKOUT.name, mountOf(stage, CHECKOUT)),
  );
  programs.push(server.program);
  const frontend = await showHandshake(stage, server);
  programs.push(frontend);
  const reports = await showRefusedPeer(stage, server);
  programs.push(reports);
  await showForeignCertificates(stage, server);

  narrator.heading('Renewals, while frontend goes on calling on new connections');
  const totals = await watchRenewals(stage, { controller, kubelet, server, frontend, reports }, RENEWALS_OF_EACH);
  return { plane, controller, programs, totals };
}

async function openControlPlane(stage: Stage, local: boolean): Promise<ControlPlane> {
  const { narrator, signal, undo } = stage;
  const manifests = await markedCopies(CLUSTER_MANIFESTS, path.join(stage.directory, 'manifests'));
  const external = !local && (process.env['KUBECONFIG'] ?? '') !== '';
  // A local one applies them as it starts, so that its garbage collector knows the CRDs at once.
  const options = { local, progress: narrator.progress, manifests: external ? [] : manifests };
  // It cannot be called off: what it has started by then ends with this process.
  const plane = await Promise.race([startControlPlane(options), whenAborted(signal)]);
  if (!external) {
    undo.push({ title: 'Stopping the control plane', run: () => plane.stop() });
    return plane;
  }
  undo.push({ title: 'Closing the connection to the cluster', run: () => plane.stop() });
  await perform(stage, 'Making sure that the names of the demo are free', () => assertUnused(plane.kubectl));
  undo.push({ title: 'Removing the demo from the cluster', run: () => removeFromCluster(plane.kubectl) });
  await perform(stage, 'Applying the CRDs and the rights of the controller', () =>
    applyManifests(plane.kubectl, manifests),
  );
  return plane;
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The controller last, so that the others do not see it go. */
async function stopPrograms([controller, ...others]: readonly Program[]): Promise<void> {
  await Promise.all(others.map((program) => program.stop()));
  await controller?.stop();
}
