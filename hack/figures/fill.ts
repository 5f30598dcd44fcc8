// SPDX-License-Identifier: Apache-2.0
/**
 * Sentences with figures of the benchmarks in them: `{id}` is the value of a row with its unit, `{id ratio}` its ratio
 * in percent, `{id limit}` what it has to keep to and `{id note}` its note.
 * @module
 */
import { SECOND } from '../../src/time.ts';
import type { Limit, Row } from '../bench/report.ts';

export type Rows = ReadonlyMap<string, Row>;

const PLACE = /\{(\w+)(?: (ratio|limit|note))?\}/gu;

export function byID(rows: readonly Row[]): Rows {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Rows that a text asks for and that are not there. */
export function missingFrom(text: string, rows: Rows): string[] {
  return [...text.matchAll(PLACE)].map(([, id = '']) => id).filter((id) => !rows.has(id));
}

/** An Error where a row is missing, or has not what is asked for. */
export function filled(text: string, rows: Rows): string {
  return text.replaceAll(PLACE, (place, id: string, of?: string) => {
    const { value, unit, ratio, limit, note } = rowOf(rows, id);
    switch (of) {
      case undefined:
        return withUnit(value, unit);
      case 'ratio':
        return percent(ratio);
      case 'limit':
        if (limit !== undefined) return limitOf(limit, unit);
        break;
      default:
        if (note !== undefined) return note;
    }
    throw new Error(`docs/benchmarks.json does not say ${place}`);
  });
}

function limitOf(limit: Limit, unit: string): string {
  if ('leastRatio' in limit) return percent(limit.leastRatio);
  if ('mostRatio' in limit) return percent(limit.mostRatio);
  return withUnit('most' in limit ? limit.most : limit.least, unit);
}

function percent(ratio: number = Number.NaN): string {
  return `${rounded(ratio * 100)} %`;
}

export function rowOf(rows: Rows, id: string): Row {
  const row = rows.get(id);
  if (row === undefined) throw new Error(lacking([id]));
  return row;
}

export function lacking(ids: readonly string[]): string {
  return `docs/benchmarks.json lacks ${ids.join(', ')}: npm run bench -- --record measures them`;
}

function withUnit(value: number, unit: string): string {
  return unit === 'ms' && value >= SECOND ? `${rounded(value / SECOND)} s` : `${rounded(value)} ${unit}`;
}

/** A shared machine can vouch for no more than three digits. */
export function rounded(value: number): string {
  if (Number.isNaN(value)) throw new Error('a row of docs/benchmarks.json has no value, or no ratio');
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
