// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { eventLine } from './model-collection.ts';
import { contentsOf, type ReflectorBench, reflectorBench, sorted } from './reflector-bench.ts';
import { answer, type ScriptedRequest, status } from './scripted-server.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

const TIMINGS = { min: 4, max: 40, settled: 40 };
const ROUNDS = 250;

/** Reproducible dice (xorshift32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** Faults of a whole request. */
const REFUSALS: readonly ((request: ScriptedRequest, response: ServerResponse) => void)[] = [
  (_request, response) => answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '0' }),
  (_request, response) => answer(response, 410, status(410, 'Expired')),
  (_request, response) => answer(response, 500, status(500, 'InternalError')),
  (_request, response) => answer(response, 503, 'upstream connect error'),
  (request) => request.socket.resetAndDestroy(),
  (request) => request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"items":[{"meta'),
  (request) => request.socket.end('\u0016\u0003 this is no HTTP'),
  (_request, response) => answer(response, 200, 'null\n'),
  (_request, response) => response.end(),
];

/** Faults inside open watches. */
const INTERRUPTIONS: readonly ((bench: ReflectorBench) => void)[] = [
  ({ model }) => model.endWatches('reset'),
  ({ model }) => model.endWatches('end'),
  ({ model }) => model.say('}{\n'),
  ({ model }) => model.say(Buffer.from([0xff, 0xfe, 0x0a])),
  ({ model }) => model.say('{"type":"ADDED","object":{"metadata":{"name":"ghost"}}}\n'),
  ({ model }) => {
    model.say('{"type":"ADDED","obj');
    model.endWatches('end');
  },
  ({ model }) => model.say(eventLine('ERROR', status(410, 'Expired'))),
  ({ model }) => model.say(eventLine('ERROR', status(500, 'InternalError'))),
  ({ model }) => model.compact(),
  ({ model }) => model.bookmark(),
];

it.each([1, 2, 3, 4])(
  'whatever goes wrong, the cache ends up right and the server is not stormed (seed %i)',
  async (seed) => {
    const random = dice(seed * 7919);
    const bench = await reflectorBench({ realClock: systemClock, reconnect: TIMINGS, watchdog: 60, random });
    const { model, reflector, problems } = bench;
    model.watchList = seed % 2 === 0;
    model.fault = (request, response) => {
      if (random() > 0.3) return false;
      pick(random, REFUSALS)(request, response);
      return true;
    };
    const announced = new Map<string, string>();
    const started = performance.now();
    reflector.start();
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `x${Math.floor(random() * 40)}`;
      if (random() < 0.3) model.delete(name);
      else model.put(name, `ü${round}`);
      if (random() < 0.15) pick(random, INTERRUPTIONS)(bench);
      await new Promise((resolve) => {
        setTimeout(resolve, random() < 0.1 ? 20 : 2);
      });
    }
    model.fault = undefined;
    const heal = async (): Promise<Map<string, string>> => {
      model.bookmark();
      await Promise.resolve();
      return contentsOf(reflector);
    };
    await expect.poll(heal, { interval: 20, timeout: 5000 }).toEqual(sorted(model.contents()));
    for (const key of reflector.keys()) announced.set(key, reflector.get(key) ?? '');
    expect(replay(bench.events)).toEqual(new Set(announced.keys()));
    // Every request is followed by a wait of 4 ms at least, save those the transport repeats and the pages of a list.
    const elapsed = performance.now() - started;
    expect(model.server.requests.length).toBeLessThan(elapsed / 4);
    // The ghost is no object: it was refused, and nothing else was wrong with any event.
    expect(problems.every((problem) => String(problem).includes('without name or resourceVersion'))).toBe(true);
  },
);

/** The keys that exist after the events; fails on an event that can not follow the ones before. */
function replay(events: readonly string[]): Set<string> {
  const keys = new Set<string>();
  for (const event of events) {
    const [kind, key = ''] = event.split(' ');
    expect(keys.has(key), event).toBe(kind !== 'added');
    if (kind === 'deleted') keys.delete(key);
    else keys.add(key);
  }
  return keys;
}
