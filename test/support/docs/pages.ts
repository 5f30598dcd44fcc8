// SPDX-License-Identifier: Apache-2.0
/**
 * The pages of this repository as GitHub reads them: headings with their anchors, links, code between backticks, and
 * fenced blocks with the line that each begins on.
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT: string = path.resolve(import.meta.dirname, '../../..');

/** A fenced block, without the indentation of its fence. */
export interface Block {
  /** What stands behind the fence; empty: nothing. */
  readonly language: string;
  readonly text: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
}

export interface Page {
  /** Relative to the repository. */
  readonly file: string;
  readonly blocks: readonly Block[];
  /** What `#` in a link to this page may name. */
  readonly anchors: ReadonlySet<string>;
  /** As written, in the order of the page: of links, pictures, references and HTML. */
  readonly links: readonly string[];
  /** What stands between backticks outside of fenced blocks. */
  readonly code: readonly string[];
}

const PAGES = ['*.md', 'docs/**/*.md', 'charts/**/*.md', 'examples/**/*.md', 'hack/**/*.md', '.github/**/*.md'];
const FENCE = /^( *)(`{3,}|~{3,})(.*)$/u;
const LINK =
  /\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)|^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$|\b(?:href|src)="([^"]+)"/gmu;

/** Every page of the repository, by its path. */
export function readPages(): ReadonlyMap<string, Page> {
  const files = globSync(PAGES, { cwd: ROOT, exclude: ['**/node_modules/**'] }).toSorted();
  return new Map(files.map((file) => [file, parsePage(file, readFileSync(path.join(ROOT, file), 'utf8'))]));
}

export function parsePage(file: string, text: string): Page {
  const { blocks, prose } = split(text);
  // A link in code is text, and code in a link's text is no code of the page's.
  const plain = prose.replaceAll(/(`+)(?!`)([^]*?[^`])\1(?!`)/gu, '');
  return {
    file,
    blocks,
    anchors: new Set([
      ...anchorsOf(prose),
      ...[...plain.matchAll(/<a (?:id|name)="([^"]+)"/gu)].map(([, id = '']) => id),
    ]),
    links: [...plain.matchAll(LINK)].map(([, link, reference, html]) => link ?? reference ?? html ?? ''),
    code: [...prose.matchAll(/`([^`\n]+)`/gu)].map(([, code = '']) => code),
  };
}

/** The documents of the fenced YAML of a page; an Error where one cannot be read. */
export function documentsOf({ file, blocks }: Page): unknown[] {
  return blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text, line }) =>
      parseAllDocuments(text).map((document) => {
        if (document.errors.length > 0) throw new Error(`${file}:${line}: ${document.errors.join(', ')}`);
        return document.toJS() as unknown;
      }),
    );
}

/** Fenced blocks, and the page with an empty line for each line of theirs. */
function split(text: string): { readonly blocks: Block[]; readonly prose: string } {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { indent: number; fence: string; language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (open !== undefined && fence.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ language: open.language, line: open.line, text: open.lines.map((one) => `${one}\n`).join('') });
      open = undefined;
      prose.push('');
    } else if (open !== undefined) {
      open.lines.push(line.replace(new RegExp(`^ {0,${open.indent}}`, 'u'), ''));
      prose.push('');
    } else if (fence !== '') {
      open = { indent: indent.length, fence, language: info.trim(), line: index + 2, lines: [] };
      prose.push('');
    } else prose.push(line);
  }
  if (open !== undefined) throw new Error(`the fence before line ${open.line} is never closed`);
  return { blocks, prose: prose.join('\n') };
}

/** A heading that another one has used up is counted: `fix`, `fix-1`, `fix-2`. */
function anchorsOf(prose: string): string[] {
  const used = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} +(.*?)(?: +#+)? *$/gmu)].map(([, heading = '']) => {
    const anchor = anchorOf(heading);
    const before = used.get(anchor) ?? 0;
    used.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** GitHub's anchor of a heading: what is read, in small letters, without punctuation, with hyphens for spaces. */
export function anchorOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replaceAll(/<[^>`]+>/gu, '')
    .replaceAll(/[`*]/gu, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
