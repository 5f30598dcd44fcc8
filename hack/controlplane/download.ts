// SPDX-License-Identifier: Apache-2.0
/**
 * Downloads a pinned archive and takes programs out of it. A closed network is noticed within seconds; bytes whose sum
 * is not the pinned one are thrown away.
 * @module
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Step } from '../progress.ts';
import { publish } from './cache.ts';
import { runCommand } from './command.ts';
import type { PublishedArchive } from './published.ts';
import type { ProgramName } from './versions.ts';

const ANSWER_WITHIN_MS = 5_000;
const STALLED_AFTER_MS = 30_000;
const MEGABYTE = 1_000_000;

/**
 * Downloads `archive` into the temporary folder `work` and publishes those of its programs that `places` names.
 * An Error says what went wrong; nothing is published then.
 */
export async function downloadArchive(
  archive: PublishedArchive,
  places: ReadonlyMap<ProgramName, string>,
  work: string,
  step: Step,
): Promise<void> {
  await mkdir(work, { recursive: true });
  const file = path.join(work, 'archive.tar.gz');
  const sum = await download(archive.url, file, step);
  if (sum !== archive.sha512) throw new Error(`${archive.url} does not have the pinned SHA-512 sum: got ${sum}`);
  step.update('unpacking');
  const wanted = archive.programs.filter((program) => places.has(program));
  const members = wanted.map((program) => `${archive.folder}/${program}`);
  await runCommand('tar', ['-xzf', file, '-C', work, ...members]);
  for (const program of wanted) {
    const place = places.get(program);
    if (place !== undefined) await publish(path.join(work, archive.folder, program), place);
  }
  await rm(file);
}

async function download(url: string, file: string, step: Step): Promise<string> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer')), ANSWER_WITHIN_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    const hash = createHash('sha512');
    let received = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done): void {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error('the download stalled')), STALLED_AFTER_MS);
        hash.update(chunk);
        received += chunk.length;
        step.update(`${Math.round(received / MEGABYTE)} of ${total > 0 ? Math.round(total / MEGABYTE) : '?'} MB`);
        done(undefined, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(file), {
      signal: abort.signal,
    });
    return hash.digest('hex');
  } catch (cause) {
    throw new Error(`${url} could not be downloaded: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** fetch hides the reason of a failed connection in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
