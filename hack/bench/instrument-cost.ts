// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `instrument_on`, `instrument_off`: how fast identities are issued on a real API server by the controller as it is
 * shipped, and by the same build without everything that counts, logs and tells, in turns.
 * @module
 */
import path from 'node:path';
import { SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  createIdentities,
  createNamespace,
  deleteAll,
  ReadyWatch,
  startBenchCluster,
  startController,
} from './cluster.ts';
import { processorSeconds } from './process-readings.ts';
import { type Limit, median, type Row, spread } from './report.ts';

const WITHOUT = ['--import', path.resolve(import.meta.dirname, 'uninstrumented.ts')];
const NAMESPACE = 'instrument';
const LIMIT: Limit = {
  leastRatio: 0.97,
  remedy: 'take out what was added to an issuance in src/observability or src/signals',
};

interface Round {
  /** SVIDs a second from the first Ready to the last. */
  readonly rate: number;
  /** CPU of the controller for one of them, in milliseconds. */
  readonly cpu: number;
}

/** `pairs`: rounds of each, one after the other; which of them begins changes from pair to pair. */
export async function benchInstrumentCost(
  { size, pairs }: { readonly size: number; readonly pairs: number },
  log: (line: string) => void,
): Promise<Row[]> {
  const cluster = await startBenchCluster();
  const on: Round[] = [];
  const off: Round[] = [];
  try {
    // Authorities are made, and the API server has seen all of it, before anything is timed.
    await round(cluster, 'first', size);
    for (let pair = 0; pair < pairs; pair += 1) {
      for (const instrumented of pair % 2 === 0 ? [true, false] : [false, true]) {
        const name = `${instrumented ? 'on' : 'off'}-${pair}`;
        const measured = await round(cluster, name, size, instrumented ? [] : WITHOUT);
        (instrumented ? on : off).push(measured);
        log(`instrument ${name}: ${measured.rate.toFixed(0)}/s, ${measured.cpu.toFixed(2)} ms of CPU each`);
      }
    }
  } finally {
    await cluster.stop();
  }
  return costRows({ size, on, off });
}

/** Rounds with and without, neighbors at the same place; ratios are of neighbors. */
export function costRows({
  size,
  on,
  off,
}: {
  readonly size: number;
  readonly on: readonly Round[];
  readonly off: readonly Round[];
}): Row[] {
  const value = (rounds: readonly Round[], of: keyof Round): number => median(rounds.map((each) => each[of]));
  const compared = (of: keyof Round): Pick<Row, 'value' | 'ratio' | 'note'> => {
    const ratios = on.map((each, i) => each[of] / (off[i]?.[of] ?? Number.NaN));
    return {
      value: value(on, of),
      ratio: median(ratios),
      note: `${on.length} pairs of ${size} each, in turns: ${spread(ratios, 2)}`,
    };
  };
  return [
    { id: 'instrument_off', value: value(off, 'rate'), unit: 'SVIDs/s', note: 'nothing counted, logged or told' },
    { id: 'instrument_on', unit: 'SVIDs/s', ratioTo: 'instrument_off', limit: LIMIT, ...compared('rate') },
    { id: 'instrument_off_cpu', value: value(off, 'cpu'), unit: 'ms/SVID', note: 'of the controller alone' },
    { id: 'instrument_on_cpu', unit: 'ms/SVID', ratioTo: 'instrument_off_cpu', ...compared('cpu') },
  ];
}

async function round(
  cluster: BenchCluster,
  name: string,
  size: number,
  nodeFlags: readonly string[] = [],
): Promise<Round> {
  const namespace = `${NAMESPACE}-${name}`;
  await createNamespace(cluster, namespace);
  await createIdentities(cluster, namespace, size);
  const ready = new ReadyWatch(cluster.transport, namespace);
  await ready.start();
  const controller = await startController(cluster, 0, [], nodeFlags);
  const { pid = Number.NaN } = controller.child;
  const first = await ready.reach(1);
  const before = processorSeconds(pid);
  const last = await ready.reach(size);
  const cpu = processorSeconds(pid) - before;
  await ready.stop();
  await controller.stop();
  await deleteAll(cluster, SERVICE_IDENTITIES, namespace);
  await deleteAll(cluster, SECRETS, namespace);
  return {
    rate: (size - 1) / ((last - first) / 1000),
    cpu: (cpu * 1000) / (size - 1),
  };
}
