// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `failover_*`: hand-overs as the fault proof measures them, from the last write of one controller to the first of
 * the next, after SIGKILL, after a graceful stop and in a rolling restart; and what they cost those who asked for an SVID
 * meanwhile.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantile, type Row } from './report.ts';

const IDENTITIES = 1000;
const FAULTS = ['kill', 'stop', 'rollingRestart'] as const;

/** The longest that 99 of 100 hand-overs may take, in ms. A rolling restart has to miss nothing, however long it takes. */
const MOST: Readonly<Record<string, number>> = {
  kill_default: 11_000,
  kill_fast: 5000,
  stop_default: 500,
  stop_fast: 500,
};

interface Report {
  readonly failovers: readonly { readonly lease: string; readonly kind: string; readonly took: number }[];
  readonly issuances: number;
  readonly requests: number;
  readonly twice: readonly string[];
  readonly late: readonly string[];
}

/** So many of each, half of them under the default Lease and half under the fast one. */
export async function benchFailover(kills: number, log: (line: string) => void): Promise<Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-failover-'));
  try {
    const file = path.join(directory, 'report.json');
    log(`failover: ${kills} kills, stops and rolling restarts with ${IDENTITIES} identities under renewal`);
    const child = spawn('vitest', ['run', '--project', 'faults'], {
      stdio: ['ignore', process.stderr, 'inherit'],
      env: {
        ...process.env,
        SIGNET_FAULTS: FAULTS.join(','),
        SIGNET_FAULTS_ROUNDS: String(FAULTS.length * kills),
        SIGNET_FAULTS_IDENTITIES: String(IDENTITIES),
        SIGNET_FAULTS_REPORT: file,
      },
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error('the fault proof did not hold, so its times mean nothing; why is told above');
    const report = JSON.parse(await readFile(file, 'utf8')) as Report;
    return [...timesOf(report), ...lossesOf(report)];
  } finally {
    await rm(directory, { recursive: true });
  }
}

function timesOf({ failovers }: Report): Row[] {
  const groups = Map.groupBy(failovers, ({ kind, lease }) => `${kind}_${lease}`);
  return [...groups].flatMap(([name, group]) => {
    const times = group.map(({ took }) => took);
    const row = (percent: number): Row => ({
      id: `failover_${name}_p${percent}`,
      value: quantile(times, percent / 100),
      unit: 'ms',
      note: `${times.length} hand-overs`,
    });
    const most = MOST[name];
    return [row(50), { ...row(99), ...(most === undefined ? {} : { limit: { most } }) }];
  });
}

/** Nothing is missed where this row exists at all: the proof waits for every renewal and every answer. */
function lossesOf({ issuances, late, requests, twice }: Report): Row[] {
  return [
    { id: 'failover_twice', value: twice.length, unit: 'answers', note: `a second one, to ${requests} requests` },
    { id: 'failover_late', value: late.length, unit: 'SVIDs', note: `stored after the hand-over, of ${issuances}` },
  ];
}
