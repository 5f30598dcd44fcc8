// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run sbom`: what the image holds, as CycloneDX. npm's own `--omit` leaves out what both a production and a
 * development package need, so npm is shown a project that has no others.
 * @module
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './controlplane/command.ts';
import { takesNothing } from './usage.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const HELP = `Usage: npm run --silent sbom

Prints the packages that the image holds, the Node.js of each architecture among them, with versions, licences and sums,
as CycloneDX in JSON.

Needs npm and no network. Takes about a second.`;

interface Packages {
  readonly dependencies?: object;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
}

interface Lock {
  readonly packages: Readonly<Record<string, Packages>>;
}

/** Of packages for one system alone, the image holds those of Linux. */
function isShipped({ dev, optional, os }: Packages): boolean {
  return dev !== true && (optional !== true || os?.includes('linux') === true);
}

/** Without what is needed for development, and without what is not in the lock then. */
function production<T extends Packages>(manifest: T, packages: Lock['packages']): T {
  const optional = Object.entries(manifest.optionalDependencies ?? {}).filter(
    ([name]) => packages[`node_modules/${name}`] !== undefined,
  );
  return { ...manifest, devDependencies: {}, optionalDependencies: Object.fromEntries(optional) };
}

async function read(file: string): Promise<object> {
  return JSON.parse(await readFile(path.join(ROOT, file), 'utf8')) as object;
}

async function bill(directory: string): Promise<string> {
  const [manifest, lock] = [(await read('package.json')) as Packages, (await read('package-lock.json')) as Lock];
  const shipped = Object.fromEntries(Object.entries(lock.packages).filter(([, entry]) => isShipped(entry)));
  const packages = { ...shipped, '': production(shipped[''] ?? {}, shipped) };
  // npm names the bill after the folder.
  const project = path.join(directory, 'signet');
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), JSON.stringify(production(manifest, shipped)));
  await writeFile(path.join(project, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
  return runCommand('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], { cwd: project });
}

if (takesNothing(HELP)) {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-sbom-'));
  try {
    process.stdout.write(await bill(directory));
  } finally {
    await rm(directory, { recursive: true });
  }
}
