// SPDX-License-Identifier: Apache-2.0
/** @module The command line of the fuzzer: what it takes, and a run as a process. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { HELP, wantedOf } from '../../../../hack/fuzz/command-line.ts';
import { TARGETS } from '../../../../hack/fuzz/targets.ts';

const MAIN = path.resolve(import.meta.dirname, '../../../../hack/fuzz/main.ts');

function run(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(process.execPath, [MAIN, 'spiffe', ...args]);
}

it('lists its targets', () => {
  for (const { name } of TARGETS) expect(HELP).toContain(`  ${name} `);
  expect(wantedOf(['--help'])).toBe('help');
});

it('takes a target, and how long and which way', () => {
  const usual = { target: 'spiffe', minutes: 1, seed: 1, files: undefined };
  expect(wantedOf(['spiffe'])).toEqual(usual);
  expect(wantedOf(['spiffe', '--minutes=0.5', '--seed', '7'])).toEqual({ ...usual, minutes: 0.5, seed: 7 });
  expect(wantedOf(['spiffe', '--input', MAIN])).toEqual({ ...usual, files: [MAIN] });
});

it.each([
  [['nothing'], 'unknown target nothing'],
  [[], 'name one target'],
  [['spiffe', 'pem'], 'name one target'],
  [['spiffe', '--minutes', 'soon'], '--minutes soon: must be a number'],
  [['spiffe', '--minutes', '0'], '--minutes 0: must be a number'],
  [['spiffe', '--seed', '1.5'], '--seed 1.5: must be a whole number'],
  [['spiffe', '--input', '/none'], '--input /none: there is no such file'],
  [['spiffe', '--fast'], '--fast'],
])('says what is wrong with %j', (args, problem) => {
  expect(wantedOf(args)).toContain(problem);
});

it('feeds a target one file, or until its time is over', async () => {
  const { stdout } = await run('--minutes', '0.005');
  expect(stdout).toMatch(/^spiffe: \d+ inputs in .*, 0 found; seed 1$/mu);
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-fuzz-input-'));
  try {
    const file = path.join(directory, 'input');
    await writeFile(file, 'spiffe://example.org/a');
    expect((await run('--input', file)).stdout).toContain('spiffe: 1 inputs');
  } finally {
    await rm(directory, { recursive: true });
  }
});
