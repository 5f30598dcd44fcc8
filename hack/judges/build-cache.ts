// SPDX-License-Identifier: Apache-2.0
/**
 * Programs of ours in other languages, compiled into the per-user cache and keyed by their sources and the Go version.
 * Two builders at once do no harm: one waits, and what is built is renamed into place.
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireTool } from './toolchain.ts';

const GO_BUILD = ['build', '-v', '-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w'];

export type Report = (line: string) => void;

/** A Go module and a Java class that are built together. */
export interface Programs {
  /** Folder of the cache. */
  readonly name: string;
  /** For messages, for example `the conformance judges`. */
  readonly title: string;
  readonly go: { readonly folder: string; readonly output: string; readonly note: string };
  readonly java: { readonly folder: string; readonly source: string };
}

/**
 * Builds what is missing and gives back the folder that holds the Go program and, in `java`, the classes. Throws when a
 * toolchain is absent or a build fails.
 */
export async function buildCached(programs: Programs, report: Report = toStandardError): Promise<string> {
  const [goVersion] = await Promise.all([requireTool('go'), requireTool('java')]);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'signet', programs.name);
  const target = join(cache, await sourceHash(programs, goVersion));
  if (!(await exists(target))) await buildOnce(programs, cache, target, report);
  return target;
}

async function sourceHash({ go, java }: Programs, goVersion: string): Promise<string> {
  const hash = createHash('sha256').update(`${goVersion} ${process.platform} ${process.arch}`);
  for (const folder of [go.folder, java.folder]) {
    for (const name of (await readdir(folder)).toSorted()) {
      hash.update(`\n${name}\n`).update(await readFile(join(folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Holds the lock file while building; whoever finds it held by a living process waits for the result instead. */
async function buildOnce(programs: Programs, cache: string, target: string, report: Report): Promise<void> {
  await mkdir(cache, { recursive: true });
  const lock = `${target}.lock`;
  let waiting = false;
  while (!(await exists(target))) {
    const holder = await takeLock(lock);
    if (holder === undefined) {
      try {
        await buildInto(programs, cache, target, report);
      } finally {
        await rm(lock, { force: true });
      }
    } else if (isAlive(holder)) {
      if (!waiting) report(`Waiting for process ${holder}, which builds ${programs.title}`);
      waiting = true;
      await sleep(200);
    } else {
      // Two waiters may both remove it and both build: the rename below lets only one result in.
      await rm(lock, { force: true });
    }
  }
}

/** Undefined when the lock is ours now, else the process that holds it (ourselves when it was released meanwhile). */
async function takeLock(lock: string): Promise<number | undefined> {
  const mine = `${lock}-${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    // A link appears with its content, so nobody ever reads a lock that names no process.
    await link(mine, lock);
    return undefined;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return Number(await readFile(lock, 'utf8').catch(() => String(process.pid)));
  } finally {
    await rm(mine);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

async function buildInto({ title, go, java }: Programs, cache: string, target: string, report: Report): Promise<void> {
  await requireTool('javac');
  const started = Date.now();
  const scratch = await mkdtemp(join(cache, '.building-'));
  const javac = ['--release', '17', '-d', join(scratch, 'java'), join(java.folder, java.source)];
  try {
    report(`Building ${title} (once per change of their sources): Java`);
    await compile('javac', javac, java.folder, report);
    report(`Building ${title}: Go${go.note}`);
    await compile('go', [...GO_BUILD, '-o', join(scratch, go.output), '.'], go.folder, report);
    await rename(scratch, target).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
    });
    report(`Built ${title}: ${target} (${seconds(started)})`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Runs a compiler and reports, every five seconds at most, how many modules and packages it has gone through. */
function compile(command: string, args: readonly string[], cwd: string, report: Report): Promise<void> {
  const started = Date.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const environment = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  let told = started;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (Date.now() - told < 5000) return;
    told = Date.now();
    report(`  ${progress(printed)}, ${seconds(started)}`);
  });
  child.on('error', reject);
  child.on('close', (code) => {
    if (code === 0) resolve();
    else reject(new Error(`"${command} ${args.join(' ')}" failed with ${code}:\n${printed.trim()}`));
  });
  return promise;
}

function progress(printed: string): string {
  const lines = printed.split('\n').filter((line) => line !== '');
  const downloads = lines.filter((line) => line.startsWith('go: downloading')).length;
  return `${downloads} modules downloaded, ${lines.length - downloads} packages compiled`;
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
