// SPDX-License-Identifier: Apache-2.0
/**
 * Control planes that outlive the process that started them: what is recorded about each, and how they are ended.
 * @module
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryCommand } from './command.ts';
import { signalGroup } from './process.ts';

const FILE = 'processes.json';
const FOLDER = /^signet-control-plane-/;
const GONE_WITHIN_MS = 10_000;

/** Records the processes of a control plane in its folder. */
export async function writeState(directory: string, pids: readonly number[]): Promise<void> {
  await writeFile(path.join(directory, FILE), JSON.stringify(pids));
}

/** The folders of the control planes that were left running. */
export async function keptControlPlanes(): Promise<string[]> {
  const folders = (await readdir(tmpdir()))
    .filter((name) => FOLDER.test(name))
    .map((name) => path.join(tmpdir(), name));
  const kept = await Promise.all(
    folders.map(async (folder) => ((await readState(folder)) === undefined ? [] : [folder])),
  );
  return kept.flat();
}

/** Ends a control plane that was left running, and removes its folder. */
export async function stopKept(directory: string): Promise<void> {
  const pids = await readState(directory);
  if (pids === undefined) throw new Error(`${directory} is not the folder of a control plane that was left running`);
  const ours = [];
  for (const pid of pids) if (await belongsTo(pid, directory)) ours.push(pid);
  for (const pid of ours) signalGroup(pid, 'SIGKILL');
  const deadline = performance.now() + GONE_WITHIN_MS;
  for (const pid of ours) {
    while ((await belongsTo(pid, directory)) && performance.now() < deadline) await delay(50);
  }
  await rm(directory, { recursive: true, force: true });
}

async function readState(directory: string): Promise<number[] | undefined> {
  const text = await readIfPresent(path.join(directory, FILE));
  return text === undefined ? undefined : (JSON.parse(text) as number[]);
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // ESRCH: the process ended between the opening of its file and the read.
    // EACCES: the folder of another user.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined;
    throw error;
  }
}

/** Process ids are used again: ours have the folder in their flags. */
async function belongsTo(pid: number, directory: string): Promise<boolean> {
  return (await argumentsOf(pid)).includes(`${directory}/`);
}

async function argumentsOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readIfPresent(`/proc/${pid}/cmdline`)) ?? '';
  return (await tryCommand('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;
}
