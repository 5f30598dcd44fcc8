// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `instrument_on`, `instrument_off`: how fast identities are issued on a real API server by the controller as it is
 * shipped, and by the same process without everything that counts, logs and tells, in turns of seconds.
 * @module
 */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Duration } from '../../src/time.ts';
import { freePort } from '../controlplane/ports.ts';
import {
  type BenchCluster,
  type ControllerUnderTest,
  createIdentities,
  createNamespace,
  ReadyWatch,
  startBenchCluster,
  startController,
} from './cluster.ts';
import { processorSeconds, scrape, sum } from './process-readings.ts';
import { type Limit, median, type Row, spread } from './report.ts';

const SWITCHED = ['--import', path.resolve(import.meta.dirname, 'switched-instruments.ts')];
const NAMESPACE = 'instrument';
const LIMIT: Limit = {
  leastRatio: 0.97,
  remedy: 'take out what was added to an issuance in src/observability or src/signals',
};

export interface CostSize {
  /** Controllers, one after the other, each on a cluster of its own. */
  readonly runs: number;
  /** Identities of each. */
  readonly size: number;
  /** How long each turn is. */
  readonly turn: Duration;
}

/** What was issued in a turn. */
interface Turn {
  /** SVIDs a second. */
  readonly rate: number;
  /** CPU of the controller for one of them, in milliseconds. */
  readonly cpu: number;
}

interface Turns {
  readonly on: readonly Turn[];
  readonly off: readonly Turn[];
}

export async function benchInstrumentCost(size: CostSize, log: (line: string) => void): Promise<Row[]> {
  const on: Turn[] = [];
  const off: Turn[] = [];
  for (let run = 0; run < size.runs; run += 1) {
    // An API server that deletes thousands of objects of the run before has other speeds from second to second.
    const cluster = await startBenchCluster();
    try {
      const turns = await measureRun(cluster, size);
      on.push(...turns.on);
      off.push(...turns.off);
      log(`instrument, controller ${run + 1}: ${ratioText(turns)}`);
    } finally {
      await cluster.stop();
    }
  }
  return costRows({ on, off });
}

function ratioText({ on, off }: Turns): string {
  const ratios = on.map(({ rate }, i) => (rate / (off[i]?.rate ?? Number.NaN)).toFixed(2));
  return `with instruments ${ratios.join(', ')} x the rate without`;
}

function medianOf(turns: readonly Turn[], of: keyof Turn): number {
  return median(turns.map((each) => each[of]));
}

/** Turns with and without, neighbors at the same place; ratios are of neighbors. */
export function costRows({ on, off }: Turns): Row[] {
  const compared = (of: keyof Turn): Pick<Row, 'value' | 'ratio' | 'note'> => {
    const ratios = on.map((each, i) => each[of] / (off[i]?.[of] ?? Number.NaN));
    return {
      value: medianOf(on, of),
      ratio: median(ratios),
      note: `${on.length} pairs of turns: ${spread(ratios, 2)}`,
    };
  };
  return [
    { id: 'instrument_off', value: medianOf(off, 'rate'), unit: 'SVIDs/s', note: 'nothing counted, logged or told' },
    { id: 'instrument_on', unit: 'SVIDs/s', ratioTo: 'instrument_off', limit: LIMIT, ...compared('rate') },
    { id: 'instrument_off_cpu', value: medianOf(off, 'cpu'), unit: 'ms/SVID', note: 'of the controller alone' },
    { id: 'instrument_on_cpu', unit: 'ms/SVID', ratioTo: 'instrument_off_cpu', ...compared('cpu') },
  ];
}

async function measureRun(cluster: BenchCluster, { size, turn }: CostSize): Promise<Turns> {
  await createNamespace(cluster, NAMESPACE);
  await createIdentities(cluster, NAMESPACE, size);
  const ready = new ReadyWatch(cluster.transport, NAMESPACE);
  await ready.start();
  const controller = await startController(cluster, await freePort(), [], SWITCHED);
  try {
    // What is issued first is issued by code that is not compiled yet.
    await ready.reach(Math.ceil(size / 10));
    return await takeTurns(controller, { size, turn, ready });
  } finally {
    await ready.stop();
    await controller.stop();
  }
}

/** With and without, then without and with, so that nothing that changes steadily favors one of them. */
const ORDER = [true, false, false, true] as const;

async function takeTurns(
  controller: ControllerUnderTest,
  { size, turn, ready }: { readonly size: number; readonly turn: Duration; readonly ready: ReadyWatch },
): Promise<Turns> {
  const taken: { readonly on: boolean; readonly turn: Turn }[] = [];
  let isOn = true;
  for (;;) {
    const on = ORDER[taken.length % ORDER.length] ?? true;
    if (on !== isOn) controller.child.kill('SIGUSR2');
    isOn = on;
    const measured = await takeTurn(controller, { on, turn, ready });
    // The last turn ends before the identities do.
    if (ready.count >= size) break;
    taken.push({ on, turn: measured });
  }
  const whole = taken.slice(0, taken.length - (taken.length % 2));
  const of = (on: boolean): Turn[] => whole.filter((each) => each.on === on).map((each) => each.turn);
  return { on: of(true), off: of(false) };
}

async function takeTurn(
  controller: ControllerUnderTest,
  { on, turn, ready }: { readonly on: boolean; readonly turn: Duration; readonly ready: ReadyWatch },
): Promise<Turn> {
  const { pid = Number.NaN } = controller.child;
  const before = await issuancesCounted(controller);
  const begun = { at: performance.now(), count: ready.count, cpu: processorSeconds(pid) };
  await pause(turn);
  const count = ready.count - begun.count;
  const rate = (count * 1000) / (performance.now() - begun.at);
  const cpu = ((processorSeconds(pid) - begun.cpu) * 1000) / count;
  checkTurn({ on, count, counted: (await issuancesCounted(controller)) - before });
  return { rate, cpu };
}

/** By the controller itself. */
async function issuancesCounted(controller: ControllerUnderTest): Promise<number> {
  return sum(await scrape(controller), /^signet_issuances_total\{.*result="success"/u);
}

/** Throws where what was measured is not what it is taken for. `counted`: of `count` issuances, by the instruments. */
export function checkTurn({ on, count, counted }: { on: boolean; count: number; counted: number }): void {
  if (count === 0) throw new Error('nothing was issued in a whole turn: look at what the controller says above');
  // Runs that go on over the end of a turn are counted in the next, and may be many where a machine has other work.
  if (counted > count / 2 === on) return;
  throw new Error(
    `${counted} of ${count} issuances were counted in a turn ${on ? 'with' : 'without'} instruments: SIGUSR2 was lost, or hack/bench/switched-instruments.ts does not know what counts`,
  );
}
