// SPDX-License-Identifier: Apache-2.0
/**
 * The files of a Secret as a kubelet lays them out: a new folder for each version, a link `..data` that turns from one
 * to the next in one step, and a link for each file through it. A reader never sees half a version.
 * @module
 */
import { chmod, chown, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Brings the directory to hold exactly these files, for us alone or, as with `fsGroup`, for a group as well. Calls for
 * one directory must not overlap.
 */
export async function writeVolume(
  directory: string,
  files: ReadonlyMap<string, Buffer>,
  group?: number,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const former = await linkTarget(path.join(directory, '..data'));
  const folder = await mkdtemp(path.join(directory, '..version-'));
  for (const [name, content] of files) await writeFile(path.join(folder, name), content, { mode: 0o600 });
  if (group !== undefined) await grant(directory, folder, [...files.keys()], group);
  const link = path.join(directory, '..data_tmp');
  await rm(link, { force: true });
  await symlink(path.basename(folder), link);
  await rename(link, path.join(directory, '..data'));
  await linkFiles(directory, files);
  if (former !== undefined) await rm(path.join(directory, former), { recursive: true, force: true });
}

/** Before the link turns: a version is complete when it can be seen. */
async function grant(directory: string, folder: string, names: readonly string[], group: number): Promise<void> {
  const files = names.map((name) => path.join(folder, name));
  for (const file of [directory, folder, ...files]) {
    await chown(file, -1, group);
    await chmod(file, files.includes(file) ? 0o640 : 0o750);
  }
}

async function linkFiles(directory: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of files.keys()) {
    if (!present.delete(name)) await symlink(path.join('..data', name), path.join(directory, name));
  }
  for (const name of present) await rm(path.join(directory, name));
}

async function linkTarget(link: string): Promise<string | undefined> {
  try {
    return await readlink(link);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
