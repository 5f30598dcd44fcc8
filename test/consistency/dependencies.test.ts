// SPDX-License-Identifier: Apache-2.0
/**
 * docs/dependencies.md names each package of package.json once and no other, with its licence and when it is loaded; what
 * comes along with them has licences and manners that were agreed to.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { KNOWN_FILE, knownAdvisories } from '../../hack/audit-report.ts';
import { storedReport } from '../../hack/bench/report.ts';
import { inProduction, type Locked, wholeFigures } from '../../hack/figures/dependencies.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = read('docs/dependencies.md');
const MANIFEST = JSON.parse(read('package.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>;
const LOCKED = (JSON.parse(read('package-lock.json')) as { packages: Locked }).packages;

/** Nobody who ships the image has to do more than name them. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT', 'PSF-2.0', 'Unlicense'];

function isAgreed(expression: string): boolean {
  const choices = expression.replaceAll(/[()]/gu, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((licence) => LICENCES.includes(licence)));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** Cells of the tables below a heading, by the name in the first. */
function rowsBelow(heading: string): Readonly<Record<string, readonly string[]>> {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)` \| (.+) \|$/gmu);
  return Object.fromEntries([...lines].map(([, name = '', cells = '']) => [name, cells.split(' | ')]));
}

const IN_IMAGE = rowsBelow('In the image');

describe.each([
  ['In the image', 'dependencies'],
  ['Node.js', 'optionalDependencies'],
  ['In development only', 'devDependencies'],
])('%s', (heading, field) => {
  const rows = rowsBelow(heading);
  const names = Object.keys(MANIFEST[field] ?? {});

  it('has the packages of package.json and no other', () => {
    expect(names.length).toBeGreaterThan(3);
    const told = [...PAGE.matchAll(/^\| `([^`]+)` \|/gmu)].map(([, name = '']) => name);
    expect(names.filter((name) => told.filter((other) => other === name).length !== 1)).toEqual([]);
    expect(Object.keys(rows).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)('%s: a reason, its licence, and who keeps it up', (name) => {
    const [why = '', licence, upkeep = ''] = rows[name] ?? [];
    expect(why).not.toBe('');
    expect(licence).toBe(LOCKED[`node_modules/${name}`]?.license);
    expect(upkeep.trim()).not.toBe('');
  });
});

const IMPORTS = /^import (?!type\b)(?:[^;']*\bfrom )?'([^']+)'|^export [^;']*\bfrom '([^']+)'/gmu;

/** Packages that a file brings in by itself, with all that it imports. */
function loadedBy(entry: string): string[] {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const [, imported, exported] of read(file).matchAll(IMPORTS)) {
      const target = imported ?? exported ?? '';
      if (target.startsWith('.')) files.add(path.posix.join(path.posix.dirname(file), target));
      else if (!target.startsWith('node:')) packages.add(target.split('/', target.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return [...packages].toSorted();
}

function dependenciesOf(name: string): string[] {
  return Object.keys((LOCKED[`node_modules/${name}`] as { dependencies?: object } | undefined)?.dependencies ?? {});
}

describe.each([
  ['controller', 3],
  ['webhook', 4],
])('the %s', (role, column) => {
  it('loads always what the page says, and what that brings', () => {
    const told = Object.entries(IN_IMAGE).flatMap(([name, cells]) => (cells[column] === 'always' ? [name] : []));
    const imported = loadedBy(`src/app/${role}-process.ts`);
    const brought = told.filter((name) => !imported.includes(name));
    expect(told.filter((name) => imported.includes(name))).toEqual(imported);
    expect(brought.filter((name) => !imported.some((other) => dependenciesOf(other).includes(name)))).toEqual([]);
  });
});

describe('packages of a production install', () => {
  const packages = inProduction(LOCKED);

  it('have no install script', () => {
    expect(packages.filter(({ hasInstallScript }) => hasInstallScript === true)).toEqual([]);
  });

  it('have licences that were agreed to, or leave the choice of one', () => {
    expect(packages.filter(({ license = 'none' }) => !isAgreed(license))).toEqual([]);
    expect(['GPL-2.0', 'none', '(MIT AND GPL-2.0)'].filter(isAgreed)).toEqual([]);
  });

  it('are counted as npm locks them', async () => {
    const more: Locked = { ...LOCKED, 'node_modules/more': { license: 'ISC' }, 'node_modules/dev': { dev: true } };
    const [before, after] = [LOCKED, more].map((locked) => inProduction(locked).length);
    expect(after).toBe((before ?? 0) + 1);
    expect(wholeFigures(more, await storedReport())).toContain(`and so in the image | ${after} |`);
  });
});

it('argues for weaknesses in a form that an audit can read', () => {
  expect(() => knownAdvisories(read(KNOWN_FILE))).not.toThrow();
});
