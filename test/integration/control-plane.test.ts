// SPDX-License-Identifier: Apache-2.0
/**
 * The local control plane does what a cluster does, strictly, and leaves nothing behind, however it ends.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../hack/controlplane/command.ts';
import { type ControlPlane, startControlPlane } from '../../hack/controlplane/control-plane.ts';
import { kubectl, tryKubectl } from '../../hack/controlplane/kubectl.ts';
import { keptControlPlanes, stopKept } from '../../hack/controlplane/state.ts';
import { silentProgress } from '../../hack/progress.ts';
import { auditedRequests } from '../support/audit-log.ts';

const MAIN = fileURLToPath(new URL('../../hack/controlplane/main.ts', import.meta.url));
const SETTINGS = { local: true, progress: silentProgress() } as const;

/** A kind of our own: the garbage collector must know it from the start. */
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'owners.test.signet.dev' },
  spec: {
    group: 'test.signet.dev',
    scope: 'Namespaced',
    names: { plural: 'owners', singular: 'owner', kind: 'Owner' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

const scratch = await mkdtemp(path.join(tmpdir(), 'control-plane-test-'));
let plane: ControlPlane;

beforeAll(async () => {
  const file = path.join(scratch, 'owners.json');
  await writeFile(file, JSON.stringify(CRD));
  plane = await startControlPlane({ ...SETTINGS, audit: true, manifests: [file] });
});
afterAll(async () => {
  await plane.stop();
  await rm(scratch, { recursive: true });
});

function create(object: unknown): Promise<string> {
  return kubectl(plane.kubectl, ['create', '-o', 'json', '-f', '-'], JSON.stringify(object));
}

async function exists(...args: readonly string[]): Promise<boolean> {
  const answer = await tryKubectl(plane.kubectl, ['get', ...args]);
  if (answer.code !== 0 && !answer.stderr.includes('NotFound')) throw new Error(answer.stderr);
  return answer.code === 0;
}

/** The processes whose flags name a folder. */
async function processesOf(directory: string): Promise<string[]> {
  const all = await runCommand('ps', ['-A', '-ww', '-o', 'stat=,args=']);
  return all.split('\n').filter((line) => line.includes(`${directory}/`) && !line.startsWith('Z'));
}

describe('a cluster', () => {
  it('serves the version it says', async () => {
    expect(await kubectl(plane.kubectl, ['get', '--raw', '/readyz'])).toBe('ok');
    expect(JSON.parse(await kubectl(plane.kubectl, ['get', '--raw', '/version']))).toMatchObject({
      gitVersion: `v${plane.version}`,
    });
  });

  it('serves a CRD that was named at the start and collects what its objects owned', async () => {
    const owner = {
      apiVersion: 'test.signet.dev/v1',
      kind: 'Owner',
      metadata: { name: 'owner', namespace: 'default' },
    };
    const { uid } = (JSON.parse(await create(owner)) as { metadata: { uid: string } }).metadata;
    const reference = { apiVersion: owner.apiVersion, kind: owner.kind, name: 'owner', uid };
    const metadata = { name: 'owned', namespace: 'default', ownerReferences: [reference] };
    await create({ apiVersion: 'v1', kind: 'Secret', metadata });
    await kubectl(plane.kubectl, ['delete', 'owners.test.signet.dev', 'owner']);
    await expect.poll(() => exists('secret', 'owned'), { timeout: 20_000 }).toBe(false);
  });

  it('deletes a namespace with everything in it', async () => {
    await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short-lived' } });
    await create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'inside', namespace: 'short-lived' } });
    await kubectl(plane.kubectl, ['delete', 'namespace', 'short-lived', '--timeout=60s']);
    expect(await exists('namespace', 'short-lived')).toBe(false);
  });
});

