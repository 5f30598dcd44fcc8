// SPDX-License-Identifier: Apache-2.0
/**
 * Row `issue`: identities exist before the clock starts, the controller starts cold; beside it, in turns, the raw rate
 * of the same two writes with the same watches open.
 * @module
 */

import { getObject } from '../../src/kube/resource-calls.ts';
import { SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  createIdentities,
  createNamespace,
  deleteAll,
  onFreshClusters,
  ReadyWatch,
  startController,
} from './cluster.ts';
import { rawPairs, type Template } from './raw-pair.ts';
import { against, median, type Row } from './report.ts';
import { whileWatched } from './watched.ts';

const ROUNDS = 3;

/** One row with its raw companion for each size. */
export function benchIssue(sizes: readonly number[], log: (line: string) => void): Promise<Row[]> {
  return onFreshClusters(sizes, (cluster, size) => benchSize(cluster, size, log));
}

async function benchSize(cluster: BenchCluster, size: number, log: (line: string) => void): Promise<Row[]> {
  const template = await learnTemplate(cluster);
  const raw: number[] = [];
  const issued: number[] = [];
  const cold: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    log(`issue ${size}: round ${round} of ${ROUNDS}, raw writes`);
    raw.push(await rawRound(cluster, `raw-${size}-${round}`, size, template));
    log(`issue ${size}: round ${round} of ${ROUNDS}, controller (raw ${raw.at(-1)?.toFixed(0)}/s)`);
    const { fromLease, fromStart } = await controllerRound(cluster, `issue-${size}-${round}`, size);
    issued.push(fromLease);
    cold.push(fromStart);
  }
  const rawRow = { id: `issue_${size}_raw`, value: median(raw), unit: 'pairs/s' };
  const row = {
    id: `issue_${size}`,
    value: median(issued),
    unit: 'SVIDs/s',
    note: 'from the won Lease to the last Ready',
  };
  const coldRow = {
    id: `issue_${size}_cold`,
    value: median(cold),
    unit: 'SVIDs/s',
    note: 'from the start of the process',
  };
  return [rawRow, against(row, rawRow), against(coldRow, rawRow)];
}

/** Lets the controller issue one identity, and takes sizes and metadata of what it wrote for the raw loop. */
async function learnTemplate(cluster: BenchCluster): Promise<Template> {
  await createNamespace(cluster, 'template');
  const controller = await startController(cluster, 0);
  const ready = new ReadyWatch(cluster.transport, 'template');
  await ready.start();
  await createIdentities(cluster, 'template', 1);
  await ready.reach(1);
  await ready.stop();
  await controller.stop();
  const call = { namespace: 'template', name: 'identity-0-svid' };
  const secret = await getObject<{ data: Record<string, string>; metadata: { labels: object; annotations: object } }>(
    cluster.transport,
    SECRETS,
    call,
  );
  const { status } = await getObject<{ status: unknown }>(cluster.transport, SERVICE_IDENTITIES, {
    namespace: 'template',
    name: 'identity-0',
  });
  const { labels, annotations } = secret.metadata;
  return { data: secret.data, secretMetadata: { labels, annotations }, status };
}

async function rawRound(cluster: BenchCluster, namespace: string, size: number, template: Template): Promise<number> {
  await createNamespace(cluster, namespace);
  await createIdentities(cluster, namespace, size);
  const rate = await whileWatched(cluster, namespace, () => rawPairs(cluster, namespace, template));
  // What the loop wrote is not in order, and a controller would begin to mend it while it is timed.
  await deleteAll(cluster, SECRETS, namespace);
  await deleteAll(cluster, SERVICE_IDENTITIES, namespace);
  return rate;
}

async function controllerRound(
  cluster: BenchCluster,
  namespace: string,
  size: number,
): Promise<{ fromLease: number; fromStart: number }> {
  await createNamespace(cluster, namespace);
  await createIdentities(cluster, namespace, size);
  const ready = new ReadyWatch(cluster.transport, namespace);
  await ready.start();
  const controller = await startController(cluster, 0);
  const held = await controller.logged('Lease won, signing');
  const end = await ready.reach(size);
  await ready.stop();
  await controller.stop();
  return { fromLease: size / ((end - held) / 1000), fromStart: size / ((end - controller.startedAt) / 1000) };
}
