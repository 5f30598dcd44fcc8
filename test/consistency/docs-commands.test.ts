// SPDX-License-Identifier: Apache-2.0
/**
 * What the pages tell a reader to type is a shell's, and names programs, npm scripts, files and flags that are there.
 * kubectl and Helm: docs-kubectl.test.ts and docs-helm.test.ts.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandResult, tryCommand } from '../../hack/controlplane/command.ts';
import { ROLES } from '../../src/config/flag.ts';
import { parseCommand } from '../../src/config/parse.ts';
import { VERSION } from '../../src/version.ts';
import config from '../../vitest.config.ts';
import { commandsOf, documented, type Script, scripts } from '../support/docs/commands.ts';
import { ROOT, readPages } from '../support/docs/pages.ts';
import { pipelinesOf, STAND_IN, type Words } from '../support/docs/shell.ts';

const PAGES = readPages();
const SCRIPTS = scripts(PAGES);
const TYPED = SCRIPTS.filter(({ kind }) => kind !== 'Sentence');
/** A watch that waits for whoever reads to end it. */
const ENDLESS = /\s(?:-w|--watch)\b|\blogs\b.*\s(?:-f|--follow)\b/u;

it('names no command in a sentence that never ends: all of them are typed', () => {
  const sentences = SCRIPTS.filter(({ kind }) => kind === 'Sentence');
  expect(sentences.filter(({ text }) => ENDLESS.test(text)).map(({ place }) => place)).toEqual([]);
});

const NPM = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;

/** Held against what is there, here and in the tests named above. */
const JUDGED = ['kubectl', 'helm', 'npm', 'npx', 'node', 'node_modules/.bin/node', 'signet'];
/** Nothing looks at their arguments: images and registries are the reader's, and so are the services they connect to. */
const UNJUDGED = ['docker', 'skopeo', 'psql', 'go', 'java', 'openssl'];

it('finds what there is to type', () => {
  expect(TYPED.length).toBeGreaterThan(60);
  expect(commandsOf(['kubectl']).length).toBeGreaterThan(150);
});

it.each(TYPED.map(({ place, text }) => [place, text]))('%s is a shell script', async (_, text) => {
  expect(await tryCommand('bash', ['-n'], { input: text })).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('says of every block with commands that it is one', () => {
  const silent = [...PAGES.values()].flatMap(({ file, blocks }) =>
    blocks
      .filter(
        ({ language, text }) =>
          language === '' && /^(?:\$ |(?:kubectl|helm|npm|node|docker|psql|openssl) )/mu.test(text),
      )
      .map(({ line }) => `${file}:${line}`),
  );
  expect(silent).toEqual([]);
});

it('names programs that somebody looks at, or that a shell finds', async () => {
  const programs = new Set(
    TYPED.flatMap(documented).flatMap(({ pipeline }) => pipeline.map(([program = '']) => program)),
  );
  const others = [...programs].filter((program) => !JUDGED.includes(program) && !UNJUDGED.includes(program));
  expect(others.length).toBeGreaterThan(5);
  for (const program of others) {
    const { code } = await tryCommand('sh', ['-c', `command -v "$0"`, program]);
    expect({ program, code }).toEqual({ program, code: 0 });
  }
});

/** The commands of a program, each once. */
function used(...programs: readonly string[]): readonly (readonly [text: string, words: Words, script: Script])[] {
  const all = commandsOf(programs, SCRIPTS).flatMap(({ script, pipeline }) =>
    pipeline
      .filter(([program = '']) => programs.includes(program))
      .map((words) => [words.join(' '), [words.join(' '), words, script]] as const),
  );
  return [...new Map(all).values()];
}

const helpTexts = new Map<string, Promise<CommandResult>>();

/** What a script of package.json says of itself. */
async function helpOf(file: string): Promise<string> {
  const said = helpTexts.get(file) ?? tryCommand(process.execPath, [path.join(ROOT, file), '--help']);
  helpTexts.set(file, said);
  return (await said).stdout;
}

describe.each(used('npm'))('%s', (_, words) => {
  const [, run = '', name = ''] = words;
  const script = run === 'run' ? name : run;

  it('is a script', () => expect(Object.keys(NPM)).toContain(script));

  it('asks it for what it knows', async () => {
    const asked = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
    const [, file = ''] = /^node (\S+)/u.exec(NPM[script] ?? '') ?? [];
    for (const word of asked.filter((one) => one !== STAND_IN)) {
      expect((await helpOf(file)).split(/[\s,[\]|]+/u)).toContain(word);
    }
  });
});

it.each(used('npx'))('%s', (_, [, ...words]) => {
  const projects = (config.test?.projects ?? []).map((one) => (one as { test: { name: string } }).test.name);
  expect(words).toEqual(['vitest', 'run', '--project', expect.toBeOneOf(projects)]);
});

it.each(used('signet'))('%s', (_, [, ...argv], { kind }) => {
  // A sentence names a role without what it needs.
  if (kind === 'Sentence' && argv.length === 1) expect([...ROLES, 'version']).toContain(argv[0]);
  else expectUnderstood(argv);
});

function expectUnderstood(argv: readonly string[]): void {
  const command = parseCommand({ argv, env: { POD_NAMESPACE: 'signet-system' }, readFile: () => undefined });
  expect(command).toMatchObject({ kind: argv.includes('--help') ? 'help' : argv[0] });
}

describe.each(used('node', 'node_modules/.bin/node'))('%s', (_, [, ...words]) => {
  const script = words.findIndex((word) => !word.startsWith('-'));
  const [file = '', ...argv] = words.slice(script);

  it('runs a file that is there, or that a build makes', async () => {
    const source = file.replace(/^dist\/(.*)\.js$/u, 'src/$1.ts');
    expect(existsSync(path.join(ROOT, source))).toBe(true);
    expect(await tryCommand(process.execPath, [...words.slice(0, script), '--version'])).toMatchObject({ code: 0 });
  });

  it('asks it for what it knows', () => {
    if (file === 'dist/main.js') return expectUnderstood(argv);
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    for (const flag of argv.filter((word) => word.startsWith('--'))) expect(text).toContain(flag.slice(2));
  });
});

it('names the version that this is', () => {
  const named = SCRIPTS.flatMap(({ place, text }) =>
    [...text.matchAll(/(?:signet[:-]|--version )(\d+\.\d+\.\d+)/gu)].map(([, version]) => [place, version]),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(([, version]) => version !== VERSION)).toEqual([]);
});

const READ: readonly (readonly [script: string, read: unknown])[] = [
  ['a b\\\n  c # d\n', [[['a', 'b', 'c']]]],
  [`a 'b "c' "d 'e" f\\ g`, [[['a', 'b "c', `d 'e`, 'f g']]]],
  ['A=1 a | b && (c; d) > e 2>&1', [[['a'], ['b']], [['c']], [['d']]]],
  ['a --b="$(c d)" $(e)', [[['c', 'd']], [['e']], [['a', '--b=1', '1']]]],
  ["a <<'E'\nb $(c)\nE\nd", [[['a']], [['d']]]],
];
it.each(READ)('%s', (script, read) => expect(pipelinesOf(script)).toEqual(read));
it.each([`a 'b`, 'a "b', 'a <<E\nb', 'a $(b'])('%s is no script', (script) => {
  expect(() => pipelinesOf(script)).toThrow();
});