describe('strictness', () => {
  const account = { namespace: 'default', name: 'tenant' };

  beforeAll(async () => {
    await kubectl(plane.kubectl, ['create', 'serviceaccount', account.name]);
    await kubectl(plane.kubectl, ['create', 'role', 'tenant', '--verb=create,get', '--resource=configmaps']);
    await kubectl(plane.kubectl, [
      'create',
      'rolebinding',
      'tenant',
      '--role=tenant',
      '--serviceaccount=default:tenant',
    ]);
  });

  it('issues tokens that act as the service account, with its rights and no others', async () => {
    const kubeconfig = await plane.serviceAccountKubeconfig(account);
    const using = { ...plane.kubectl, kubeconfig };
    const review = await kubectl(using, ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    expect(review).toBe('system:serviceaccount:default:tenant');
    expect(await tryKubectl(using, ['create', 'configmap', 'allowed'])).toMatchObject({ code: 0 });
    const refused = await tryKubectl(using, ['get', 'secrets']);
    expect(refused.stderr).toContain('Forbidden');
  });

  it('refuses an owner reference that blocks deletion of what the account may not finalize', async () => {
    const using = { ...plane.kubectl, kubeconfig: await plane.serviceAccountKubeconfig(account) };
    const { uid } = JSON.parse(
      await create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'finalizing', namespace: 'default' } }),
    ).metadata as { uid: string };
    const reference = { apiVersion: 'v1', kind: 'Secret', name: 'finalizing', uid, blockOwnerDeletion: true };
    const metadata = { name: 'blocking', namespace: 'default', ownerReferences: [reference] };
    const answer = await tryKubectl(
      using,
      ['create', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }),
    );
    expect(answer.stderr).toContain('cannot set blockOwnerDeletion');
  });

  it('gives a pod of the account its files and variables', async () => {
    const { directory, environment } = await plane.podCredentials(account);
    expect(await readFile(path.join(directory, 'namespace'), 'utf8')).toBe('default');
    expect(await readFile(path.join(directory, 'ca.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(`https://${environment.KUBERNETES_SERVICE_HOST}:${environment.KUBERNETES_SERVICE_PORT}`).toBe(plane.server);
  });

  it('keeps an audit log, in which each controller has an account of its own', async () => {
    const collector = await auditedRequests(
      plane.auditLog ?? '',
      'system:serviceaccount:kube-system:generic-garbage-collector',
    );
    expect(collector).toContainEqual(expect.objectContaining({ verb: 'delete', resource: 'secrets', name: 'owned' }));
  });
});

describe('faults', () => {
  it('keeps its data when the API server is killed and started again', async () => {
    await create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace: 'default' } });
    await plane.killAPIServer();
    expect((await tryKubectl(plane.kubectl, ['get', '--raw', '/readyz'])).stderr).toContain('refused');
    await plane.startAPIServer();
    expect(await exists('configmap', 'kept')).toBe(true);
  });

  it('stands still while etcd is paused', async () => {
    const write = ['create', 'configmap', 'late', '--request-timeout=1s'];
    plane.pauseEtcd();
    const paused = await tryKubectl(plane.kubectl, write);
    plane.resumeEtcd();
    expect(paused.code).not.toBe(0);
    await expect.poll(async () => (await tryKubectl(plane.kubectl, ['get', '--raw', '/readyz'])).stdout).toBe('ok');
  });

  it('says why a program did not start, and leaves nothing', async () => {
    vi.stubEnv('TMPDIR', scratch);
    const before = await readdir(scratch);
    const failed = startControlPlane({ ...SETTINGS, apiServerFlags: ['--no-such-flag'] });
    await expect(failed).rejects.toThrow(/kube-apiserver ended at once.*unknown flag: --no-such-flag.*What to do/s);
    vi.unstubAllEnvs();
    expect(await readdir(scratch)).toEqual(before);
    expect(await processesOf(scratch)).toEqual([]);
  });
});

describe('life and end', () => {
  it('runs beside another one, survives its starter when told to, and is stopped later', async () => {
    const other = await startControlPlane(SETTINGS);
    expect(other.server).not.toBe(plane.server);
    expect(await tryKubectl(other.kubectl, ['get', 'crd', CRD.metadata.name])).toMatchObject({ code: 1 });
    await other.keep();
    expect(await keptControlPlanes()).toContain(other.directory);
    expect(await kubectl(other.kubectl, ['get', '--raw', '/readyz'])).toBe('ok');
    await stopKept(other.directory);
    expect(await processesOf(other.directory)).toEqual([]);
    expect(existsSync(other.directory)).toBe(false);
    expect(await kubectl(plane.kubectl, ['get', '--raw', '/readyz'])).toBe('ok');
  });

  it('ends with its starter, even when that is killed', async () => {
    const starter = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface(starter.stdout), 'line')) as [string];
    const directory = path.dirname(line.replace('export KUBECONFIG=', ''));
    expect(await processesOf(directory)).toHaveLength(3);
    starter.kill('SIGKILL');
    await expect.poll(() => existsSync(directory), { timeout: 15_000 }).toBe(false);
    expect(await processesOf(directory)).toEqual([]);
  });

  it('is taken as it is when KUBECONFIG names it', async () => {
    const guest = await startControlPlane({
      progress: silentProgress(),
      environment: { ...process.env, KUBECONFIG: plane.kubeconfig },
    });
    expect(guest).toMatchObject({ external: true, server: plane.server, version: plane.version });
    await expect(guest.killAPIServer()).rejects.toThrow('unset KUBECONFIG');
    await guest.stop();
    expect(existsSync(guest.directory)).toBe(false);
    expect(await kubectl(plane.kubectl, ['get', '--raw', '/readyz'])).toBe('ok');
  });

  it('leaves no process and no file when it is stopped', async () => {
    const { directory, pids } = plane;
    await plane.stop();
    expect(existsSync(directory)).toBe(false);
    expect(await processesOf(directory)).toEqual([]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
