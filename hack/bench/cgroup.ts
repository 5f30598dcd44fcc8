// SPDX-License-Identifier: Apache-2.0
/**
 * A cgroup with a memory limit, as a container runtime gives it to a container: of version 2, or of version 1 where the
 * machine has that. Root only.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

interface Files {
  readonly root: string;
  readonly limit: string;
  readonly peak: string;
  readonly events: string;
}

const VERSION_1: Files = {
  root: V1,
  limit: 'memory.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
  events: 'memory.oom_control',
};
const VERSION_2: Files = { root: V2, limit: 'memory.max', peak: 'memory.peak', events: 'memory.events' };

export interface MemoryUse {
  /** The most it ever had, page cache included, in MiB. */
  readonly peak: number;
  /** Processes that the kernel killed for want of memory. */
  readonly kills: number;
}

export interface MemoryCgroup {
  /** Where a process writes its id to be in it. */
  readonly processes: string;
  use(): Promise<MemoryUse>;
  /** When no process is in it any more. */
  remove(): Promise<void>;
}

/** `limit` in MiB. */
export async function createMemoryCgroup(name: string, limit: number): Promise<MemoryCgroup> {
  const files = existsSync(path.join(V1, VERSION_1.limit)) ? VERSION_1 : VERSION_2;
  const folder = path.join(files.root, `signet-${name}-${process.pid}`);
  const place = (file: string): string => path.join(folder, file);
  await mkdir(folder);
  await writeFile(place(files.limit), String(limit * 2 ** 20));
  return {
    processes: place('cgroup.procs'),
    async use() {
      const kills = /^oom_kill (\d+)$/mu.exec(await readFile(place(files.events), 'utf8'))?.[1];
      return { peak: Number(await readFile(place(files.peak), 'utf8')) / 2 ** 20, kills: Number(kills ?? Number.NaN) };
    },
    remove: () => rmdir(folder),
  };
}
