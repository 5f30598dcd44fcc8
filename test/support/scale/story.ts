// SPDX-License-Identifier: Apache-2.0
/**
 * One life of a large fleet, with everything that happens to all of it at once: created in one go, four hours without a
 * controller, a compromised root, an etcd at a fifth of its speed.
 * @module
 */
import { expect } from 'vitest';
import { type PhaseRecord, recordFile, type StoryRecord } from '../../../hack/figures/simulated.ts';
import { type Duration, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { type Costs, measuredCosts } from './costs.ts';
import { type Phase, Simulation } from './simulation.ts';

const OUTAGE: Duration = 4 * HOUR;
/** Of its speed, where etcd is slow: so much longer takes every write. */
export const SLOW = 0.2;

export interface Story {
  readonly created: Phase;
  /** From there until the outage: the first renewals are in it. */
  readonly renewed: Phase;
  readonly afterOutage: Phase;
  readonly compromised: Phase;
  readonly slow: Phase;
  readonly heapBytes: number;
}

export interface StoryOptions {
  readonly size: number;
  /** Of every SVID; at most 24 h. */
  readonly ttl: Duration;
  /** From the creation of all until the outage. */
  readonly calm: Duration;
  /** How long etcd is slow. */
  readonly slow: Duration;
  readonly costs?: Costs;
}

export async function live(options: StoryOptions): Promise<Story> {
  const { size, ttl, costs = measuredCosts() } = options;
  const text = `${ttl / HOUR}h`;
  const simulation = new Simulation({ size, ttl, costs, spec: { svid: { defaultTTL: text, maxTTL: '24h' } } });
  const idle = (): boolean => simulation.fleet.stored === size && simulation.phase.drained !== undefined;
  await simulation.begin();
  const created = await simulation.pass('created', 48 * HOUR, idle);
  const heapBytes = process.memoryUsage().heapUsed;
  const renewed = await simulation.pass('renewed', options.calm);
  simulation.end();
  await simulation.pass('outage', OUTAGE);
  await simulation.begin();
  const afterOutage = await untilDrained(simulation, 'after the outage');
  simulation.compromise();
  const compromised = await untilDrained(simulation, 'compromised', () => simulation.phase.issued >= size);
  simulation.speed = SLOW;
  const slow = await simulation.pass('slow etcd', options.slow);
  simulation.end();
  return { created, renewed, afterOutage, compromised, slow, heapBytes };
}

/** Until nothing waits any more, and `also`. */
function untilDrained(simulation: Simulation, name: string, also: () => boolean = () => true): Promise<Phase> {
  return simulation.pass(name, 48 * HOUR, () => simulation.phase.drained !== undefined && also());
}

export function describeStory({ size, ttl }: StoryOptions, story: Story): string {
  const { created, renewed, afterOutage, compromised, slow, heapBytes } = story;
  const lines = [created, renewed, afterOutage, compromised, slow].map((phase) => {
    const drained = phase.drained === undefined ? 'never empty' : `empty after ${Math.round(phase.drained / SECOND)} s`;
    const lateness = `${(phase.worstLateness / MINUTE).toFixed(1)} min late at worst, ${phase.expired} expired`;
    return `  ${phase.name}: ${phase.issued} issued, at most ${phase.peak} writes/s, backlog ${phase.backlog}, ${drained}, ${lateness}`;
  });
  const head = `${size} identities of ${ttl / HOUR} h, heap ${Math.round(heapBytes / 2 ** 20)} MiB`;
  return [head, ...lines].join('\n');
}

/** As the page shows it; without the heap, which is not the same every time. */
export function recordOf({ size, ttl, costs = measuredCosts() }: StoryOptions, story: Story): StoryRecord {
  const { created, renewed, afterOutage, compromised, slow } = story;
  const phases = {
    created: inSeconds(created),
    renewed: inSeconds(renewed),
    afterOutage: inSeconds(afterOutage),
    compromised: inSeconds(compromised),
    slow: inSeconds(slow),
  };
  return { size, ttlHours: ttl / HOUR, costs: { ...costs }, phases };
}

function inSeconds({ lasted, issued, writes, peak, worstLateness, expired, backlog, drained }: Phase): PhaseRecord {
  return {
    seconds: Math.round(lasted / SECOND),
    issued,
    writes,
    peak,
    latenessSeconds: Math.round(worstLateness / SECOND),
    expired,
    backlog,
    drainedSeconds: drained === undefined ? null : Math.round(drained / SECOND),
  };
}

/** A simulation is the same every time, so what docs/simulation/ has of it is too; `npm run simulate` records it anew. */
export async function expectRecorded(name: Parameters<typeof recordFile>[0], record: object): Promise<void> {
  await expect(`${JSON.stringify(record, undefined, 2)}\n`).toMatchFileSnapshot(recordFile(name));
}
