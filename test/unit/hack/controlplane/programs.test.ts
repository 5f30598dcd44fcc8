// SPDX-License-Identifier: Apache-2.0
/** @module Where programs are looked for, in which order, and what is said when they are nowhere. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { obtainPrograms, onPath } from '../../../../hack/controlplane/programs.ts';
import {
  cacheKey,
  DEFAULT_KUBERNETES_VERSION,
  type ProgramName,
  parseKubernetesVersion,
  platformName,
} from '../../../../hack/controlplane/versions.ts';
import { silentProgress } from '../../../../hack/progress.ts';

const PLATFORM = platformName(process.platform, process.arch);
const SERVERS: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];
let folder: string;
let environment: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'programs-test-'));
  environment = { XDG_CACHE_HOME: path.join(folder, 'cache'), PATH: path.join(folder, 'bin') };
  await program(path.join(folder, 'bin', 'kubectl'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(file: string, says = ''): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "${says}"\n`);
  await chmod(file, 0o755);
  return file;
}

function cached(name: ProgramName, version: string): string {
  return path.join(folder, 'cache', 'signet', cacheKey(name, parseKubernetesVersion(version), PLATFORM), name);
}

async function fillCache(version: string): Promise<void> {
  for (const name of SERVERS) await program(cached(name, version));
}

async function assets(version: string, names: readonly ProgramName[]): Promise<void> {
  environment['KUBEBUILDER_ASSETS'] = path.join(folder, 'assets');
  for (const name of names) await program(path.join(folder, 'assets', name), `Kubernetes v${version}`);
}

it('takes the default version from the cache and kubectl from PATH', async () => {
  await fillCache(DEFAULT_KUBERNETES_VERSION);
  const { version, paths } = await obtainPrograms(environment, silentProgress());
  expect(version.text).toBe(DEFAULT_KUBERNETES_VERSION);
  expect(paths.etcd).toBe(cached('etcd', DEFAULT_KUBERNETES_VERSION));
  expect(paths.kubectl).toBe(path.join(folder, 'bin', 'kubectl'));
});

it('takes the version that KUBE_VERSION names', async () => {
  await fillCache('1.34.4');
  const { paths } = await obtainPrograms({ ...environment, KUBE_VERSION: '1.34.4' }, silentProgress());
  expect(paths['kube-apiserver']).toBe(cached('kube-apiserver', '1.34.4'));
});

it('takes KUBEBUILDER_ASSETS first, and what it lacks from elsewhere in the same version', async () => {
  await assets('1.36.2', ['etcd', 'kube-apiserver', 'kubectl']);
  await fillCache('1.36.2');
  const { version, paths } = await obtainPrograms(environment, silentProgress());
  expect(version.text).toBe('1.36.2');
  expect(path.dirname(paths.etcd)).toBe(environment['KUBEBUILDER_ASSETS']);
  expect(path.dirname(paths.kubectl)).toBe(environment['KUBEBUILDER_ASSETS']);
  expect(paths['kube-controller-manager']).toBe(cached('kube-controller-manager', '1.36.2'));
});

it('refuses assets of another version than the one asked for', async () => {
  await assets('1.36.2', SERVERS);
  const answer = obtainPrograms({ ...environment, KUBE_VERSION: '1.34.4' }, silentProgress());
  await expect(answer).rejects.toThrow('KUBEBUILDER_ASSETS holds Kubernetes 1.36.2, but KUBE_VERSION asks for 1.34.4');
});

it('names everything it tried when nothing is there', async () => {
  const answer = obtainPrograms({ ...environment, KUBE_VERSION: '1.34.99' }, silentProgress());
  await expect(answer).rejects.toThrow(
    /etcd, kube-apiserver, kube-controller-manager \(for Kubernetes 1\.34\.99\).*KUBEBUILDER_ASSETS: not set.*the cache: not in .*a published archive: none with a pinned sum for 1\.34\.99.*a build from Go modules: no `go` on PATH.*What to do.*kind create cluster/s,
  );
});

it('shows why the build failed', async () => {
  await program(path.join(folder, 'bin', 'go'), 'go1.26.8');
  await writeFile(
    path.join(folder, 'bin', 'go'),
    '#!/bin/sh\n[ "$1" = env ] && echo go1.26.8 && exit 0\necho "no such host" >&2; exit 1\n',
  );
  const answer = obtainPrograms({ ...environment, PATH: `${environment['PATH']}:/usr/bin:/bin` }, silentProgress());
  await expect(answer).rejects.toThrow(/a build from Go modules: go list failed:\s+no such host/);
});

it('says what to do about a full disk', async () => {
  const full =
    '#!/bin/sh\n[ "$1" = env ] && echo go1.26.8 && exit 0\necho "write x.a: no space left on device"; exit 1\n';
  await program(path.join(folder, 'bin', 'go'));
  await writeFile(path.join(folder, 'bin', 'go'), full);
  const answer = obtainPrograms({ ...environment, PATH: `${environment['PATH']}:/usr/bin:/bin` }, silentProgress());
  await expect(answer).rejects.toThrow(/no space left on device\s+What to do, any one of:\s+- free some disk space/);
});

it('finds the first program of that name on PATH', async () => {
  const second = await program(path.join(folder, 'second', 'tool'));
  expect(onPath('tool', { PATH: `${folder}/bin:${folder}/second` })).toBe(second);
  expect(onPath('tool', { PATH: '' })).toBeUndefined();
  expect(onPath('tool', {})).toBeUndefined();
});
