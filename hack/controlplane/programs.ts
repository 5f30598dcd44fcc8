// SPDX-License-Identifier: Apache-2.0
/**
 * Finds or obtains the programs of a control plane: KUBEBUILDER_ASSETS, the user's cache, a published archive, a build
 * from Go modules; and when all four fail, says so in one message.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Progress } from '../progress.ts';
import { buildPrograms } from './build.ts';
import { cacheDirectory, withLock } from './cache.ts';
import { runCommand } from './command.ts';
import { downloadArchive } from './download.ts';
import { goVersion } from './go-toolchain.ts';
import { type Environment, Supervisor } from './process.ts';
import { newestComplete, publishedArchives } from './published.ts';
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
  readonly paths: Readonly<Record<ProgramName, string>>;
}

interface Search {
  readonly environment: Environment;
  readonly progress: Progress;
  readonly platform: string;
  readonly cache: string;
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
  const known = onPath('kubectl', environment);
  if (known !== undefined) return known;
  const platform = platformName(process.platform, process.arch);
  const search: Search = { environment, progress, platform, cache: cacheDirectory(environment) };
  const version = await chooseVersion(search, undefined);
  const place = path.join(search.cache, cacheKey('kubectl', version, platform), 'kubectl');
  await obtain(search, version, new Map([['kubectl', place]]));
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

async function obtain(
  search: Search,
  version: KubernetesVersion,
  places: ReadonlyMap<ProgramName, string>,
): Promise<void> {
  const satisfied = (): boolean => [...places.values()].every((place) => existsSync(place));
  if (satisfied()) return;
  await mkdir(search.cache, { recursive: true });
  const onWait = (holder: string): void =>
    search.progress.note(`Waiting for another process (${holder}) that obtains the same programs`);
  const lock = path.join(search.cache, `programs-v${version.text}-${search.platform}.lock`);
  await withLock(lock, () => obtainLocked(search, version, places), { satisfied, onWait });
}

async function obtainLocked(
  search: Search,
  version: KubernetesVersion,
  places: ReadonlyMap<ProgramName, string>,
): Promise<void> {
  const stillMissing = (): Map<ProgramName, string> => new Map([...places].filter(([, place]) => !existsSync(place)));
  const archive = await tryArchives(search, version, stillMissing());
  const missing = stillMissing();
  if (missing.size === 0) return;
  const go = await goVersion(search.environment);
  const build = go === undefined ? 'no `go` on PATH' : await tryBuild(search, version, missing, go);
  if (build !== undefined) throw new Error(nothingFound(search, version, [...missing.keys()], { archive, build }));
}

/** Downloads what is published; says why that may not be enough. */
async function tryArchives(
  search: Search,
  version: KubernetesVersion,
  missing: ReadonlyMap<ProgramName, string>,
): Promise<string> {
  const archives = publishedArchives(version.text, search.platform);
  const useful = archives.filter((archive) => archive.programs.some((program) => missing.has(program)));
  if (useful.length === 0) return `none with a pinned sum for ${version.text} on ${search.platform}`;
  const wanted = new Map(missing);
  const supervisor = Supervisor.create();
  const work = await mkdtemp(path.join(search.cache, 'signet-download-'));
  supervisor.removeAtEnd(work);
  try {
    for (const archive of useful) {
      await search.progress.run(`Downloading ${path.basename(archive.url)}`, (step) =>
        downloadArchive(archive, wanted, work, step),
      );
      for (const program of archive.programs) wanted.delete(program);
    }
    return `${useful.map((archive) => path.basename(archive.url)).join(', ')} lack what is missing`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await supervisor.close();
    await rm(work, { recursive: true, force: true });
  }
}

async function tryBuild(
  search: Search,
  version: KubernetesVersion,
  places: ReadonlyMap<ProgramName, string>,
  go: string,
): Promise<string | undefined> {
  const { cache, environment, progress } = search;
  progress.note(`Building ${[...places.keys()].join(', ')} from Go modules; the first time takes up to 20 minutes`);
  try {
    await buildPrograms({ version, places, cache, go, environment, progress });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function nothingFound(
  search: Search,
  version: KubernetesVersion,
  missing: readonly ProgramName[],
  tried: { readonly archive: string; readonly build: string },
): string {
  const assets = search.environment['KUBEBUILDER_ASSETS'] ?? '';
  return `No control plane: ${missing.join(', ')} of Kubernetes ${version.text} could not be found or made.
  1. KUBEBUILDER_ASSETS: ${assets === '' ? 'not set' : `${assets} does not hold them`}
  2. the cache: not in ${search.cache}
  3. a published archive: ${tried.archive}
  4. a build from Go modules: ${tried.build.replaceAll('\n', '\n     ')}
What to do, any one of:
  - install Go (https://go.dev/dl) and let it reach its module proxy, then run the command again;
  - put the programs into a folder and name it in KUBEBUILDER_ASSETS;
  - name a running cluster in KUBECONFIG (for example: kind create cluster && export KUBECONFIG=~/.kube/config).`;
}
