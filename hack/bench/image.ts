// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `image_*`: what the image of this working tree weighs on a node, and what a node pulls for it.
 * @module
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGzip } from 'node:zlib';
import { buildImage } from '../image/build.ts';
import { createProgress } from '../progress.ts';
import type { Row } from './report.ts';

const MIB = 2 ** 20;

export async function benchImage(log: (line: string) => void): Promise<Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-image-'));
  try {
    const { archive } = await buildImage('bench', directory, createProgress());
    log('image: compressing');
    return [
      { id: 'image_size', value: (await stat(archive)).size / MIB, unit: 'MiB', note: 'its layers, unpacked' },
      {
        id: 'image_pull',
        value: (await gzipped(archive)) / MIB,
        unit: 'MiB',
        note: 'the same by gzip, as registries have it',
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Bytes of a file once compressed. */
async function gzipped(file: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(file).pipe(createGzip())) bytes += (chunk as Buffer).length;
  return bytes;
}
