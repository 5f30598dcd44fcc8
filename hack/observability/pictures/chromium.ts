// SPDX-License-Identifier: Apache-2.0
/** @module A page of HTML as a PNG, by the Chromium or Chrome of this machine, which reads nothing but the page. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../../controlplane/command.ts';
import { onPath } from '../../controlplane/programs.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;
/** It looks for nobody on the network. */
const FLAGS = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-component-update',
  '--disable-background-networking',
  '--no-first-run',
  '--hide-scrollbars',
];

/** Where it is; an Error says what to install where there is none. */
export function chromiumProgram(): string {
  const command = NAMES.map((name) => onPath(name, process.env)).find((found) => found !== undefined);
  if (command !== undefined) return command;
  throw new Error(`None of ${NAMES.join(', ')} is on PATH: install your distribution's Chromium`);
}

export async function screenshot(
  chromium: string,
  html: string,
  size: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-picture-'));
  const page = path.join(directory, 'page.html');
  const picture = path.join(directory, 'page.png');
  try {
    await writeFile(page, html);
    await runCommand(chromium, [
      ...FLAGS,
      // Its sandbox does not run as root, and the page is ours.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${path.join(directory, 'profile')}`,
      `--window-size=${size.width},${size.height}`,
      `--screenshot=${picture}`,
      `file://${page}`,
    ]);
    return await readFile(picture);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
