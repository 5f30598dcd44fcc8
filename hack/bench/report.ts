// SPDX-License-Identifier: Apache-2.0
/**
 * What a benchmark prints: rows with stable ids, what some of them have to keep to, the machine they were measured
 * on, and the file that keeps them.
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
  /** What it has to keep to; a bench that breaks one ends with an error, once its rows are recorded. */
  readonly limit?: Limit;
  readonly note?: string;
}

/** Of the value, or of its ratio; kept where that is the limit itself. */
export type Limit = (
  | { readonly most: number }
  | { readonly least: number }
  | { readonly leastRatio: number }
  | { readonly mostRatio: number }
) & {
  /** What to do where it is broken. */
  readonly remedy?: string;
};

export interface Report {
  readonly machine: string;
  readonly rows: readonly Row[];
}

const JSON_FILE = path.resolve(import.meta.dirname, '../../docs/benchmarks.json');

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

/** The least and the greatest of them. */
export function spread(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.id,
    figure(row.value),
    row.unit,
    row.limit === undefined ? '' : limitText(row.limit),
    ratioText(row),
    row.note ?? '',
  ]);
  const head = ['id', 'value', 'unit', 'limit', 'ratio', 'note'];
  const lines = [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`);
  return lines.join('\n');
}

/** A sentence for each row that does not keep to its limit. */
export function brokenLimits(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => {
    const { id, limit, note } = row;
    if (limit === undefined || keeps(row, limit)) return [];
    const [about, remedy] = [note && ` (${note})`, limit.remedy && `: ${limit.remedy}`];
    return [`${id} is ${limited(row, limit)}${about ?? ''}, and has to be ${limitText(limit)}${remedy ?? ''}`];
  });
}

/** What is no number keeps to nothing. */
function keeps({ value, ratio = Number.NaN }: Row, limit: Limit): boolean {
  if ('most' in limit) return value <= limit.most;
  if ('least' in limit) return value >= limit.least;
  return 'leastRatio' in limit ? ratio >= limit.leastRatio : ratio <= limit.mostRatio;
}

function limited({ value, unit, ratio = Number.NaN, ratioTo }: Row, limit: Limit): string {
  return 'leastRatio' in limit || 'mostRatio' in limit
    ? `${ratio.toFixed(3)} x ${ratioTo}`
    : `${Number(value.toFixed(2))} ${unit}`;
}

function limitText(limit: Limit): string {
  if ('most' in limit) return `<= ${limit.most}`;
  if ('least' in limit) return `>= ${limit.least}`;
  return 'leastRatio' in limit ? `>= ${limit.leastRatio} x` : `<= ${limit.mostRatio} x`;
}

/** Puts the rows into docs/benchmarks.json, in place of those with the same ids. */
export async function record(rows: readonly Row[]): Promise<void> {
  const before = await storedReport();
  const replaced = new Map(rows.map((row) => [row.id, row]));
  const kept = before.rows.filter((row) => !replaced.has(row.id));
  const report: Report = { machine: machineShape(), rows: [...kept, ...rows].sort((a, b) => (a.id < b.id ? -1 : 1)) };
  await writeFile(JSON_FILE, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** An empty one where nothing was recorded yet. */
export async function storedReport(): Promise<Report> {
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
