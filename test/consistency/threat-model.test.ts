// SPDX-License-Identifier: Apache-2.0
/** @module Every threat in docs/threat-model.md names tests that are there under these very titles, or says why there is none. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LINES = readFileSync(path.join(ROOT, 'docs/threat-model.md'), 'utf8').split('\n');

const THREAT = /^- \*\*(.+?)\*\*/u;
/** Below a threat: the file, the titles from the outer to the inner; or why nothing shows the defense. */
const SHOWN = /^ {2}- (?:`(?<file>test\/[^`]+\.test\.ts)`: (?<titles>.+)|none: (?<why>.+))$/u;

interface Threat {
  readonly name: string;
  readonly tests: { readonly file: string; readonly titles: readonly string[] }[];
  untested: boolean;
}

const threats: Threat[] = [];
const stray: string[] = [];
for (const line of LINES.filter((each) => /^\s*-\s/u.test(each))) {
  const [, name] = THREAT.exec(line) ?? [];
  const { file, titles, why } = SHOWN.exec(line)?.groups ?? {};
  const current = threats.at(-1);
  if (name !== undefined) threats.push({ name, tests: [], untested: false });
  else if (file !== undefined && titles !== undefined) current?.tests.push({ file, titles: titles.split(' › ') });
  else if (why !== undefined && current !== undefined) current.untested = true;
  else stray.push(line);
}

const known = new Map<string, ReadonlySet<string>>();

/** Texts that are the first of several arguments, as titles are. */
function titlesOf(file: string): ReadonlySet<string> {
  const titles = known.get(file) ?? new Set(read(file));
  known.set(file, titles);
  return titles;
}

function read(file: string): string[] {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const found = source.matchAll(/\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*,/gu);
  return [...found].map(([, , text = '']) => text.replaceAll(/\\(.)/gu, '$1'));
}

it('is a list of threats, each with tests or the word none below it, and nothing else', () => {
  expect(stray).toEqual([]);
  expect(threats.length).toBeGreaterThan(50);
  expect(new Set(threats.map(({ name }) => name)).size).toBe(threats.length);
  for (const { name, tests, untested } of threats) expect([name, tests.length > 0 || untested]).toEqual([name, true]);
});

describe.each(threats.filter(({ tests }) => tests.length > 0))('$name', ({ tests }) => {
  it.each(tests)('is shown by a test of $file', ({ file, titles }) => {
    expect([file, existsSync(path.join(ROOT, file))]).toEqual([file, true]);
    expect(titles.filter((title) => !titlesOf(file).has(title))).toEqual([]);
  });
});
