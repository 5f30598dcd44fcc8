// SPDX-License-Identifier: Apache-2.0
/**
 * Finds the programs of a control plane, in KUBEBUILDER_ASSETS, then in the user's cache, into which what is missing
 * is put first; and decides which Kubernetes version that is.
 * @module
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Progress } from '../progress.ts';
import { cacheDirectory } from './cache.ts';
import { runCommand } from './command.ts';
import { goVersion } from './go-toolchain.ts';
import { obtain, type Search } from './obtain.ts';
import type { Environment } from './process.ts';
import { newestComplete } from './published.ts';
import {
  cacheKey,
  DEFAULT_KUBERNETES_VERSION,
  type KubernetesVersion,
  type ProgramName,
  parseKubernetesVersion,
  platformName,
} from './versions.ts';

const SERVER_PROGRAMS: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

/** The paths of the programs, and the Kubernetes version they are of. */
export interface Programs {
  readonly version: KubernetesVersion;
  readonly paths: Readonly<Record<'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl', string>>;
}

/** Finds or obtains every program. Takes minutes when they have to be built; the progress says how far it is. */
export async function obtainPrograms(environment: Environment, progress: Progress): Promise<Programs> {
  const platform = platformName(process.platform, process.arch);
  const search: Search = { environment, progress, platform, cache: cacheDirectory(environment) };
  const assets = environment['KUBEBUILDER_ASSETS'];
  const found = new Map<ProgramName, string>();
  for (const program of [...SERVER_PROGRAMS, 'kubectl' as const]) {
    const file = assets === undefined || assets === '' ? undefined : path.join(assets, program);
    if (file !== undefined && existsSync(file)) found.set(program, file);
  }
  const version = await chooseVersion(search, found.get('kube-apiserver'));
  const kubectl = found.get('kubectl') ?? onPath('kubectl', environment);
  if (kubectl !== undefined) found.set('kubectl', kubectl);

  const missing = new Map<ProgramName, string>();
  for (const program of [...SERVER_PROGRAMS, 'kubectl' as const]) {
    if (!found.has(program))
      missing.set(program, path.join(search.cache, cacheKey(program, version, platform), program));
  }
  await obtain(search, version, missing);
  const place = (program: ProgramName): string => found.get(program) ?? missing.get(program) ?? program;
  return {
    version,
    paths: {
      etcd: place('etcd'),
      'kube-apiserver': place('kube-apiserver'),
      'kube-controller-manager': place('kube-controller-manager'),
      kubectl: place('kubectl'),
    },
  };
}

/** kubectl alone, for a cluster that somebody else runs. */
export async function obtainKubectl(environment: Environment, progress: Progress): Promise<string> {
  return onPath('kubectl', environment) ?? obtainProgram('kubectl', environment, progress);
}

/** One program in exactly the version of the project, wherever PATH points. */
export async function obtainProgram(
  program: ProgramName,
  environment: Environment,
  progress: Progress,
): Promise<string> {
  const assets = environment['KUBEBUILDER_ASSETS'] ?? '';
  const given = path.join(assets, program);
  if (assets !== '' && existsSync(given)) return given;
  const platform = platformName(process.platform, process.arch);
  const search: Search = { environment, progress, platform, cache: cacheDirectory(environment) };
  const version = await chooseVersion(search, undefined);
  const place = path.join(search.cache, cacheKey(program, version, platform), program);
  await obtain(search, version, new Map([[program, place]]));
  return place;
}

/** The first executable of that name on PATH. */
export function onPath(program: string, environment: Environment): string | undefined {
  const folders = (environment['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
}

async function chooseVersion(search: Search, apiServer: string | undefined): Promise<KubernetesVersion> {
  const asked = search.environment['KUBE_VERSION'];
  const wanted = asked === undefined || asked === '' ? undefined : parseKubernetesVersion(asked);
  if (apiServer !== undefined) {
    const said = await runCommand(apiServer, ['--version']);
    const version = parseKubernetesVersion(said.trim().split(' ').at(-1) ?? said);
    if (wanted === undefined || wanted.text === version.text) return version;
    throw new Error(
      `KUBEBUILDER_ASSETS holds Kubernetes ${version.text}, but KUBE_VERSION asks for ${wanted.text}: unset one of them.`,
    );
  }
  if (wanted !== undefined) return wanted;
  const standard = parseKubernetesVersion(DEFAULT_KUBERNETES_VERSION);
  const cached = path.join(search.cache, cacheKey('kube-apiserver', standard, search.platform), 'kube-apiserver');
  const published = newestComplete(search.platform);
  if (existsSync(cached) || published === undefined || (await goVersion(search.environment)) !== undefined) {
    return standard;
  }
  search.progress.note(
    `No Go to build Kubernetes ${standard.text} with: using ${published}, the newest one that is published ready-made.`,
  );
  return parseKubernetesVersion(published);
}
