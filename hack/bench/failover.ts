// SPDX-License-Identifier: Apache-2.0
/**
 * Row `failover`: hand-overs as the fault proof measures them, from the last write of one controller to the first of the
 * next, after SIGKILL and after a graceful stop.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantile, type Row } from './report.ts';

const IDENTITIES = 1000;

interface Report {
  readonly failovers: readonly { readonly lease: string; readonly kind: string; readonly took: number }[];
}

/** So many kills and so many stops, half of each under the default Lease and half under the fast one. */
export async function benchFailover(kills: number, log: (line: string) => void): Promise<Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-failover-'));
  try {
    const file = path.join(directory, 'report.json');
    log(`failover: ${kills} kills and ${kills} stops with ${IDENTITIES} identities under renewal`);
    const child = spawn('vitest', ['run', '--project', 'faults'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        SIGNET_FAULTS: 'kill,stop',
        SIGNET_FAULTS_ROUNDS: String(2 * kills),
        SIGNET_FAULTS_IDENTITIES: String(IDENTITIES),
        SIGNET_FAULTS_REPORT: file,
      },
    });
    const [code] = await once(child, 'exit');
    const { failovers } = JSON.parse(await readFile(file, 'utf8')) as Report;
    if (code !== 0) log('failover: the proof did not hold; run it alone to see why');
    return rowsOf(failovers);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function rowsOf(failovers: Report['failovers']): Row[] {
  const groups = Map.groupBy(failovers, ({ kind, lease }) => `${kind}_${lease}`);
  return [...groups].flatMap(([name, group]) => {
    const times = group.map(({ took }) => took);
    return [50, 99].map((percent) => ({
      id: `failover_${name}_p${percent}`,
      value: quantile(times, percent / 100),
      unit: 'ms',
      note: `${times.length} hand-overs`,
    }));
  });
}
