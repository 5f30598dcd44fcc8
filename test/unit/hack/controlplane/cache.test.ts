// SPDX-License-Identifier: Apache-2.0
/** @module The cache of programs and its lock. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cacheDirectory, publish, withLock } from '../../../../hack/controlplane/cache.ts';

let folder: string;
let lock: string;
const ignored = { satisfied: () => false, onWait: () => undefined };
/** Larger than any process id. */
const NOBODY = 2 ** 30;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cache-test-'));
  lock = path.join(folder, 'x.lock');
});
afterEach(() => rm(folder, { recursive: true }));

async function holdBy(holder: string): Promise<void> {
  await mkdir(lock);
  await writeFile(path.join(lock, 'holder'), holder);
}

it('lies in the home folder, or where XDG_CACHE_HOME says', () => {
  expect(cacheDirectory({}, '/home/u')).toBe('/home/u/.cache/signet');
  expect(cacheDirectory({ XDG_CACHE_HOME: '/var/cache/u' }, '/home/u')).toBe('/var/cache/u/signet');
  expect(cacheDirectory({ XDG_CACHE_HOME: 'relative' }, '/home/u')).toBe('/home/u/.cache/signet');
});

it('publishes into folders that do not exist yet, over what is there', async () => {
  const place = path.join(folder, 'key', 'program');
  for (const text of ['one', 'two']) {
    await writeFile(path.join(folder, 'made'), text);
    await publish(path.join(folder, 'made'), place);
    expect(await readFile(place, 'utf8')).toBe(text);
  }
  expect(await readdir(path.join(folder, 'key'))).toEqual(['program']);
});

it('lets one work at a time, and spares the others the work', async () => {
  const place = path.join(folder, 'program');
  const waits: string[] = [];
  let active = 0;
  const once = (): Promise<string | undefined> =>
    withLock(
      lock,
      async () => {
        active += 1;
        expect(active).toBe(1);
        await writeFile(place, 'made');
        active -= 1;
        return 'worked';
      },
      { satisfied: () => existsSync(place), onWait: (holder) => waits.push(holder) },
    );
  const results = await Promise.all([once(), once(), once()]);
  expect(results.filter((result) => result === 'worked')).toHaveLength(1);
  expect(waits.every((holder) => holder === `${process.pid}@${hostname()}`)).toBe(true);
  expect(existsSync(lock)).toBe(false);
});

it('is free again after a failure', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('broken')), ignored)).rejects.toThrow('broken');
  expect(await withLock(lock, () => Promise.resolve('next'), ignored)).toBe('next');
});

it('breaks the lock of a process that is gone', async () => {
  await holdBy(`${NOBODY}@${hostname()}`);
  expect(await withLock(lock, () => Promise.resolve('mine'), ignored)).toBe('mine');
});

it('breaks a lock without a sign of life, whoever holds it', async () => {
  await holdBy('1@elsewhere');
  const long = new Date(Date.now() - 120_000);
  await utimes(lock, long, long);
  expect(await withLock(lock, () => Promise.resolve('mine'), ignored)).toBe('mine');
});

it('waits for a holder that lives, here or elsewhere', async () => {
  for (const holder of [`${process.pid}@${hostname()}`, `${NOBODY}@elsewhere`]) {
    await holdBy(holder);
    const told: string[] = [];
    const waiting = { satisfied: () => told.length > 0, onWait: (name: string) => told.push(name) };
    expect(await withLock(lock, () => Promise.resolve('mine'), waiting)).toBeUndefined();
    expect(told).toEqual([holder]);
    await rm(lock, { recursive: true });
  }
});
