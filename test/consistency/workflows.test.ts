// SPDX-License-Identifier: Apache-2.0
/** @module The workflows are what GitHub understands, as far as a linter can tell, and run no action that somebody can change. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { tryCommand } from '../../hack/controlplane/command.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const FOLDER = path.join(ROOT, '.github/workflows');
const files = (await readdir(FOLDER)).map((name) => path.join(FOLDER, name));

it('names each action by commit, with its version for people: tags have been moved to steal tokens', async () => {
  const texts = await Promise.all(files.map(async (file) => await readFile(file, 'utf8')));
  const used = texts.flatMap((text) => [...text.matchAll(/\buses:\s*(.*)/gu)].map(([, action = '']) => action));
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u.test(action))).toEqual([]);
  expect(new Set(used).size, 'one version of each').toBe(new Set(used.map((action) => action.split('@')[0])).size);
});

it('actionlint finds nothing', async () => {
  expect(files.length).toBeGreaterThan(1);
  const environment = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
  const options = { cwd: path.join(ROOT, 'hack/workflows'), environment, timeout: 600_000 };
  // Without the linters of shell and Python that happen to be on this machine: the same everywhere.
  const { code, stdout, stderr } = await tryCommand(
    'go',
    ['tool', 'actionlint', '-shellcheck=', '-pyflakes=', ...files],
    options,
  );
  expect({ code, stdout, stderr: stderr.replaceAll(/^go: downloading .*\n/gmu, '') }).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
}, 600_000);
