// SPDX-License-Identifier: Apache-2.0
/**
 * The control plane of a test run: one for all files of a vitest project, started before the first and ended after
 * the last (vitest's globalSetup). Where KUBECONFIG names a cluster, that one, cleaned of the run's namespaces afterwards.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type ControlPlane, startControlPlane } from '../../hack/controlplane/control-plane.ts';
import { kubectl } from '../../hack/controlplane/kubectl.ts';
import { RUN_LABEL, type SharedControlPlane } from './control-plane.ts';

let plane: ControlPlane | undefined;
let run = '';

/** Starts the control plane with the CRDs of `crds/` in it and hands its address to the tests. */
export async function setup(project: TestProject): Promise<void> {
  run = randomBytes(4).toString('hex');
  const crds = fileURLToPath(new URL('../../crds', import.meta.url));
  plane = await startControlPlane({ audit: true, manifests: [crds] });
  const { kubeconfig, server, caFile, version, external, auditLog, directory } = plane;
  const shared: SharedControlPlane = {
    run,
    kubeconfig,
    server,
    caFile,
    version,
    external,
    auditLog,
    directory,
    kubectl: plane.kubectl,
  };
  project.provide('controlPlane', shared);
}

export async function teardown(): Promise<void> {
  if (plane === undefined) return;
  if (plane.external) {
    await kubectl(plane.kubectl, ['delete', 'namespaces', '--wait=false', `--selector=${RUN_LABEL}=${run}`]);
  }
  await plane.stop();
  plane = undefined;
}
