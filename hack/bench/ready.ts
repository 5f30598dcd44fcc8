// SPDX-License-Identifier: Apache-2.0
/**
 * Row `ready`: from the create response of an identity to the watch event that says Ready, one at a time and at 30 % of
 * the write ceiling.
 * @module
 */
import { createObject } from '../../src/kube/resource-calls.ts';
import { SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  createIdentities,
  createNamespace,
  identity,
  ReadyWatch,
  startBenchCluster,
  startController,
} from './cluster.ts';
import { quantile, type Row } from './report.ts';

const NAMESPACE = 'ready';
const WARM_UP = 100;
const ONE_AT_A_TIME = 500;
const UNDER_LOAD = 1000;
/** 30 % of about 180 pairs a second. */
const LOAD_INTERVAL_MS = 1000 / 54;

export async function benchReady(log: (line: string) => void): Promise<Row[]> {
  const cluster = await startBenchCluster();
  try {
    await createNamespace(cluster, NAMESPACE);
    const controller = await startController(cluster, 0);
    await controller.logged('Lease won, signing');
    const ready = new ReadyWatch(cluster.transport, NAMESPACE);
    await ready.start();
    await createIdentities(cluster, NAMESPACE, WARM_UP);
    await ready.reach(WARM_UP);
    log('ready: one at a time');
    const single: number[] = [];
    for (let index = 0; index < ONE_AT_A_TIME; index += 1) single.push(await issueOne(cluster, ready, `one-${index}`));
    log('ready: under load');
    const loaded = await underLoad(cluster, ready);
    await ready.stop();
    await controller.stop();
    return [...rows('ready_one', single), ...rows('ready_load', loaded)];
  } finally {
    await cluster.stop();
  }
}

async function issueOne({ transport }: BenchCluster, ready: ReadyWatch, name: string): Promise<number> {
  const next = ready.count + 1;
  await createObject(transport, SERVICE_IDENTITIES, { namespace: NAMESPACE, body: identity(name), metadataOnly: true });
  const created = performance.now();
  return (await ready.reach(next)) - created;
}

async function underLoad({ transport }: BenchCluster, ready: ReadyWatch): Promise<number[]> {
  const before = ready.count;
  const created = new Map<string, number>();
  const calls: Promise<void>[] = [];
  const started = performance.now();
  for (let index = 0; index < UNDER_LOAD; index += 1) {
    const wait = started + index * LOAD_INTERVAL_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const name = `load-${index}`;
    const call = createObject(transport, SERVICE_IDENTITIES, {
      namespace: NAMESPACE,
      body: identity(name),
      metadataOnly: true,
    });
    calls.push(call.then(() => void created.set(name, performance.now())));
  }
  await Promise.all(calls);
  await ready.reach(before + UNDER_LOAD);
  return [...created].map(([name, at]) => (ready.readyAt(`${NAMESPACE}/${name}`) ?? Number.NaN) - at);
}

function rows(id: string, latencies: readonly number[]): Row[] {
  return [0.5, 0.99].map((q) => ({ id: `${id}_p${q * 100}`, value: quantile(latencies, q), unit: 'ms' }));
}
