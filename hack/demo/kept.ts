// SPDX-License-Identifier: Apache-2.0
/**
 * Demos that were left running: what is recorded of each, and how they are ended.
 * @module
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Kubectl } from '../controlplane/kubectl.ts';
import { keptControlPlanes, stopKept, writeState } from '../controlplane/state.ts';
import type { Progress } from '../progress.ts';
import { removeFromCluster } from './manifests.ts';
import { FOLDER_PREFIX, type Stage } from './stage.ts';
import type { Outcome } from './story.ts';

const FILE = 'demo.json';

interface Kept {
  readonly external: boolean;
  readonly kubectl: Kubectl;
  readonly controlPlaneDirectory: string;
}

/** Lets everything outlive this process. */
export async function keep(stage: Stage, { plane, programs }: Outcome): Promise<void> {
  const kept: Kept = { external: plane.external, kubectl: plane.kubectl, controlPlaneDirectory: plane.directory };
  await writeFile(path.join(stage.directory, FILE), JSON.stringify(kept));
  await writeState(
    stage.directory,
    programs.map(({ pid }) => pid),
  );
  await plane.keep();
  await stage.supervisor.release();
}

/** Ends every demo that was left running, and removes what it made in a cluster. How many there were. */
export async function stopAll(progress: Progress): Promise<number> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  let count = 0;
  for (const directory of names.map((name) => path.join(tmpdir(), name))) {
    const kept = await readKept(directory);
    if (kept === undefined) continue;
    count += 1;
    await progress.run(`Stopping the processes of ${directory}`, () => stopKept(directory));
    if (kept.external) await leaveCluster(progress, kept);
    else await stopControlPlane(progress, kept.controlPlaneDirectory);
  }
  return count;
}

async function leaveCluster(progress: Progress, { kubectl, controlPlaneDirectory }: Kept): Promise<void> {
  try {
    await progress.run('Removing the demo from the cluster', () => removeFromCluster(kubectl));
  } finally {
    // It holds a copy of the user's credentials.
    await rm(controlPlaneDirectory, { recursive: true, force: true });
  }
}

async function stopControlPlane(progress: Progress, directory: string): Promise<void> {
  // Somebody may have ended it before us.
  if (!(await keptControlPlanes()).includes(directory)) return;
  await progress.run('Stopping the control plane', () => stopKept(directory));
}

async function readKept(directory: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, FILE), 'utf8')) as Kept;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
