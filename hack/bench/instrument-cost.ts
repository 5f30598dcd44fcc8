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
import { type Limit, type Row, spread } from './report.ts';

const SWITCHED = ['--import', path.resolve(import.meta.dirname, 'switched-instruments.ts')];
const NAMESPACE = 'instrument';
/** Longer than one issuance takes while as many as may are on their way. */
const SETTLED: Duration = 300;
const REMEDY = 'take out what was added to an issuance in src/observability or src/signals';
const LIMIT: Limit = { leastRatio: 0.97, remedy: REMEDY };
/** Where the API server is the limit, throughput hides three times as much. */
const CPU_LIMIT: Limit = { mostRatio: 1.1, remedy: REMEDY };

export interface CostSize {
  /** Controllers, one after the other, each on a cluster of its own. */
  readonly runs: number;
  /** Identities of each. */
  readonly size: number;
  /** How long each turn is. */
  readonly turn: Duration;
}

/** What was issued in a turn. */
export interface Turn {
  readonly count: number;
  /** How long it was. */
  readonly took: Duration;
  /** CPU of the controller, in milliseconds. */
  readonly cpu: number;
}

/** Of one controller. */
export interface Turns {
  readonly on: readonly Turn[];
  readonly off: readonly Turn[];
}

export async function benchInstrumentCost(size: CostSize, log: (line: string) => void): Promise<Row[]> {
  const controllers: Turns[] = [];
  for (let run = 0; run < size.runs; run += 1) {
    // An API server that deletes thousands of objects of the run before has other speeds from second to second.
    const cluster = await startBenchCluster();
    try {
      const turns = await measureRun(cluster, size);
      controllers.push(turns);
      const ratio = rate(turns.on) / rate(turns.off);
      log(`instrument, controller ${run + 1}: ${turns.on.length} turns each, ${ratio.toFixed(3)} x the rate without`);
    } finally {
      await cluster.stop();
    }
  }
  return costRows(controllers);
}

function total(turns: readonly Turn[], of: keyof Turn): number {
  return turns.reduce((before, turn) => before + turn[of], 0);
}

/** SVIDs a second. */
function rate(turns: readonly Turn[]): number {
  return (total(turns, 'count') * 1000) / total(turns, 'took');
}

/** CPU of the controller for an SVID, in milliseconds. */
function cpu(turns: readonly Turn[]): number {
  return total(turns, 'cpu') / total(turns, 'count');
}

/** Of the mean of them. */
function standardError(ratios: readonly number[]): number {
  const mean = ratios.reduce((before, ratio) => before + ratio, 0) / ratios.length;
  const squares = ratios.reduce((before, ratio) => before + (ratio - mean) ** 2, 0);
  return Math.sqrt(squares / (ratios.length - 1) / ratios.length);
}

/** Of all turns together: in one turn, an API server that collects garbage weighs more than any instrument. */
export function costRows(controllers: readonly Turns[]): Row[] {
  const on = controllers.flatMap((each) => each.on);
  const off = controllers.flatMap((each) => each.off);
  const compared = (of: (turns: readonly Turn[]) => number): Pick<Row, 'value' | 'ratio' | 'note'> => {
    const ratios = controllers.map((turns) => of(turns.on) / of(turns.off));
    return {
      value: of(on),
      ratio: of(on) / of(off),
      note: `${on.length} turns each, of ${ratios.length} controllers: ${spread(ratios, 2)}, +- ${standardError(ratios).toFixed(3)}`,
    };
  };
  return [
    { id: 'instrument_off', value: rate(off), unit: 'SVIDs/s', note: 'nothing counted, logged or told' },
    { id: 'instrument_on', unit: 'SVIDs/s', ratioTo: 'instrument_off', limit: LIMIT, ...compared(rate) },
    { id: 'instrument_off_cpu', value: cpu(off), unit: 'ms/SVID', note: 'of the controller alone' },
    { id: 'instrument_on_cpu', unit: 'ms/SVID', ratioTo: 'instrument_off_cpu', limit: CPU_LIMIT, ...compared(cpu) },
  ];
}

async function measureRun(cluster: BenchCluster, cost: CostSize): Promise<Turns> {
  const { size } = cost;
  await createNamespace(cluster, NAMESPACE);
  await createIdentities(cluster, NAMESPACE, size);
  const ready = new ReadyWatch(cluster.transport, NAMESPACE);
  await ready.start();
  const controller = await startController(cluster, await freePort(), [], SWITCHED);
  try {
    // What is issued first is issued by code that is not compiled yet.
    await ready.reach(Math.ceil(size / 10));
    return await takeTurns(controller, { ...cost, ready });
  } finally {
    await ready.stop();
    await controller.stop();
  }
}

/** With and without, then without and with, so that nothing that changes steadily favors one of them. */
const ORDER = [true, false, false, true] as const;

interface Running extends CostSize {
  readonly ready: ReadyWatch;
}

async function takeTurns(controller: ControllerUnderTest, running: Running): Promise<Turns> {
  const taken: { readonly on: boolean; readonly turn: Turn }[] = [];
  let isOn = true;
  for (;;) {
    const on = ORDER[taken.length % ORDER.length] ?? true;
    if (on !== isOn) {
      controller.child.kill('SIGUSR2');
      // What is on its way has begun the other way.
      await pause(SETTLED);
    }
    isOn = on;
    const turn = await takeTurn(controller, on, running);
    if (turn === undefined) break;
    taken.push({ on, turn });
  }
  if (taken.length < ORDER.length)
    throw new Error(`there was nothing left to issue after ${taken.length} turns: raise the size or shorten the turn`);
  const whole = taken.slice(0, taken.length - (taken.length % ORDER.length));
  const of = (on: boolean): Turn[] => whole.filter((each) => each.on === on).map((each) => each.turn);
  return { on: of(true), off: of(false) };
}

/** None where there was nothing left to issue before it ended. */
async function takeTurn(
  controller: ControllerUnderTest,
  on: boolean,
  { size, turn, ready }: Running,
): Promise<Turn | undefined> {
  const { pid = Number.NaN } = controller.child;
  const before = await issuancesCounted(controller);
  const begun = { at: performance.now(), count: ready.count, cpu: processorSeconds(pid) };
  await pause(turn);
  if (ready.count >= size) return undefined;
  const count = ready.count - begun.count;
  const took = performance.now() - begun.at;
  const spent = (processorSeconds(pid) - begun.cpu) * 1000;
  checkTurn({ on, count, counted: (await issuancesCounted(controller)) - before });
  return { count, took, cpu: spent };
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
