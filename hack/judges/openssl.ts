// SPDX-License-Identifier: Apache-2.0
/**
 * The OpenSSL judge: `openssl verify -x509_strict`, one process per chain and purpose. It is slow next to the
 * others, so callers hand it every artifact but only a sample of the mutated chains.
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JudgeRequest, Verdicts } from './judge-process.ts';
import { requireTool } from './toolchain.ts';

const PROGRAM = 'openssl';
const PURPOSES = ['sslserver', 'sslclient'] as const;

/** Verdicts `openssl-server` and `openssl-client`. The process limit is the caller's business. */
export async function judgeWithOpenSSL(request: JudgeRequest): Promise<Verdicts> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-openssl-'));
  try {
    const [leaf, ...intermediates] = request.chain;
    await writeFile(join(folder, 'anchors.pem'), request.anchors.map(pem).join(''));
    await writeFile(join(folder, 'untrusted.pem'), intermediates.map(pem).join(''));
    await writeFile(join(folder, 'leaf.pem'), leaf === undefined ? '' : pem(leaf));
    const [server, client] = await Promise.all(
      PURPOSES.map((purpose) => verify(folder, purpose, request.at, intermediates.length > 0)),
    );
    return { 'openssl-server': server ?? '', 'openssl-client': client ?? '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws when OpenSSL is absent or too old. */
export async function requireOpenSSL(): Promise<string> {
  return await requireTool('openssl');
}

function verify(folder: string, purpose: string, at: number, withUntrusted: boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const untrusted = withUntrusted ? ['-untrusted', 'untrusted.pem'] : [];
  const args = ['verify', '-x509_strict', '-purpose', purpose, '-attime', String(at)];
  const child = spawn(
    PROGRAM,
    [...args, '-no-CApath', '-no-CAstore', '-CAfile', 'anchors.pem', ...untrusted, 'leaf.pem'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  child.on('error', reject);
  child.on('close', (code) => resolve(code === 0 ? '' : reason(printed)));
  return promise;
}

/** Only the lines that name a reason: the rest repeats file names. */
function reason(printed: string): string {
  const lines = printed
    .split('\n')
    .filter((line) => line.startsWith('error ') && !line.endsWith('verification failed'));
  return lines.length > 0 ? lines.join('; ') : `refused: ${printed.trim().slice(0, 300)}`;
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/gu) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
