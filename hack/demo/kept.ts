// SPDX-License-Identifier: Apache-2.0
/**
 * Demos that were left running: what is recorded of each, and how they are ended.
 * @module
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Kubectl } from '../controlplane/kubectl.ts';
import { stopKept, writeState } from '../controlplane/state.ts';
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
    if (kept.external) await progress.run('Removing the demo from the cluster', () => removeFromCluster(kept.kubectl));
    await progress.run(`Stopping ${directory}`, async () => {
      // The folder of the demo last: as long as it is there, this can be tried again.
      await stopKept(kept.controlPlaneDirectory);
      await stopKept(directory);
    });
  }
  return count;
}

async function readKept(directory: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, FILE), 'utf8')) as Kept;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
