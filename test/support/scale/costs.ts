// SPDX-License-Identifier: Apache-2.0
/**
 * What calls cost, taken from recorded benchmarks: of the same writes without a controller, and of the controller's CPU.
 * No rate that a controller reached is among them, for those are what the simulation has to foretell.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../../../hack/bench/report.ts';
import { type Duration, SECOND } from '../../../src/time.ts';

const FILE = path.resolve(import.meta.dirname, '../../../docs/benchmarks.json');

/** Rows that costs come from; nothing else is read. */
export const INPUTS = {
  create: 'issue_2000_raw',
  replace: 'reissue_2000_raw',
  signing: 'instrument_on_cpu',
  signingAndPatching: 'scale_10000_cpu',
  alone: 'ready_one_p50',
} as const;

export function measuredReport(): Report {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Report;
}

/** What a write takes of whoever has to do with it. */
export interface Costs {
  /** Secret and status of a first issuance: for so long API server and etcd are busy. */
  readonly create: Duration;
  /** Secret and status of a renewal. */
  readonly replace: Duration;
  /** Secret and status when anchors change. */
  readonly patch: Duration;
  /** The signer's CPU for an issuance; it does one thing after the other. */
  readonly signing: Duration;
  /** The signer's CPU when anchors change. */
  readonly patching: Duration;
  /** How much of its CPU the signer takes from the API server: nothing where they have machines of their own. */
  readonly shared: number;
  /** From a write until its answer, when nobody else writes. */
  readonly latency: Duration;
}

/** The share of a pair of writes that the Secret is; the status is the rest (POST Secret 605/s, pair 206/s). */
export const SECRET_SHARE = 0.4;
/** Merge PATCH against PUT: 400/s against 500/s. */
const PATCH_FACTOR = 1.25;

/** The machine of the benchmarks, whose cores all share. */
export function measuredCosts({ machine, rows }: Report = measuredReport()): Costs {
  const pair = (id: string): Duration => SECOND / valueOf(rows, id);
  const cores = Number(/^(\d+) cores/u.exec(machine)?.[1]);
  if (!(cores > 0)) throw new Error(`docs/benchmarks.json does not say how many cores its machine has: ${machine}`);
  const create = pair(INPUTS.create);
  const replace = pair(INPUTS.replace);
  const signing = valueOf(rows, INPUTS.signing);
  // A compromise is an issuance and, afterwards, other anchors for each; seconds for a thousand are milliseconds for one.
  const patching = valueOf(rows, INPUTS.signingAndPatching) - signing;
  const shared = 1 / cores;
  const alone = valueOf(rows, INPUTS.alone);
  const latency = Math.max(0, alone - create - signing) / 2;
  return { create, replace, patch: replace * PATCH_FACTOR, signing, patching, shared, latency };
}

/** From one issuance to the next where nothing else is done: the API server is the limit, or the signer. */
export function issuanceTakes(costs: Costs, write: 'create' | 'replace'): Duration {
  return Math.max(costs[write] + costs.signing * costs.shared, costs.signing);
}

export function valueOf(rows: Report['rows'], id: string): number {
  const row = rows.find((each) => each.id === id);
  if (row === undefined) throw new Error(`docs/benchmarks.json has no row ${id}`);
  return row.value;
}
