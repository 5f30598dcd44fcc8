// SPDX-License-Identifier: Apache-2.0
/**
 * A reader of the pages: types what stands in a block, line by line in one shell, with the names of this place in the
 * places that a page leaves to the reader.
 * @module
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type CommandResult, tryCommand } from '../../../hack/controlplane/command.ts';
import { type Block, ROOT, readPages } from './pages.ts';

const PATIENCE_MS = 300_000;

/**
 * A search that finds nothing is no failure, and neither is one that is cut off: `head` takes everything, so that what
 * is before it in a pipe does not end early.
 */
export const MANNERS = `set -euo pipefail
grep() { command grep "$@" || [ $? -eq 1 ]; }
head() { local all; all=$(cat); command head "$@" <<< "$all"; }
`;

export interface ReaderOptions {
  /** Programs in these folders come first. */
  readonly programs: readonly string[];
  readonly kubeconfig: string;
  /** A private folder; caches and settings of nobody are in it. */
  readonly home: string;
}

export interface Reader {
  /** What a script says; an Error with what it complained of when a command of it fails. */
  run(script: string, names?: Readonly<Record<string, string>>): Promise<string>;
  /** The same, whatever comes of it. */
  try(script: string, names?: Readonly<Record<string, string>>): Promise<CommandResult>;
  readonly environment: Readonly<Record<string, string>>;
}

export async function createReader({ programs, kubeconfig, home }: ReaderOptions): Promise<Reader> {
  await mkdir(path.join(home, '.kube'), { recursive: true });
  const folders = [...programs, path.join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''];
  const environment = { PATH: folders.join(path.delimiter), HOME: home, KUBECONFIG: kubeconfig };
  const attempt: Reader['try'] = async (script, names = {}) => {
    const text = withNames(script, names);
    return tryCommand('bash', ['-c', `${MANNERS}${text}`], { cwd: ROOT, environment, timeout: PATIENCE_MS });
  };
  return {
    environment,
    try: attempt,
    async run(script, names) {
      const { code, stdout, stderr } = await attempt(script, names);
      if (code === 0) return stdout;
      // What it said may be a Secret.
      throw new Error(`exit code ${code} of\n${script}\n${stderr}`);
    },
  };
}

/** An Error where a place is left that nobody has filled. */
function withNames(script: string, names: Readonly<Record<string, string>>): string {
  let text = script;
  for (const [from, to] of Object.entries(names)) text = text.replaceAll(from, to);
  const [left] = /<[a-z][\w .-]*>/u.exec(text) ?? [];
  if (left !== undefined) throw new Error(`nobody says what ${left} is in\n${script}`);
  return text;
}

/** The script without the lines of a form, those that go on in the next included. */
export function withoutLines(script: string, form: RegExp): string {
  return script
    .split(/(?<!\\)\n/u)
    .filter((line) => !form.test(line))
    .join('\n');
}

/** The one block of a page that has this in it. */
export function blockWith(file: string, contained: string): Block {
  const blocks =
    readPages()
      .get(file)
      ?.blocks.filter(({ text }) => text.includes(contained)) ?? [];
  const [block] = blocks;
  if (block === undefined || blocks.length > 1)
    throw new Error(`${file} has ${blocks.length} blocks with ${contained}`);
  return block;
}
