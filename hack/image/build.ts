// SPDX-License-Identifier: Apache-2.0
/**
 * Builds the image of this working tree with buildah, without a registry: on a Debian root file system that
 * debootstrap makes once and the user's cache keeps, with the Node.js and npm of this machine in it.
 * @module
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheDirectory, withLock } from '../controlplane/cache.ts';
import { runCommand, tryCommand } from '../controlplane/command.ts';
import { onPath } from '../controlplane/programs.ts';
import type { Progress } from '../progress.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SUITE = 'bookworm';
const BASE = `localhost/signet-build-base:${SUITE}-node${process.versions.node}`;
const TIMEOUT_MS = 20 * 60_000;

export interface BuiltImage {
  /** `localhost/signet:0.1.0-dev`, as pods name it. */
  readonly repository: string;
  readonly tag: string;
  /** Holds the image as `docker save` writes it. */
  readonly archive: string;
}

/** Builds the image with that tag into an archive in `directory`. */
export async function buildImage(tag: string, directory: string, progress: Progress): Promise<BuiltImage> {
  const storage = path.join(cacheDirectory(process.env), 'image');
  await mkdir(storage, { recursive: true });
  const done = await withLock(path.join(storage, 'build.lock'), () => build(tag, directory, storage, progress), {
    satisfied: () => false,
    onWait: (holder) => progress.note(`Waiting for another build of the image (${holder})`),
  });
  if (done === undefined) throw new Error('The lock of the image build was not given');
  return done;
}

async function build(tag: string, directory: string, storage: string, progress: Progress): Promise<BuiltImage> {
  await ensureBase(storage, progress);
  const repository = 'localhost/signet';
  const archive = path.join(directory, `signet-${tag}.tar`);
  await progress.run('Building the image', async () => {
    const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const args = [`--build-arg=BASE=${BASE}`, `--build-arg=VERSION=${version}`, `--tag=${repository}:${tag}`];
    // Layers are kept between builds; chroot needs no runtime and no daemon, npm needs this machine's network.
    await buildah(storage, [
      'build',
      '--layers',
      '--isolation=chroot',
      '--network=host',
      ...(await mounts(storage)),
      ...args,
      ROOT,
    ]);
    await rm(archive, { force: true });
    await buildah(storage, ['push', `${repository}:${tag}`, `docker-archive:${archive}:${repository}:${tag}`]);
  });
  return { repository, tag, archive };
}

/** The settings, the cache and the authorities of this machine's npm, for the build only. */
async function mounts(storage: string): Promise<string[]> {
  const home = process.env['HOME'] ?? '/root';
  const own = path.join(home, '.npmrc');
  const authorities = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const settings = path.join(storage, 'npmrc');
  const lines = [
    existsSync(own) ? await readFile(own, 'utf8') : '',
    'prefer-offline=true',
    authorities === '' ? '' : 'cafile=/etc/ssl/npm-authorities.pem',
  ];
  await writeFile(settings, `${lines.join('\n')}\n`, { mode: 0o600 });
  const shared = [
    [settings, '/root/.npmrc'],
    [path.join(home, '.npm/_cacache'), '/root/.npm/_cacache'],
    [authorities, '/etc/ssl/npm-authorities.pem'],
  ] as const;
  return shared.flatMap(([from, to]) => (from !== '' && existsSync(from) ? ['--volume', `${from}:${to}`] : []));
}

/** A minimal Debian with Node.js and npm, made by hand where no registry hands one out. */
async function ensureBase(storage: string, progress: Progress): Promise<void> {
  const known = await tryCommand('buildah', [...places(storage), 'inspect', '--type=image', BASE]);
  if (known.code === 0) return;
  const root = path.join(storage, 'root-file-system');
  await progress.run(`Making a Debian root file system (${SUITE})`, async () => {
    await rm(root, { recursive: true, force: true });
    const packages = ['libatomic1', 'libstdc++6', 'ca-certificates'].join(',');
    await runCommand('debootstrap', ['--variant=minbase', `--include=${packages}`, SUITE, root], {
      timeout: TIMEOUT_MS,
    });
    await cp(process.execPath, path.join(root, 'usr/local/bin/node'), { dereference: true });
    const npm = path.dirname(path.dirname(await realpath(await npmProgram())));
    await cp(npm, path.join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
    await runCommand('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm')]);
  });
  await progress.run('Making the base of the build', async () => {
    const container = (await buildah(storage, ['from', 'scratch'])).trim();
    await buildah(storage, ['add', container, root, '/']);
    await buildah(storage, ['commit', '--rm', container, BASE]);
    await rm(root, { recursive: true, force: true });
  });
}

/** npm's own script, not a wrapper of this project's packages. */
async function npmProgram(): Promise<string> {
  const folders = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const found = onPath('npm', { PATH: folders.join(path.delimiter) });
  if (found === undefined) throw new Error('No npm on PATH: install Node.js with npm');
  return found;
}

function buildah(storage: string, args: readonly string[]): Promise<string> {
  return runCommand('buildah', [...places(storage), ...args], { timeout: TIMEOUT_MS });
}

function places(storage: string): string[] {
  return ['--root', path.join(storage, 'containers'), '--runroot', path.join(storage, 'run')];
}
