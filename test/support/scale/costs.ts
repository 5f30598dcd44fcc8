// SPDX-License-Identifier: Apache-2.0
/**
 * What calls cost, taken from the recorded benchmarks: never from the run that is to be predicted.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Duration, SECOND } from '../../../src/time.ts';

const FILE = path.resolve(import.meta.dirname, '../../../docs/benchmarks.json');

/** Recorded rows by id. */
export function measuredRows(): ReadonlyMap<string, number> {
  const { rows } = JSON.parse(readFileSync(FILE, 'utf8')) as { rows: readonly { id: string; value: number }[] };
  return new Map(rows.map(({ id, value }) => [id, value]));
}

/** Times for which the API server, with its etcd, is busy. */
export interface Costs {
  /** Secret and status of a first issuance. */
  readonly create: Duration;
  /** Secret and status of a renewal. */
  readonly replace: Duration;
  /** Secret and status when anchors change. */
  readonly patch: Duration;
  /** What our own process takes of the same two cores for each issuance. */
  readonly own: Duration;
  /** From a write until its answer, when nobody else writes. */
  readonly latency: Duration;
}

/** The share of a pair of writes that the Secret is; the status is the rest (POST Secret 605/s, pair 206/s). */
export const SECRET_SHARE = 0.4;
/** Merge PATCH against PUT: 400/s against 500/s. */
const PATCH_FACTOR = 1.25;

/** The machine of the benchmarks; our own share comes from a smaller run than those that are predicted. */
export function measuredCosts(rows: ReadonlyMap<string, number> = measuredRows()): Costs {
  const pair = (id: string): Duration => SECOND / valueOf(rows, id);
  const create = pair('issue_10000_raw');
  const replace = pair('reissue_2000_raw');
  const own = pair('issue_2000') - pair('issue_2000_raw');
  const alone = valueOf(rows, 'ready_one_p50');
  return { create, replace, patch: replace * PATCH_FACTOR, own, latency: Math.max(0, alone - create - own) / 2 };
}

export function valueOf(rows: ReadonlyMap<string, number>, id: string): number {
  const value = rows.get(id);
  if (value === undefined) throw new Error(`docs/benchmarks.json has no row ${id}`);
  return value;
}
