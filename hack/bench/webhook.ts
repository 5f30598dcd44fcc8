// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `webhook_*` and `admission_*`: what a review costs by the number of policies and with CEL in each, beside an empty
 * handler of the same stack in turns with it, and what admission adds to creating an object on the real API server.
 * @module
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { createObject } from '../../src/kube/resource-calls.ts';
import { collectionPath, IDENTITY_POLICIES, TRUST_DOMAINS } from '../../src/kube/resources.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { Supervisor } from '../controlplane/process.ts';
import { type BenchCluster, createNamespace, startBenchCluster } from './cluster.ts';
import { against, median, type Row } from './report.ts';
import { benchCreation } from './webhook-creation.ts';
import type { LoadOrder, LoadResult, LoadRound } from './webhook-load.ts';
import { ASKED, keptPolicy } from './webhook-review.ts';
import { type BenchInProgress, installWebhook, startEmptyHandler, startWebhook } from './webhook-servers.ts';

const run = promisify(execFile);
const LOAD_CORE = '1';
const LOAD = path.join(import.meta.dirname, 'webhook-load.ts');
const CREATORS = 16;
const FIGURES = [
  ['p50', 'ms'],
  ['p99', 'ms'],
  ['cpu', 'us'],
  ['rate', '1/s'],
] as const;
const API_VERSION = 'signet.dev/v1alpha1';

/** What of a LoadOrder is the same everywhere. */
export type LoadPlan = Omit<LoadOrder, 'targets' | 'authorityFile'>;

export interface WebhookBench {
  /** Numbers of policies. */
  readonly sizes: readonly number[];
  readonly load: LoadPlan;
  /** Objects created of each kind, with and without admission. */
  readonly created: number;
}

export const WHOLE: WebhookBench = {
  sizes: [1, 50, 1000],
  load: { rate: 500, rounds: 5, warmUp: 10_000, measured: 10_000, flatOut: 3_000 },
  created: 600,
};
/** To see that everything works. */
export const QUICK: WebhookBench = {
  sizes: [50],
  load: { rate: 500, rounds: 2, warmUp: 2_000, measured: 2_000, flatOut: 1_000 },
  created: 50,
};

export async function benchWebhook(
  { sizes, load, created }: WebhookBench,
  log: (line: string) => void,
): Promise<Row[]> {
  const cluster = await startBenchCluster();
  const supervisor = Supervisor.create();
  try {
    const parts = await installWebhook(cluster);
    await prepare(cluster);
    const bench = { cluster, supervisor, parts };
    const rows: Row[] = [];
    for (const withExpressions of [false, true]) {
      for (const size of sizes) {
        const id = `webhook_${size}${withExpressions ? '_cel' : ''}`;
        log(`${id}: loading policies`);
        await setPolicies(cluster, size, withExpressions);
        rows.push(...(await benchReviews(bench, id, load, log)));
      }
    }
    log('admission: 50 policies, creating identities and pods');
    await setPolicies(cluster, 50, false);
    return [...rows, ...(await benchCreation(bench, created))];
  } finally {
    await supervisor.close();
    await cluster.stop();
  }
}

/** A TrustDomain and namespaces in which identities are admitted; nobody issues any. */
async function prepare(cluster: BenchCluster): Promise<void> {
  const body = {
    apiVersion: API_VERSION,
    kind: 'TrustDomain',
    metadata: { name: 'default' },
    spec: { trustDomain: 'example.org', allowedNamespaces: {} },
  };
  await createObject(cluster.transport, TRUST_DOMAINS, { body });
  await createNamespace(cluster, ASKED);
}

async function setPolicies(cluster: BenchCluster, count: number, withExpressions: boolean): Promise<void> {
  // Otherwise kubectl deletes them one by one.
  await kubectl(cluster.plane.kubectl, ['delete', '--raw', collectionPath(IDENTITY_POLICIES)]);
  let next = 0;
  const creator = async (): Promise<void> => {
    while (next < count) {
      const body = keptPolicy(next, withExpressions);
      next += 1;
      await createObject(cluster.transport, IDENTITY_POLICIES, { body, metadataOnly: true });
    }
  };
  await Promise.all(Array.from({ length: CREATORS }, creator));
}

async function benchReviews(
  { cluster, supervisor, parts }: BenchInProgress,
  id: string,
  plan: LoadPlan,
  log: (line: string) => void,
): Promise<Row[]> {
  const empty = await startEmptyHandler(cluster, supervisor, parts);
  const webhook = await startWebhook(cluster, supervisor);
  try {
    log(`${id}: ${plan.rounds} rounds beside an empty handler`);
    const targets = { [`${id}_empty`]: empty, [id]: webhook };
    const result = await loaded({ ...plan, targets, authorityFile: parts.authorityFile });
    const [base, judged] = [summary(result[`${id}_empty`]), summary(result[id])];
    const rows = FIGURES.flatMap(([figure, unit]) => {
      const baseRow: Row = { id: `${id}_empty_${figure}`, value: base[figure], unit };
      const note = unit !== 'ms' || judged.offered === plan.rate ? {} : { note: `at ${judged.offered} reviews/s` };
      return [baseRow, against({ id: `${id}_${figure}`, value: judged[figure], unit, ...note }, baseRow)];
    });
    log(`${id}: p50 ${judged.p50.toFixed(2)} ms, p99 ${judged.p99.toFixed(2)} ms (empty ${base.p99.toFixed(2)} ms)`);
    return rows;
  } finally {
    await Promise.all([empty.stop(), webhook.stop()]);
  }
}

async function loaded(order: LoadOrder): Promise<LoadResult> {
  // Large answers come as one line.
  const options = { maxBuffer: 2 ** 24 };
  const args = ['--cpu-list', LOAD_CORE, process.execPath, LOAD, JSON.stringify(order)];
  const { stdout } = await run('taskset', args, options);
  return JSON.parse(stdout) as LoadResult;
}

function summary(rounds: readonly LoadRound[] = []): LoadRound {
  const of = (figure: keyof LoadRound): number => median(rounds.map((round) => round[figure]));
  return { offered: of('offered'), p50: of('p50'), p99: of('p99'), cpu: of('cpu'), rate: of('rate') };
}
