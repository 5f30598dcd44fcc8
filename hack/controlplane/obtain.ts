// SPDX-License-Identifier: Apache-2.0
/**
 * Puts programs into the user's cache: from a published archive where one is pinned, else by a build from Go modules;
 * and when neither works, says in one message what was tried and what to do.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Progress } from '../progress.ts';
import { buildPrograms } from './build.ts';
import { withLock } from './cache.ts';
import { downloadArchive } from './download.ts';
import { goVersion } from './go-toolchain.ts';
import { type Environment, Supervisor } from './process.ts';
import { publishedArchives } from './published.ts';
import type { KubernetesVersion, ProgramName } from './versions.ts';

/** For whom, and where, programs are looked for. */
export interface Search {
  readonly environment: Environment;
  readonly progress: Progress;
  readonly platform: string;
  readonly cache: string;
}

const REMEDY_FOR_SPACE =
  'free some disk space (a build takes several GB; `go env GOCACHE GOMODCACHE` says where), then run the command again';

/** Makes every file of `places` exist, unless it does already. Only one process of the user works at a time. */
export async function obtain(
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
  return `${missing.join(', ')} (for Kubernetes ${version.text}) could not be found or made.
  1. KUBEBUILDER_ASSETS: ${assets === '' ? 'not set' : `${assets} does not hold them`}
  2. the cache: not in ${search.cache}
  3. a published archive: ${tried.archive}
  4. a build from Go modules: ${tried.build.replaceAll('\n', '\n     ')}
${remedies(`${tried.archive}\n${tried.build}`)}`;
}

function remedies(said: string): string {
  const full = /no space left on device|ENOSPC/.test(said);
  return `What to do, any one of:
  - ${full ? REMEDY_FOR_SPACE : 'install Go (https://go.dev/dl) and let it reach its module proxy, then run the command again'};
  - put the programs into a folder and name it in KUBEBUILDER_ASSETS;
  - name a running cluster in KUBECONFIG (with Docker and kind: kind create cluster && export KUBECONFIG=~/.kube/config).`;
}
