// SPDX-License-Identifier: Apache-2.0
/**
 * Row `scale`: one controller with more and more identities: rates, memory, CPU, what etcd holds; and whether a second
 * signing process would add anything.
 * @module
 */
import { request } from 'node:http';
import path from 'node:path';
import { freePort } from '../controlplane/ports.ts';
import {
  type BenchCluster,
  createIdentities,
  createNamespace,
  onFreshClusters,
  ReadyWatch,
  startController,
} from './cluster.ts';
import { cpuSeconds, highestMiB, memoryLimit, pause, residentMiB } from './process-readings.ts';
import { replaceAll } from './reissue.ts';
import type { Row } from './report.ts';
import { compareSigners } from './signers.ts';

const NAMESPACE = 'scale';
/** Nothing but the caches, once the memory of the start was given back. */
const REST_MS = 15_000;
const KIB = 1024;

/** Rows for each size, then the slope from the smallest to the largest, then one signer and two. */
export async function benchScale(sizes: readonly number[], log: (line: string) => void): Promise<Row[]> {
  const measured: Measured[] = [];
  const rows = await onFreshClusters(sizes, async (cluster, size) => {
    const one = await measure(cluster, size, log);
    measured.push(one);
    const sizeRows = rowsOf(one);
    // An hour of measurements must not be lost because of what comes after them.
    for (const { id, value, unit } of sizeRows) log(`${id}: ${value.toFixed(2)} ${unit}`);
    return sizeRows;
  });
  const signers = await onFreshClusters([Math.min(10_000, ...sizes.slice(-1))], (cluster, size) =>
    compareSigners(cluster, size, log),
  );
  return [...rows, ...slopes(measured), ...signers];
}

interface Measured {
  readonly size: number;
  readonly issued: number;
  readonly replaced: number;
  readonly restMiB: number;
  readonly highestMiB: number;
  /** For 1,000 SVIDs replaced, until no Secret holds the old root. */
  readonly cpuSeconds: number;
  readonly storedBytes: number;
}

async function measure(cluster: BenchCluster, size: number, log: (line: string) => void): Promise<Measured> {
  await createNamespace(cluster, NAMESPACE);
  log(`scale ${size}: creating`);
  await createIdentities(cluster, NAMESPACE, size);
  const before = await bytesInUse(cluster);
  log(`scale ${size}: issuing`);
  const issued = size / (await issueAll(cluster, size));
  // Without what was only requested and not stored yet.
  const storedBytes = (await bytesInUse(cluster)) - before;
  const controller = await startController(cluster, await freePort());
  await controller.logged('Lease won, signing');
  await pause(REST_MS);
  const restMiB = await residentMiB(controller);
  log(`scale ${size}: replacing (${restMiB.toFixed(0)} MiB at rest)`);
  const cpu = await cpuSeconds(controller);
  const compromise = replaceAll(cluster, { namespace: NAMESPACE, size, id: 'scale' });
  const highest = await highestMiB(controller, compromise);
  const { replaced } = await compromise;
  const used = (await cpuSeconds(controller)) - cpu;
  await controller.stop();
  return {
    size,
    issued,
    replaced: size / replaced,
    restMiB,
    highestMiB: highest,
    cpuSeconds: (used / size) * 1000,
    storedBytes,
  };
}

function rowsOf({
  size,
  issued,
  replaced,
  restMiB,
  highestMiB: highest,
  cpuSeconds: cpu,
  storedBytes,
}: Measured): Row[] {
  return [
    { id: `scale_${size}_issue`, value: issued, unit: 'SVIDs/s', note: 'from the won Lease to the last Ready' },
    { id: `scale_${size}_reissue`, value: replaced, unit: 'SVIDs/s', note: 'a compromise, to the last new SVID' },
    {
      id: `scale_${size}_rss`,
      value: restMiB,
      unit: 'MiB',
      ...memoryLimit(size),
      note: 'at rest, 15 s after the start',
    },
    // No limit: what was promised is for rest and for a thousand renewals.
    { id: `scale_${size}_rss_highest`, value: highest, unit: 'MiB', note: 'while every SVID is replaced' },
    {
      id: `scale_${size}_cpu`,
      value: cpu,
      unit: 's/1000 SVIDs',
      note: 'a compromise: each replaced, and its anchors changed once more',
    },
    { id: `scale_${size}_etcd`, value: storedBytes / size / KIB, unit: 'KiB/identity', note: 'Secret and status' },
  ];
}

function slopes(measured: readonly Measured[]): Row[] {
  const [small, large] = [measured[0], measured.at(-1)];
  if (small === undefined || large === undefined || small.size === large.size) return [];
  const slope = ((large.restMiB - small.restMiB) * KIB) / (large.size - small.size);
  return [{ id: 'scale_slope', value: slope, unit: 'KiB/identity', note: `RSS from ${small.size} to ${large.size}` }];
}

/** Seconds from the won Lease to the last Ready. */
async function issueAll(cluster: BenchCluster, size: number): Promise<number> {
  const ready = new ReadyWatch(cluster.transport, NAMESPACE);
  await ready.start();
  const controller = await startController(cluster, 0);
  const won = await controller.logged('Lease won, signing');
  const last = await ready.reach(size);
  await ready.stop();
  await controller.stop();
  return (last - won) / 1000;
}

/** What etcd would need after defragmentation. */
function bytesInUse({ plane }: BenchCluster): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: path.join(plane.directory, 'etcd.sock'), path: '/metrics' }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      answer.on('end', () => {
        resolve(Number(/^etcd_mvcc_db_total_size_in_use_in_bytes (\S+)$/m.exec(text)?.[1] ?? Number.NaN));
      });
    });
    call.on('error', reject);
    call.end();
  });
}
