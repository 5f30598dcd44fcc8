// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `scale_one_signer`, `scale_two_signers`: the same identities issued by one process, and by two that sign side by
 * side, in turns on one control plane whose cores all of them share.
 * @module
 */
import { SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  type ControllerUnderTest,
  createIdentities,
  createNamespace,
  deleteAll,
  ReadyWatch,
  startController,
} from './cluster.ts';
import { pause } from './process-readings.ts';
import { median, type Row, spread } from './report.ts';

const ROUNDS = 3;
const ALONE = '--leader-elect=false';

/** Medians of the rounds, and of the ratios of neighbors; which of the two begins changes from round to round. */
export async function compareSigners(
  cluster: BenchCluster,
  size: number,
  log: (line: string) => void,
): Promise<readonly Row[]> {
  const half = Math.floor(size / 2);
  await makeAuthority(cluster);
  const rates: Readonly<Record<1 | 2, number[]>> = { 1: [], 2: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const signers of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
      const rate = await issue(cluster, { name: `signers-${signers}-${round}`, half, signers });
      rates[signers].push(rate);
      log(`scale ${size}: round ${round + 1} of ${ROUNDS}, signing processes: ${signers}, ${rate.toFixed(0)}/s`);
    }
  }
  const ratios = rates[2].map((two, round) => two / (rates[1][round] ?? Number.NaN));
  return [
    {
      id: 'scale_one_signer',
      value: median(rates[1]),
      unit: 'SVIDs/s',
      note: `${2 * half} identities, start included; ${spread(rates[1], 0)} in ${ROUNDS} rounds`,
    },
    {
      id: 'scale_two_signers',
      value: median(rates[2]),
      unit: 'SVIDs/s',
      ratio: median(ratios),
      ratioTo: 'scale_one_signer',
      note: `half of them each; in turns with one, ${spread(ratios, 2)} x in ${ROUNDS} rounds`,
    },
  ];
}

/** It is there, and the API server has seen all of it, before anything is timed. */
async function makeAuthority(cluster: BenchCluster): Promise<void> {
  const first = await startController(cluster, 0, [ALONE]);
  await first.logged('Authority takes a step');
  await pause(2000);
  await first.stop();
}

interface Round {
  readonly name: string;
  /** Identities in each of the two namespaces. */
  readonly half: number;
  readonly signers: 1 | 2;
}

/** SVIDs a second from the start of the processes; leaves nothing behind. */
async function issue(cluster: BenchCluster, { name, half, signers }: Round): Promise<number> {
  const namespaces = [`${name}-a`, `${name}-b`];
  for (const namespace of namespaces) {
    await createNamespace(cluster, namespace);
    await createIdentities(cluster, namespace, half);
  }
  const ready = namespaces.map((namespace) => new ReadyWatch(cluster.transport, namespace));
  await Promise.all(ready.map((watch) => watch.start()));
  const started = performance.now();
  const controllers: ControllerUnderTest[] = [];
  // One after the other: they share a directory of credentials, which each start writes anew.
  for (const served of signers === 1 ? [namespaces.join()] : namespaces) {
    const controller = await startController(cluster, 0, [ALONE, `--watch-namespaces=${served}`]);
    await controller.logged('Starting');
    controllers.push(controller);
  }
  await Promise.all(ready.map((watch) => watch.reach(half)));
  const took = (performance.now() - started) / 1000;
  await Promise.all([...ready.map((watch) => watch.stop()), ...controllers.map((controller) => controller.stop())]);
  for (const namespace of namespaces) {
    await deleteAll(cluster, SERVICE_IDENTITIES, namespace);
    await deleteAll(cluster, SECRETS, namespace);
  }
  return (2 * half) / took;
}
