// SPDX-License-Identifier: Apache-2.0
/** @module Published archives: pinned sums, and what happens to bytes that do not have them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../../../hack/controlplane/command.ts';
import { downloadArchive } from '../../../../hack/controlplane/download.ts';
import { freePort } from '../../../../hack/controlplane/ports.ts';
import { newestComplete, type PublishedArchive, publishedArchives } from '../../../../hack/controlplane/published.ts';
import { DEFAULT_KUBERNETES_VERSION, type ProgramName } from '../../../../hack/controlplane/versions.ts';
import { silentProgress } from '../../../../hack/progress.ts';

let folder: string;
let server: Server;
let archive: PublishedArchive;
const step = silentProgress().step('');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'download-test-'));
  await mkdir(path.join(folder, 'a', 'b'), { recursive: true });
  await writeFile(path.join(folder, 'a', 'b', 'etcd'), 'the program');
  await writeFile(path.join(folder, 'a', 'b', 'kubectl'), 'another');
  await runCommand('tar', ['-czf', path.join(folder, 'x.tar.gz'), '-C', folder, 'a']);
  const bytes = await readFile(path.join(folder, 'x.tar.gz'));
  server = createServer((request, response) => {
    response.writeHead(request.url === '/x.tar.gz' ? 200 : 404).end(bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  archive = {
    version: '1.36.2',
    platform: 'linux-amd64',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.tar.gz`,
    sha512: createHash('sha512').update(bytes).digest('hex'),
    folder: 'a/b',
    programs: ['etcd', 'kubectl'],
  };
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

function fetchInto(place: string, from: Partial<PublishedArchive> = {}): Promise<void> {
  const places = new Map<ProgramName, string>([['etcd', place]]);
  return downloadArchive({ ...archive, ...from }, places, path.join(folder, 'work'), step);
}

it('publishes the programs that are wanted', async () => {
  const place = path.join(folder, 'cache', 'etcd');
  await fetchInto(place);
  expect(await readFile(place, 'utf8')).toBe('the program');
  expect(existsSync(path.join(folder, 'cache', 'kubectl'))).toBe(false);
});

it('publishes nothing of an archive with another sum', async () => {
  const place = path.join(folder, 'cache', 'etcd');
  await expect(fetchInto(place, { sha512: '0'.repeat(128) })).rejects.toThrow('does not have the pinned SHA-512 sum');
  expect(existsSync(place)).toBe(false);
});

it('says why there is no archive: an error page, or nobody there', async () => {
  const place = path.join(folder, 'cache', 'etcd');
  await expect(fetchInto(place, { url: archive.url.replace('x.tar', 'y.tar') })).rejects.toThrow('HTTP 404');
  const nobody = `http://127.0.0.1:${await freePort()}/x.tar.gz`;
  await expect(fetchInto(place, { url: nobody })).rejects.toThrow(/could not be downloaded: .*ECONNREFUSED/);
});

it('offers only what is pinned', () => {
  expect(publishedArchives(DEFAULT_KUBERNETES_VERSION, 'linux-amd64')).toEqual([]);
  expect(publishedArchives('1.36.2', 'plan9-amd64')).toEqual([]);
  expect(publishedArchives('1.36.2', 'linux-arm64').map(({ programs }) => programs)).toEqual([
    ['etcd', 'kube-apiserver', 'kubectl'],
  ]);
  for (const { url, sha512 } of [
    ...publishedArchives('1.36.2', 'darwin-arm64'),
    ...publishedArchives('1.37.0', 'linux-amd64'),
  ]) {
    expect(url).toMatch(/^https:/);
    expect(sha512).toMatch(/^[0-9a-f]{128}$/);
  }
});

it('knows a version that needs no Go where there is one', () => {
  const version = newestComplete('linux-amd64') ?? '';
  const programs = publishedArchives(version, 'linux-amd64').flatMap((one) => one.programs);
  expect(new Set(programs)).toEqual(
    new Set(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kubelet']),
  );
  expect(newestComplete('darwin-arm64')).toBeUndefined();
});
