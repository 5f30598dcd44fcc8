// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/kube/cluster.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signet-kubeconfig-'));
});

afterEach(() => rm(directory, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const path = join(directory, 'config');
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u' } },
      { name: 'there', context: { cluster: 'd', user: 'u' } },
      { name: 'nowhere', context: { cluster: 'missing', user: 'u' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://c:6443/', 'certificate-authority-data': base64('CA'), ...cluster } },
      { name: 'd', cluster: { server: 'https://d/prefix', 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'u', user }],
  };
  await writeFile(path, JSON.stringify(file));
  return path;
}

async function load(user: object, cluster: object = {}, context?: string): Promise<Cluster> {
  return fromKubeconfig({ path: await kubeconfig(user, cluster), ...(context === undefined ? {} : { context }) });
}

describe('the cluster', () => {
  it('is that of the current context, or of the one named', async () => {
    expect(await load({})).toMatchObject({ server: 'https://c:6443' });
    const there = await load({}, {}, 'there');
    expect(there).toMatchObject({ server: 'https://d/prefix' });
    expect((await there.access(false)).tls).toEqual({ insecureSkipVerify: true });
  });

  it('may have another name in its certificate', async () => {
    const cluster = await load({}, { 'tls-server-name': 'kubernetes' });
    expect((await cluster.access(false)).tls).toEqual({ ca: 'CA', serverName: 'kubernetes' });
  });

  it('without TLS gets no credentials', async () => {
    const cluster = await load({ token: 'hunter2' }, { server: 'http://127.0.0.1:8001' });
    expect(await cluster.access(false)).toEqual({ tls: {} });
  });

  it.each([
    ['a context that is not there', 'elsewhere', {}],
    ['a context without its cluster', 'nowhere', {}],
    ['a proxy', undefined, { 'proxy-url': 'http://proxy:3128' }],
    ['a server that is no URL', undefined, { server: 'c:6443' }],
  ])('is refused with %s', async (_what, context, cluster) => {
    await expect(load({}, cluster, context)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it.each([
    ['is no YAML', 'users:\n- name: u\n  user:\n    token: hunter2\n   password: hunter2\n', '(5:'],
    ['has an alias where a password should be in quotes', 'users: [{user: {password: *hunter2 }}]', 'alias'],
  ])('is refused with a file that %s, in words that quote nothing of it', async (_what, text, told) => {
    const path = join(directory, 'config');
    await writeFile(path, text);
    const refusal = await fromKubeconfig({ path }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(told) as unknown });
    expect(String(refusal)).not.toContain('hunter2');
  });

  it('is refused with a server that is no URL, without the password in it', async () => {
    const refusal = await load({}, { server: 'ftp://jane:hunter2@c' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('ftp://***@c') as unknown });
  });

  it('is refused without a file', async () => {
    await expect(fromKubeconfig({ path: join(directory, 'none') })).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });
});

describe('the login', () => {
  it('may be a certificate', async () => {
    const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    const cluster = await load(user);
    expect((await cluster.access(false)).tls).toEqual({ ca: 'CA', certificate: 'CERT', privateKey: 'KEY' });
  });

  it('may be a certificate in files, read anew each time', async () => {
    await writeFile(join(directory, 'cert'), 'CERT');
    await writeFile(join(directory, 'key'), 'KEY');
    const cluster = await load({ 'client-certificate': 'cert', 'client-key': join(directory, 'key') });
    expect((await cluster.access(false)).tls).toMatchObject({ certificate: 'CERT', privateKey: 'KEY' });
    await writeFile(join(directory, 'cert'), 'CERT2');
    expect((await cluster.access(false)).tls).toMatchObject({ certificate: 'CERT2' });
  });

  it('may be a token, and follows the file', async () => {
    const cluster = await load({ token: 'one' });
    expect((await cluster.access(false)).authorization).toBe('Bearer one');
    await kubeconfig({ token: 'two' });
    expect((await cluster.access(false)).authorization).toBe('Bearer two');
  });

  it('may be a user with a password, and may act as another', async () => {
    const cluster = await load({ username: 'jane', password: 'pw', as: 'joe' });
    expect((await cluster.access(false)).authorization).toBe(`Basic ${base64('jane:pw')}`);
  });

  it('may come from a program, which runs again only when it must', async () => {
    const program = join(directory, 'login');
    const credential =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t$N"}}';
    await writeFile(
      program,
      `#!/bin/sh\nN=$(($(cat ${directory}/n 2>/dev/null || echo 0)+1)); echo $N > ${directory}/n; echo ${JSON.stringify(credential)}`,
    );
    await chmod(program, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program, interactiveMode: 'Never' };
    const cluster = await load({ exec });
    expect((await cluster.access(false)).authorization).toBe('Bearer t1');
    expect((await cluster.access(false)).authorization).toBe('Bearer t1');
    expect((await cluster.access(true)).authorization).toBe('Bearer t2');
  });

  it('by a program that fails is an error that names the file', async () => {
    const cluster = await load({ exec: { command: '/bin/false', apiVersion: 'client.authentication.k8s.io/v1' } });
    await expect(cluster.access(false)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining(directory) as unknown,
    });
  });
});
