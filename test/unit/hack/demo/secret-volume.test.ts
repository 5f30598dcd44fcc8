// SPDX-License-Identifier: Apache-2.0
/** The stand-in for a kubelet's Secret volume. @module */
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeVolume } from '../../../../hack/demo/secret-volume.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function version(files: Readonly<Record<string, string>>): Map<string, Buffer> {
  return new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
}

async function visible(): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('..'));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(directory, name), 'utf8')]),
  );
  return Object.fromEntries(texts) as Record<string, string>;
}

it('shows each version whole, and nothing of the one before', async () => {
  await writeVolume(directory, version({ 'tls.crt': '1', 'allowed-clients': 'a' }));
  expect(await visible()).toEqual({ 'tls.crt': '1', 'allowed-clients': 'a' });
  await writeVolume(directory, version({ 'tls.crt': '2', 'allowed-servers': 'b' }));
  expect(await visible()).toEqual({ 'tls.crt': '2', 'allowed-servers': 'b' });
  expect((await readdir(directory)).filter((name) => name.startsWith('..version-'))).toHaveLength(1);
});

it('never shows files of two versions through ..data', async () => {
  await writeVolume(directory, version({ a: '0', b: '0' }));
  let compared = 0;
  for (let i = 1; i <= 20; i += 1) {
    const written = writeVolume(directory, version({ a: String(i), b: String(i) }));
    for (let look = 0; look < 5; look += 1) if (await isWhole()) compared += 1;
    await written;
  }
  expect(compared).toBeGreaterThan(0);
});

/** False when the folder went while it was read; two versions at once fail the test. */
async function isWhole(): Promise<boolean> {
  const folder = await realpath(path.join(directory, '..data'));
  const reading = ['a', 'b'].map((name) => readFile(path.join(folder, name), 'utf8').catch(() => undefined));
  const [a, b] = await Promise.all(reading);
  if (a === undefined || b === undefined) return false;
  expect(a).toBe(b);
  return true;
}
