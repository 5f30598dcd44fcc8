// SPDX-License-Identifier: Apache-2.0
/**
 * The servers of other people that the examples configure, and the account they run as. A missing one is a failure,
 * never a skipped test.
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The Debian package that has each program. */
const PACKAGES = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  postgres: 'postgresql',
  initdb: 'postgresql',
  psql: 'postgresql',
  setpriv: 'util-linux',
} as const;

export type ProgramName = keyof typeof PACKAGES;
export type Programs = Readonly<Record<ProgramName, string>>;

/** The configuration of nginx loads it from here, in Debian as in the official image. */
const NJS = '/usr/lib/nginx/modules/ngx_http_js_module.so';
const POSTGRESQL = '/usr/lib/postgresql';

/** Where each program is; an Error that names the packages to install when one is missing. */
export function requirePrograms(): Programs {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', ...postgresqlFolders()];
  const names = Object.keys(PACKAGES) as ProgramName[];
  const found = names.map((name) => [name, folders.map((folder) => path.join(folder, name)).find(existsSync)] as const);
  const packages = new Set(found.flatMap(([name, file]) => (file === undefined ? [PACKAGES[name]] : [])));
  const missing = [...packages, ...(existsSync(NJS) ? [] : ['libnginx-mod-http-js'])];
  if (missing.length > 0) {
    const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
    throw new Error(`The examples need programs that are not on this machine. On Debian and Ubuntu: ${command}`);
  }
  return Object.fromEntries(found) as Programs;
}

/** Debian keeps the programs of each version apart; the newest first. */
function postgresqlFolders(): string[] {
  if (!existsSync(POSTGRESQL)) return [];
  const versions = readdirSync(POSTGRESQL).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(POSTGRESQL, version, 'bin'));
}

/** `nobody`, where the tests run as root: PostgreSQL refuses root, and pods of the examples are not root either. */
const NOBODY = 65_534;

/** Group of the files of a pod, as with fsGroup; undefined where everything runs as the one who runs the tests. */
export const FS_GROUP: number | undefined = process.getuid?.() === 0 ? NOBODY : undefined;

/** The command that runs a program as the account of the pods. */
export function inPod({ setpriv }: Programs, command: readonly string[]): readonly string[] {
  if (FS_GROUP === undefined) return command;
  return [setpriv, `--reuid=${NOBODY}`, `--regid=${FS_GROUP}`, '--clear-groups', '--', ...command];
}
