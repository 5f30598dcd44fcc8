// SPDX-License-Identifier: Apache-2.0
/**
 * psql and redis-cli as their pages show them. Each copies its files first: like every program that reads two files,
 * they could meet a swap between them.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../../../hack/controlplane/command.ts';
import type { Target } from './ask.ts';
import { readIdentityAgain } from './load.ts';
import { requirePrograms } from './programs.ts';

/** One query; an Error with what psql says when it fails. */
export async function postgresqlClient(mount: string, { port, name }: Target): Promise<void> {
  const sent = randomUUID();
  const printed = await withFiles(mount, (directory) => {
    const files = { sslcert: 'tls.crt', sslkey: 'tls.key', sslrootcert: 'ca.crt' };
    const settings = Object.entries(files).map(([key, file]) => `${key}=${path.join(directory, file)}`);
    const where = `host=${name} hostaddr=127.0.0.1 port=${port} user=frontend dbname=shop sslmode=verify-full`;
    const query = ['--no-psqlrc', '--tuples-only', '--no-align', '--command', `SELECT '${sent}'`];
    return runCommand(requirePrograms().psql, [[where, ...settings].join(' '), ...query]);
  });
  if (printed.trim() !== sent) throw new Error(`psql printed ${printed}`);
}

/** One ECHO; an Error with what redis-cli says when it fails. */
export async function redisClient(mount: string, { port }: Target): Promise<void> {
  const sent = randomUUID();
  const printed = await withFiles(mount, (directory) => {
    const [cert, key, cacert] = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => path.join(directory, file));
    const files = ['--cert', `${cert}`, '--key', `${key}`, '--cacert', `${cacert}`];
    return runCommand(requirePrograms()['redis-cli'], ['-p', String(port), '--tls', ...files, 'ECHO', sent]);
  });
  if (printed.trim() !== sent) throw new Error(`redis-cli printed ${printed}`);
}

async function withFiles<T>(mount: string, use: (directory: string) => Promise<T>): Promise<T> {
  const { certificates, privateKey, anchors } = await readIdentityAgain(mount);
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-client-'));
  try {
    const files = { 'tls.crt': certificates, 'tls.key': privateKey, 'ca.crt': anchors };
    for (const [name, text] of Object.entries(files))
      await writeFile(path.join(directory, name), text, { mode: 0o600 });
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
