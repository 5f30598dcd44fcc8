// SPDX-License-Identifier: Apache-2.0
/**
 * What a benchmark prints: rows with stable ids, the machine they were measured on, and the two files that keep them.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import path from 'node:path';

export interface Row {
  /** Stable: docs and later runs refer to it. */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** `value` over the value of the row named by `ratioTo`, measured side by side in the same run. */
  readonly ratio?: number;
  readonly ratioTo?: string;
  readonly note?: string;
}

export interface Report {
  readonly machine: string;
  readonly rows: readonly Row[];
}

const DOCS = path.resolve(import.meta.dirname, '../../docs');
const JSON_FILE = path.join(DOCS, 'benchmarks.json');
const PAGE = path.join(DOCS, 'benchmarks.md');

export function machineShape(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/** A row with the ratio to another one. */
export function against(row: Row, other: Row): Row {
  return { ...row, ratio: row.value / other.value, ratioTo: other.id };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.id, figure(row.value), row.unit, ratioText(row), row.note ?? '']);
  const head = ['id', 'value', 'unit', 'ratio', 'note'];
  const lines = [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`);
  return lines.join('\n');
}

/** Puts the rows into docs/benchmarks.json and docs/benchmarks.md, in place of those with the same ids. */
export async function record(rows: readonly Row[]): Promise<void> {
  const before = await stored();
  const replaced = new Map(rows.map((row) => [row.id, row]));
  const kept = before.rows.filter((row) => !replaced.has(row.id));
  const report: Report = { machine: machineShape(), rows: [...kept, ...rows].sort((a, b) => (a.id < b.id ? -1 : 1)) };
  await writeFile(JSON_FILE, `${JSON.stringify(report, undefined, 2)}\n`);
  const page = await readFile(PAGE, 'utf8').catch(() => `${BEGIN}\n${END}\n`);
  const [above = ''] = page.split(BEGIN);
  const [, below = ''] = page.split(END);
  await writeFile(PAGE, `${above}${BEGIN}\n${report.machine}\n\n${formatTable(report.rows)}\n${END}${below}`);
}

const BEGIN = '<!-- begin: printed by npm run bench -->';
const END = '<!-- end: printed by npm run bench -->';

async function stored(): Promise<Report> {
  try {
    return JSON.parse(await readFile(JSON_FILE, 'utf8')) as Report;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { machine: '', rows: [] };
    throw error;
  }
}

function ratioText({ ratio, ratioTo }: Row): string {
  return ratio === undefined ? '' : `${ratio.toFixed(2)} x ${ratioTo}`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
