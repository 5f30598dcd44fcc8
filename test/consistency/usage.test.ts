// SPDX-License-Identifier: Apache-2.0
/**
 * What a developer starts by hand says on `--help` what it does, what it needs and about how long it takes, and begins
 * nothing that it was not asked for.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryCommand } from '../../hack/controlplane/command.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
const COMMANDS = ['audit', 'bench', 'drill', 'generate', 'pictures', 'sbom', 'simulate'];
/** Of `npm run bench`, what it takes with figures beside the name. */
const BENCHES = /^ {2}(\w+) +\d+ {2}\S/gmu;

function run(name: string, ...args: readonly string[]) {
  const [, file = ''] = /^node (\S+)$/u.exec(scripts[name] ?? '') ?? [];
  return tryCommand(process.execPath, [path.join(ROOT, file), ...args]);
}

describe.each(COMMANDS)('npm run %s', (name) => {
  it('says what it does, what it needs and about how long it takes', async () => {
    const { code, stdout, stderr } = await run(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: npm run (?:--silent )?${name}\\b[^]*\\n\\n[^]*\\bNeeds\\b`, 'u'));
    expect(stdout).toMatch(/\b(?:takes?|about)\b[^.]*\b(?:seconds?|minutes?|hours)\b/iu);
  });

  it('does nothing on a word that it does not know', async () => {
    const { code, stdout, stderr } = await run(name, 'misspelled');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^unknown \w+ misspelled\n\nUsage: /u);
  });
});

it.each(['hack/demo/main.ts', 'hack/controlplane/main.ts'])(
  '%s says how it is used where an option is misspelled',
  async (file) => {
    const { code, stdout, stderr } = await tryCommand(process.execPath, [path.join(ROOT, file), '--stp']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Unknown option '--stp'.*\n\nUsage: /u);
  },
);

it('says of every benchmark how many minutes it takes', async () => {
  const { stdout } = await run('bench', '--help');
  const told = [...stdout.matchAll(BENCHES)].map(([, name]) => name);
  const source = readFileSync(path.join(ROOT, 'hack/bench/main.ts'), 'utf8');
  const known = [...source.matchAll(/^ {2}(\w+): \(\) =>/gmu)].map(([, name]) => name);
  expect(known.length).toBeGreaterThan(10);
  expect(told).toEqual(known);
});
