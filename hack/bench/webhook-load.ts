// SPDX-License-Identifier: Apache-2.0
/**
 * The load of the webhook's benchmark, in a process of its own: reviews over kept HTTPS connections, at a fixed rate
 * whatever the answers do, each timed from when it should have been sent. Takes a LoadOrder as JSON and prints a
 * LoadResult; any other answer than an admission ends it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { processorSeconds } from './process-readings.ts';
import { quantile } from './report.ts';
import { identityReview } from './webhook-review.ts';

export interface LoadOrder {
  /** Servers, asked in turns. */
  readonly targets: Readonly<Record<string, { readonly url: string; readonly pid: number }>>;
  /** A PEM file. */
  readonly authorityFile: string;
  /** Reviews a second; less where a server would not keep up. */
  readonly rate: number;
  readonly rounds: number;
  /** All of these in milliseconds. */
  readonly warmUp: number;
  readonly measured: number;
  /** How long as many are sent as are answered. */
  readonly flatOut: number;
}

export interface LoadRound {
  /** Reviews a second that were sent. */
  readonly offered: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time the server took for each, at this rate. */
  readonly cpu: number;
  /** Reviews a second, flat out. */
  readonly rate: number;
}

/** Of each target, every round. */
export type LoadResult = Readonly<Record<string, readonly LoadRound[]>>;

/** As many idle connections as API servers keep to one webhook. */
const CONNECTIONS = 25;
const REVIEWS = 256;
/** Of what a server can do at most, so that no queue grows without end. */
const SUSTAINED = 0.5;

type Ask = () => Promise<void>;

const reviews = Array.from({ length: REVIEWS }, (_, index) => identityReview(index));
console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as LoadOrder)));

async function run(order: LoadOrder): Promise<LoadResult> {
  const ca = readFileSync(order.authorityFile, 'utf8');
  const results: Record<string, LoadRound[]> = {};
  const servers = Object.entries(order.targets).map(([id, { url, pid }]) => {
    const rounds: LoadRound[] = [];
    results[id] = rounds;
    const pool = new Pool(new URL(url).origin, { connections: CONNECTIONS, pipelining: 1, connect: { ca } });
    return { ask: asking(pool, new URL(url).pathname), rounds, rate: order.rate, pool, pid };
  });
  for (const server of servers) {
    const able = await flatOut(server.ask, order.warmUp);
    if (able * SUSTAINED < order.rate) server.rate = Math.max(1, Math.floor(able * SUSTAINED));
  }
  for (let round = 0; round < order.rounds; round += 1) {
    for (const { ask, rounds, rate, pid } of servers) {
      const before = processorSeconds(pid);
      const latencies = await atRate(ask, rate, order.measured);
      const cpu = ((processorSeconds(pid) - before) * 1e6) / latencies.length;
      const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
      rounds.push({ offered: rate, p50, p99, cpu, rate: await flatOut(ask, order.flatOut) });
    }
  }
  await Promise.all(servers.map(({ pool }) => pool.close()));
  return results;
}

function asking(pool: Pool, path: string): Ask {
  const headers = { 'content-type': 'application/json', accept: 'application/json, */*' };
  let next = 0;
  return async () => {
    next = (next + 1) % REVIEWS;
    const body = reviews[next] ?? null;
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || !text.includes('"allowed":true'))
      throw new Error(`${path} answered ${answer.statusCode} ${text}`);
  };
}

/** Milliseconds of each, from the time at which it was due: what one slow answer holds up counts as well. */
async function atRate(ask: Ask, rate: number, duration: number): Promise<number[]> {
  const interval = 1000 / rate;
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  for (let due = started; due < started + duration; due += interval) {
    // Timers are late by up to a millisecond, and this process has a core of its own.
    while (performance.now() < due) await new Promise(setImmediate);
    pending.push(ask().then(() => void latencies.push(performance.now() - due)));
  }
  await Promise.all(pending);
  return latencies;
}

/** Answers a second with every connection busy. */
async function flatOut(ask: Ask, duration: number): Promise<number> {
  const started = performance.now();
  let answered = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < started + duration) {
      await ask();
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return answered / ((performance.now() - started) / 1000);
}
