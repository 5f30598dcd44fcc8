// SPDX-License-Identifier: Apache-2.0
/**
 * The control planes of a test run: one for each worker of a vitest project, started before the first file and ended
 * after the last (vitest's globalSetup), so that a file never shares one with another that runs at the same time.
 * Where KUBECONFIG names a cluster, that one, cleaned of the run's namespaces afterwards.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type ControlPlane, startControlPlane } from '../../hack/controlplane/control-plane.ts';
import { kubectl } from '../../hack/controlplane/kubectl.ts';
import { createProgress, type Progress, silentProgress } from '../../hack/progress.ts';
import { RUN_LABEL, type SharedControlPlane } from './control-plane.ts';

const CRDS = fileURLToPath(new URL('../../crds', import.meta.url));
const progress = createProgress();
const planes: ControlPlane[] = [];
let run = '';

/** Starts the control planes with the CRDs of `crds/` in them and hands their addresses to the tests. */
export async function setup(project: TestProject): Promise<void> {
  run = randomBytes(4).toString('hex');
  const workers = workersOf(project);
  try {
    // The first one shows how its programs are built; the others find them.
    const first = await start(progress);
    if (first.external && workers > 1) {
      throw new Error(`KUBECONFIG names one cluster, which ${workers} files cannot use at once: add --maxWorkers=1`);
    }
    if (workers > 1) await progress.run(startingMore(workers - 1), () => startMore(workers - 1));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('controlPlanes', planes.map(shared));
}

/** Ends every one of them, whatever becomes of the others. */
export async function teardown(): Promise<void> {
  settled(await Promise.allSettled(planes.splice(0).map(end)));
}

/** One file needs one; whoever watches may want them all next. */
function workersOf({ config, vitest }: TestProject): number {
  return vitest.config.watch ? config.maxWorkers : Math.min(config.maxWorkers, vitest.state.getPaths().length);
}

async function start(progress: Progress): Promise<ControlPlane> {
  const plane = await startControlPlane({ audit: true, manifests: [CRDS], progress });
  planes.push(plane);
  return plane;
}

/** Resolves when each of them runs or has failed. */
async function startMore(count: number): Promise<void> {
  settled(await Promise.allSettled(Array.from({ length: count }, () => start(silentProgress()))));
}

function startingMore(count: number): string {
  return count === 1 ? 'Starting another control plane' : `Starting ${count} more control planes`;
}

async function end(plane: ControlPlane): Promise<void> {
  if (plane.external) {
    await kubectl(plane.kubectl, ['delete', 'namespaces', '--wait=false', `--selector=${RUN_LABEL}=${run}`]);
  }
  await plane.stop();
}

function settled(results: readonly PromiseSettledResult<unknown>[]): void {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.join('\n'));
}

function shared(plane: ControlPlane): SharedControlPlane {
  const { kubeconfig, server, caFile, version, external, auditLog, directory } = plane;
  return { run, kubeconfig, server, caFile, version, external, auditLog, directory, kubectl: plane.kubectl };
}
