// SPDX-License-Identifier: Apache-2.0
/**
 * The per-user cache of programs, shared by every clone and every process of the user. A program appears in it by one
 * rename, so what is there is whole; a lock only keeps two processes from doing the same long build twice.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from './process.ts';

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
const RETRY_MS = 250;

/** `$XDG_CACHE_HOME/signet`, by default `~/.cache/signet`. */
export function cacheDirectory(environment: Environment, home: string = homedir()): string {
  const base = environment['XDG_CACHE_HOME'];
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(home, '.cache'), 'signet');
}

/** Puts a finished file in its place; whoever looks sees the old state or the whole file, whichever process wins. */
export async function publish(file: string, place: string): Promise<void> {
  await mkdir(path.dirname(place), { recursive: true });
  await rename(file, place);
}

/**
 * Runs `work` while holding the lock folder `lock`, or returns undefined as soon as `satisfied` says that another
 * process has done the work meanwhile. A holder that died, here or on another machine with the same home folder, is
 * noticed by its process id or by its missing heartbeat.
 */
export async function withLock<T>(
  lock: string,
  work: () => Promise<T>,
  waiting: { readonly satisfied: () => boolean; readonly onWait: (holder: string) => void },
): Promise<T | undefined> {
  await mkdir(path.dirname(lock), { recursive: true });
  let told = false;
  while (!(await take(lock))) {
    if (waiting.satisfied()) return undefined;
    if (await isAbandoned(lock)) {
      await breakLock(lock);
      continue;
    }
    if (!told) waiting.onWait(await holderOf(lock));
    told = true;
    await delay(RETRY_MS);
  }
  const heartbeat = setInterval(() => void touch(lock), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return waiting.satisfied() ? undefined : await work();
  } finally {
    clearInterval(heartbeat);
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  await writeFile(path.join(lock, 'holder'), `${process.pid}@${hostname()}`);
  return true;
}

async function holderOf(lock: string): Promise<string> {
  try {
    return (await readFile(path.join(lock, 'holder'), 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(lock)).mtimeMs > STALE_MS) return true;
    const [pid, host] = (await holderOf(lock)).split('@');
    return host === hostname() && !isRunning(Number(pid));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Renamed before it is removed: of two processes that break the same lock only one succeeds. */
async function breakLock(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}.${Date.now()}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function touch(lock: string): Promise<void> {
  const now = new Date();
  // The lock may be gone by now: then there is nothing to keep alive.
  if (existsSync(lock)) await utimes(lock, now, now).catch(() => undefined);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
