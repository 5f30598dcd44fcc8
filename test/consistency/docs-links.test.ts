// SPDX-License-Identifier: Apache-2.0
/**
 * No page leads nowhere: files, folders and headings that pages link to are there, and so are the runbooks of the
 * chart's alerts, the pages that programs and manifests name, and the files that pages name in passing.
 * @module
 */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { anchorOf, type Page, parsePage, ROOT, readPages } from '../support/docs/pages.ts';

const PAGES = readPages();
const FOLDERS = 'src|test|hack|docs|charts|examples|crds|\\.github|\\.ci';

/** What is wrong with a link of a page; undefined: nothing. */
function problemOf({ file, anchors }: Page, link: string): string | undefined {
  if (/^(?:https?|mailto):/u.test(link)) return undefined;
  const [, target = '', anchor] = /^([^#]*)(?:#(.*))?$/u.exec(decodeURI(link)) ?? [];
  if (target === '') return anchors.has(anchor ?? '') ? undefined : `${link}: no such heading on this page`;
  const to = path.normalize(path.join(path.dirname(file), target));
  if (to.startsWith('..') || path.isAbsolute(target)) return `${link}: outside of the repository`;
  if (!existsSync(path.join(ROOT, to))) return `${link}: no such file`;
  if (target.endsWith('/') !== statSync(path.join(ROOT, to)).isDirectory()) return `${link}: folders end with a slash`;
  return anchor === undefined || PAGES.get(to)?.anchors.has(anchor) === true ? undefined : `${link}: no such heading`;
}

it('reads the pages that there are', () => {
  for (const file of ['README.md', 'docs/rotation.md', 'docs/runbooks/down.md', 'examples/redis/README.md']) {
    expect(PAGES.get(file)?.anchors.size, file).toBeGreaterThan(0);
  }
});

describe.each([...PAGES.values()])('$file', (page) => {
  it('links to what is there', () => {
    expect(page.links.map((link) => problemOf(page, link)).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('names files that are there', () => {
    const named = page.code.filter((code) => new RegExp(`^(?:${FOLDERS})/[\\w./-]*$`, 'u').test(code));
    expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});

it('says where the address of every alert leads', () => {
  const { prometheusRule } = parse(read('charts/signet/values.yaml')) as { prometheusRule: { runbookURL: string } };
  const [, folder = ''] =
    /^https:\/\/github\.com\/[\w-]+\/[\w-]+\/blob\/main\/(.+)$/u.exec(prometheusRule.runbookURL) ?? [];
  const addresses = read('charts/signet/files/rules.yaml').match(/(?<=runbook_url: )\S+/gu) ?? [];
  expect(addresses.length).toBeGreaterThan(30);
  const files = addresses.map((address) => address.replace('RUNBOOK_URL', folder));
  expect(files.filter((file) => !PAGES.has(file))).toEqual([]);
});

it('has a way from README to every page', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) for (const page of ledTo(file)) reached.add(page);
  expect([...PAGES.keys()].filter((page) => !reached.has(page))).toEqual([]);
});

/** The pages that a page leads to. A link to a folder shows what is in it; one to a heading leads nowhere else. */
function ledTo(file: string): string[] {
  const links = (PAGES.get(file)?.links ?? []).filter((link) => !link.startsWith('#'));
  const targets = new Set(
    links.map((link) => path.normalize(path.join(path.dirname(file), link.replace(/#.*$/u, '')))),
  );
  return [...PAGES.keys()].filter((page) => targets.has(page) || targets.has(`${path.dirname(page)}/`));
}

it('has every decision that is named by its number', () => {
  const numbers = new Set([...PAGES.keys()].map((page) => /^docs\/adr\/(\d+)/u.exec(page)?.[1]));
  const texts = [...globSync('{src,hack,test}/**/*.ts', { cwd: ROOT }), ...PAGES.keys()].map(read);
  const named = texts.flatMap((text) => [...text.matchAll(/\bADR (\d{4})\b/gu)].map(([, number]) => number));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((number) => !numbers.has(number))).toEqual([]);
});

it('has every page that programs, manifests and tests name', () => {
  const files = globSync('{src,hack,charts,crds,test,examples,.github,.ci}/**/*', { cwd: ROOT }).filter(isText);
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap((file) => missingIn(read(file)).map((name) => `${file}: ${name}`))).toEqual([]);
});

/** Pages and headings of docs/ that a text names and that are not there. */
function missingIn(text: string): string[] {
  const named = [...text.matchAll(/(?<![\w./-])(docs\/[\w./-]+\.md)(?:#([\w-]+))?/gu)];
  return named.flatMap(([name, page = '', anchor]) => {
    const found = PAGES.get(page);
    return found === undefined || (anchor !== undefined && !found.anchors.has(anchor)) ? [name] : [];
  });
}

function isText(file: string): boolean {
  return /\.(?:ts|mjs|go|java|ya?ml|json|txt|tpl|sh|conf|cfg)$|\/run$/u.test(file) && !file.includes('node_modules/');
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

// By the rules of GitHub, as its own renderer applies them.
it.each([
  ['Is it working?', 'is-it-working'],
  ["What admission can't see", 'what-admission-cant-see'],
  ['`spec.reload` and *more*', 'specreload-and-more'],
  ['PKCS#12', 'pkcs12'],
  ['Roll back, [back up](upgrade.md)', 'roll-back-back-up'],
  ['a_b - c', 'a_b---c'],
  ['Größe', 'größe'],
])('the anchor of %s is %s', (heading, anchor) => expect(anchorOf(heading)).toBe(anchor));

it('counts headings that come again, and takes no heading or link from code', () => {
  const { anchors, links, blocks } = parsePage(
    'a.md',
    '# A\n## Fix\n1. x\n   ```sh\n   # No\n   b\n   ```\n## Fix\n`[c](d)` [e](f "g") ![h](i)\n\n[j]: k\n',
  );
  expect([...anchors]).toEqual(['a', 'fix', 'fix-1']);
  expect(links).toEqual(['f', 'i', 'k']);
  expect(blocks).toEqual([{ language: 'sh', text: '# No\nb\n', line: 5 }]);
});
