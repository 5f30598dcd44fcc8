// SPDX-License-Identifier: Apache-2.0
/**
 * The table of docs/benchmarks.md: every row of docs/benchmarks.json.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatTable, storedReport } from '../bench/report.ts';
import { withBlock } from './block.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = 'docs/benchmarks.md';

/** The page as it should be. */
export async function benchmarksPage(): Promise<{ readonly path: string; readonly text: string }> {
  const { machine, rows } = await storedReport();
  const page = await readFile(path.join(ROOT, FILE), 'utf8');
  return { path: FILE, text: withBlock(page, FILE, 'docs/benchmarks.json', `${machine}\n\n${formatTable(rows)}\n`) };
}
