// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inCluster } from '../../../src/kube/in-cluster.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-in-cluster-'));
  await writeFile(join(directory, 'token'), 'one\n');
  await writeFile(join(directory, 'ca.crt'), 'CA');
});

afterEach(() => rm(directory, { recursive: true }));

const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

it('reads what the kubelet mounted, anew each time', async () => {
  const cluster = await inCluster({ env, directory });
  expect(cluster).toMatchObject({ server: 'https://10.0.0.1:443' });
  expect(await cluster.access(false)).toEqual({ tls: { ca: 'CA' }, authorization: 'Bearer one' });
  await writeFile(join(directory, 'token'), 'two');
  await writeFile(join(directory, 'ca.crt'), 'CA2');
  expect(await cluster.access(false)).toEqual({ tls: { ca: 'CA2' }, authorization: 'Bearer two' });
});

it('brackets an IPv6 address', async () => {
  const cluster = await inCluster({ env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, directory });
  expect(cluster.server).toBe('https://[fd00::1]:443');
});

it('says what is missing', async () => {
  await expect(inCluster({ env: {}, directory })).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  const cluster = await inCluster({ env, directory });
  await rm(join(directory, 'token'));
  await expect(cluster.access(false)).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: `cannot read ${join(directory, 'token')}; see that the service account token is mounted`,
  });
});

it.each(['token', 'ca.crt'])('is none without the file %s', async (file) => {
  await rm(join(directory, file));
  await expect(inCluster({ env, directory })).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: `cannot read ${join(directory, file)}; see that the service account token is mounted`,
  });
});

it('takes an empty token for a file being written', async () => {
  const cluster = await inCluster({ env, directory });
  await writeFile(join(directory, 'token'), '');
  await expect(cluster.access(false)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
