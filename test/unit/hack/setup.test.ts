// SPDX-License-Identifier: Apache-2.0
/** @module The set-up script, run as a program in a small project with an npm of our own. */
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CommandResult, tryCommand } from '../../../hack/controlplane/command.ts';

const SETUP = fileURLToPath(new URL('../../../hack/setup.mjs', import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'setup-test-'));
  await mkdir(path.join(root, 'hack'));
  await mkdir(path.join(root, 'node_modules', '.bin'), { recursive: true });
  await copyFile(SETUP, path.join(root, 'hack', 'setup.mjs'));
  await writeFile(
    path.join(root, 'package-lock.json'),
    '{"packages":{"node_modules/one":{},"node_modules/other":{"os":["plan9"]}}}',
  );
});
afterEach(() => rm(root, { recursive: true }));

async function writeScript(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
}

/** An npm that leaves a trace of its call; the one in node_modules/.bin must never be found. */
async function fakeNPM(script: string): Promise<void> {
  await writeScript(path.join(root, 'bin', 'npm'), `echo "$@" >> "${root}/calls"; ${script}`);
  await writeScript(path.join(root, 'node_modules', '.bin', 'npm'), 'echo "the wrong npm"; exit 1');
  await writeScript(path.join(root, 'bin', 'node'), `exec "${process.execPath}" "$@"`);
}

function setUp(): Promise<CommandResult> {
  const bins = [path.join(root, 'node_modules', '.bin'), path.join(root, 'bin'), '/usr/bin', '/bin'];
  return tryCommand(process.execPath, [path.join(root, 'hack', 'setup.mjs')], {
    cwd: tmpdir(),
    environment: { PATH: bins.join(path.delimiter) },
  });
}

async function calls(): Promise<number> {
  return (await readFile(path.join(root, 'calls'), 'utf8')).trim().split('\n').length;
}

it('installs once, and again when the lock file changes', async () => {
  await fakeNPM('mkdir -p node_modules/one && echo {} > node_modules/one/package.json');
  expect(await setUp()).toMatchObject({ code: 0, stderr: expect.stringContaining('Installed 1 npm packages') });
  expect(await readFile(path.join(root, 'calls'), 'utf8')).toMatch(/^ci --include=dev --include=optional/);
  expect(await setUp()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await calls()).toBe(1);
  await writeFile(path.join(root, 'package-lock.json'), '{"packages":{}}');
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(await calls()).toBe(2);
});

it('says what npm said and what to do, and tries again next time', async () => {
  await fakeNPM('echo "npm error code E404" >&2; exit 3');
  for (const tries of [1, 2]) {
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toMatch(/exit code 3.*npm error code E404.*What to do: /s);
    expect(await calls()).toBe(tries);
  }
});

it('says what to do about a full disk', async () => {
  await fakeNPM('echo "npm error code ENOSPC" >&2; exit 228');
  expect(await setUp()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/What to do: free some disk space.* then/),
  });
});

it('says so when there is no npm', async () => {
  await fakeNPM('');
  await rm(path.join(root, 'bin', 'npm'));
  const bins = path.join(root, 'bin');
  const answer = await tryCommand(process.execPath, [path.join(root, 'hack', 'setup.mjs')], {
    environment: { PATH: bins },
  });
  expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining('check that npm is on PATH') });
});

it('refuses a machine whose scripts would run on an old Node', async () => {
  await fakeNPM('');
  await writeFile(path.join(root, 'bin', 'node'), '#!/bin/sh\necho v20.1.0\n');
  const { code, stderr } = await setUp();
  expect(code).toBe(1);
  expect(stderr).toMatch(/need Node 26 and found v20\.1\.0.*What to do: /s);
});

it('waits its turn when two set-ups start at once, and installs only once', async () => {
  await fakeNPM('sleep 0.3; mkdir -p node_modules/one && echo {} > node_modules/one/package.json');
  const answers = await Promise.all([setUp(), setUp()]);
  expect(answers.map(({ code }) => code)).toEqual([0, 0]);
  expect(await calls()).toBe(1);
});

it('is not held up by a lock whose process is gone', async () => {
  await fakeNPM('mkdir -p node_modules/one && echo {} > node_modules/one/package.json');
  await writeFile(path.join(root, '.setup-lock'), '999999999');
  expect(await setUp()).toMatchObject({ code: 0 });
});
