// SPDX-License-Identifier: Apache-2.0
/**
 * Builds the programs from Go modules: the sums of every module are checked by Go, those of the default versions
 * against the committed go.sum. Each build shows how many modules it has fetched and packages it has compiled.
 * @module
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../progress.ts';
import { publish } from './cache.ts';
import { runCommand } from './command.ts';
import { goEnvironment, runGo } from './go-toolchain.ts';
import { goDirective, kubernetesModule } from './kubernetes-module.ts';
import { type Environment, Supervisor } from './process.ts';
import {
  DEFAULT_KUBERNETES_VERSION,
  ETCD_PACKAGE,
  ETCD_VERSION,
  HELM_PACKAGE,
  HELM_VERSION,
  KUBERNETES_PACKAGES,
  type KubernetesVersion,
  linkerFlags,
  PROMETHEUS_PACKAGES,
  PROMETHEUS_VERSION,
  type ProgramName,
} from './versions.ts';

const MODULES = fileURLToPath(new URL('modules', import.meta.url));

export interface BuildRequest {
  readonly version: KubernetesVersion;
  /** The programs to build, with the place each goes to. */
  readonly places: ReadonlyMap<ProgramName, string>;
  /** Where temporary folders go: on the same file system as the places. */
  readonly cache: string;
  readonly go: string;
  readonly environment: Environment;
  readonly progress: Progress;
}

interface Target {
  readonly title: string;
  readonly packages: readonly string[];
  readonly programs: readonly ProgramName[];
  readonly linkerFlags: string;
  readonly tags?: string;
  /** Writes go.mod (and go.sum where one is committed); true when the sums are binding. */
  readonly prepare: (directory: string) => Promise<boolean>;
}

/** Builds and publishes what `request.places` names. An Error carries the end of Go's output. */
export async function buildPrograms(request: BuildRequest): Promise<void> {
  const supervisor = Supervisor.create();
  const directory = await mkdtemp(path.join(request.cache, 'signet-build-'));
  supervisor.removeAtEnd(directory);
  try {
    for (const target of targets(request)) await build(request, target, supervisor, directory);
  } finally {
    await supervisor.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function targets(request: BuildRequest): Target[] {
  const found: Target[] = [];
  if (request.places.has('etcd')) {
    found.push({
      title: `etcd ${ETCD_VERSION}`,
      packages: [ETCD_PACKAGE],
      programs: ['etcd'],
      linkerFlags: '-s -w',
      prepare: (directory) => copyModule('etcd', directory),
    });
  }
  if (request.places.has('helm')) {
    found.push({
      title: `Helm ${HELM_VERSION}`,
      packages: [HELM_PACKAGE],
      programs: ['helm'],
      linkerFlags: `-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM_VERSION}`,
      prepare: (directory) => copyModule('helm', directory),
    });
  }
  const prometheus = Object.entries(PROMETHEUS_PACKAGES).filter(([name]) => request.places.has(name as ProgramName));
  if (prometheus.length > 0) {
    found.push({
      title: `Prometheus ${PROMETHEUS_VERSION}`,
      packages: prometheus.map(([, name]) => name),
      programs: prometheus.map(([name]) => name as ProgramName),
      linkerFlags: `-s -w -X github.com/prometheus/common/version.Version=${PROMETHEUS_VERSION}`,
      // Targets are named in files: no service discovery, and none of its hundred modules.
      tags: 'remove_all_sd',
      prepare: (directory) => copyModule('prometheus', directory),
    });
  }
  const kubernetes = Object.entries(KUBERNETES_PACKAGES).filter(([name]) => request.places.has(name as ProgramName));
  if (kubernetes.length > 0) {
    found.push({
      title: `Kubernetes ${request.version.text}`,
      packages: kubernetes.map(([, name]) => name),
      programs: kubernetes.map(([name]) => name as ProgramName),
      linkerFlags: linkerFlags(request.version),
      prepare: (directory) => kubernetesSources(request, directory),
    });
  }
  return found;
}

async function build(request: BuildRequest, target: Target, supervisor: Supervisor, folder: string): Promise<void> {
  const directory = await mkdtemp(path.join(folder, 'module-'));
  const readonly = await request.progress.run(`Preparing the build of ${target.title}`, () =>
    target.prepare(directory),
  );
  const want = goDirective(await readFile(path.join(directory, 'go.mod'), 'utf8'));
  // Go's own temporary files go where they are removed with everything else when we are interrupted.
  const given = { ...request.environment, GOTMPDIR: directory };
  const environment = goEnvironment(given, { have: request.go, want, readonly });
  const tags = target.tags === undefined ? [] : [`-tags=${target.tags}`];
  const flags = ['-trimpath', '-buildvcs=false', `-ldflags=${target.linkerFlags}`, ...tags];

  const stale = await request.progress.run(`Downloading the Go modules of ${target.title}`, async (step) => {
    const args = ['list', ...flags, '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}', ...target.packages];
    const onLines = (lines: readonly string[]): void => step.update(`${count(lines, isDownload)} modules`);
    const lines = await runGo({ supervisor, directory, args, environment, onLines });
    step.done(`${count(lines, isDownload)} modules`);
    return count(lines, (line) => !isDownload(line));
  });

  await request.progress.run(`Compiling ${target.title} (${target.programs.join(', ')})`, async (step) => {
    // A single program gets its name from us (etcd's package is called "server"), several keep theirs.
    const output = target.programs.length === 1 ? path.join('bin', target.programs[0] ?? '') : `bin${path.sep}`;
    const args = ['build', '-v', ...flags, '-o', output, ...target.packages];
    const onLines = (lines: readonly string[]): void => {
      const compiled = count(lines, (line) => !isDownload(line));
      // What is left at the end are the programs themselves, which are mostly linked.
      const linking = compiled >= stale - target.programs.length;
      step.update(linking ? `${stale} packages, linking` : `${compiled} of ${stale} packages`);
    };
    await runGo({ supervisor, directory, args, environment, onLines });
    step.done(`${stale} packages`);
  });
  for (const program of target.programs) {
    const place = request.places.get(program);
    if (place !== undefined) await publish(path.join(directory, 'bin', program), place);
  }
}

async function copyModule(name: string, directory: string): Promise<true> {
  await cp(path.join(MODULES, name), directory, { recursive: true });
  return true;
}

/** The committed module for the default version; for another one a module made from that release's own go.mod. */
async function kubernetesSources({ version, environment }: BuildRequest, directory: string): Promise<boolean> {
  if (version.text === DEFAULT_KUBERNETES_VERSION) return copyModule('kubernetes', directory);
  const answer = await runCommand('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${version.text}`], {
    cwd: directory,
    environment: { ...environment, GOWORK: 'off', GOFLAGS: '' },
    timeout: 600_000,
  });
  const { GoMod: file } = JSON.parse(answer) as { GoMod: string };
  await writeFile(path.join(directory, 'go.mod'), kubernetesModule(version, await readFile(file, 'utf8')));
  return false;
}

function isDownload(line: string): boolean {
  return line.startsWith('go: ');
}

function count(lines: readonly string[], matches: (line: string) => boolean): number {
  return lines.filter(matches).length;
}
