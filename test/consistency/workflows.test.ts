// SPDX-License-Identifier: Apache-2.0
/** @module The workflows are what GitHub understands, as far as a linter can tell. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { tryCommand } from '../../hack/controlplane/command.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

it('actionlint finds nothing', async () => {
  const folder = path.join(ROOT, '.github/workflows');
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
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
