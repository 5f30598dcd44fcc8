// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration of each example, put where this machine can run it. Nothing but paths, addresses and ports is
 * replaced, and what is to be replaced must be there.
 * @module
 */
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FS_GROUP } from './programs.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');
/** Where every example has its Secret mounted, and what it calls. */
const MOUNT = '/var/run/secrets/signet';
const UPSTREAM = 'go-service.shop.svc:8443';

/** Which files of an example its server reads, and how they name its port. */
export interface Recipe {
  readonly name: string;
  readonly files: readonly string[];
  /** From the example, and what it becomes with the port in place of 0. */
  readonly listen: readonly (readonly [from: string, to: string])[];
}

/** What stands in for the folders of a pod. */
export interface Place {
  /** Configuration: /etc/<name>. */
  readonly etc: string;
  /** An emptyDir: /run/<name>. */
  readonly run: string;
  readonly port: number;
}

export interface Surroundings {
  readonly directory: string;
  readonly mount: string;
  readonly port: number;
  readonly upstreamPort: number;
}

/** Writes the files of an example. */
export async function place({ name, files, listen }: Recipe, around: Surroundings): Promise<Place> {
  const { directory, mount, port, upstreamPort } = around;
  const [etc, run] = [path.join(directory, 'etc'), path.join(directory, 'run')];
  await mkdir(etc, { recursive: true });
  await mkdir(run);
  if (FS_GROUP !== undefined) {
    await chown(run, FS_GROUP, FS_GROUP);
    for (const folder of [directory, etc]) await chmod(folder, 0o755);
  }
  const used = new Set<string>();
  for (const file of files) {
    let text = await readFile(path.join(EXAMPLES, name, file), 'utf8');
    const replacements: (readonly [string, string])[] = [
      ...listen.map(([from, to]) => [from, to.replace(/\b0$/u, String(port))] as const),
      [`proxy_pass https://${UPSTREAM}`, `proxy_pass https://127.0.0.1:${upstreamPort}`],
      [`server go ${UPSTREAM}`, `server go 127.0.0.1:${upstreamPort}`],
      [MOUNT, mount],
      [`/etc/${name}`, etc],
      [`/run/${name}`, run],
    ];
    for (const [from, to] of replacements) {
      if (text.includes(from)) used.add(from);
      text = text.replaceAll(from, to);
    }
    await writeFile(path.join(etc, file), text, { mode: 0o644 });
  }
  const unused = [...listen.map(([from]) => from), MOUNT, `/etc/${name}`, `/run/${name}`].filter((it) => !used.has(it));
  if (unused.length > 0) throw new Error(`examples/${name} does not say ${unused.join(', ')} any more`);
  return { etc, run, port };
}
