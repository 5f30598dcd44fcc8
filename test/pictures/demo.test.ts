// SPDX-License-Identifier: Apache-2.0
/** @module `npm run pictures`: the demo is run, and what it left on the terminal drawn into docs/images. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../../hack/controlplane/command.ts';
import { chromiumProgram, screenshot } from '../../hack/observability/pictures/chromium.ts';
import { withPalette } from '../../hack/observability/pictures/png.ts';
import { shown, terminalPage, terminalSize } from '../../hack/observability/pictures/terminal.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMMAND = 'npm run demo';
/** Bytes. */
const MOST = 200_000;

it('draws what the demo prints', async () => {
  const chromium = chromiumProgram();
  const demo = [path.join(ROOT, 'hack/demo/main.ts'), '--local'];
  const output = await runCommand(process.execPath, demo, { cwd: ROOT, timeout: 300_000 });
  expect(output).toContain('The demo succeeded');
  const lines = [`$ ${COMMAND}`, '', ...shown(output)];
  const picture = withPalette(await screenshot(chromium, terminalPage(COMMAND, lines), terminalSize(lines)));
  expect(picture.byteLength).toBeLessThan(MOST);
  await mkdir(path.join(ROOT, 'docs/images'), { recursive: true });
  await writeFile(path.join(ROOT, 'docs/images/demo.png'), picture);
});
