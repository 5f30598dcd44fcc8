// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `mint` and `mint_verify`: one core, against raw key generation and signature, and against Go's standard library
 * doing the same work, in turns.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { against, median, type Row } from './report.ts';

const run = promisify(execFile);
const ROUNDS = 5;
const MILLISECONDS = '1500';
const WORKER = path.join(import.meta.dirname, 'mint-worker.ts');
const GO_SOURCE = path.join(import.meta.dirname, 'go-mint');

export async function benchMint(log: (line: string) => void): Promise<Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-bench-'));
  try {
    const program = path.join(directory, 'go-mint');
    log('building the Go program');
    await run('go', ['build', '-o', program, '.'], { cwd: GO_SOURCE });
    const figures = new Map<string, number[]>();
    const commands: Readonly<Record<string, readonly string[]>> = {
      mint_raw: [process.execPath, WORKER, 'raw', MILLISECONDS],
      mint: [process.execPath, WORKER, 'mint', MILLISECONDS],
      mint_go: [program, MILLISECONDS],
      mint_verify: [process.execPath, WORKER, 'mint_verify', MILLISECONDS],
      mint_verify_go: [program, MILLISECONDS, 'verify'],
    };
    for (let round = 1; round <= ROUNDS; round += 1) {
      log(`round ${round} of ${ROUNDS}`);
      for (const [id, command] of Object.entries(commands)) {
        // Pinned: the thread pool of Node.js must not borrow a second core.
        const { stdout } = await run('taskset', ['--cpu-list', '0', ...command]);
        figures.set(id, [...(figures.get(id) ?? []), Number(stdout)]);
      }
    }
    const row = (id: string): Row => ({ id, value: median(figures.get(id) ?? []), unit: '1/s' });
    const go = row('mint_go');
    const goVerify = row('mint_verify_go');
    const raw = row('mint_raw');
    return [raw, go, goVerify, against(row('mint'), raw), against(row('mint_verify'), goVerify)];
  } finally {
    await rm(directory, { recursive: true });
  }
}
