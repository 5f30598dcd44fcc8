// SPDX-License-Identifier: Apache-2.0
/** @module How soon a cache is right again once the API server answers. */
import { afterEach, describe, expect, it } from 'vitest';
import { contentsOf, type ReflectorBench, reflectorBench, sorted } from './reflector-bench.ts';
import { answer, status } from './scripted-server.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

/** One whose watch has failed so often that it waits for long now. */
async function waiting(failures: number, { model, clock, disconnects }: ReflectorBench): Promise<void> {
  model.endWatches('reset');
  for (let i = 1; i <= failures; i += 1) {
    await expect.poll(() => disconnects.length).toBe(i);
    await clock.advance(disconnects[i - 1]?.wait ?? 0);
  }
  await expect.poll(() => disconnects.length).toBe(failures + 1);
}

async function synced(): Promise<ReflectorBench> {
  const bench = await reflectorBench();
  bench.model.put('x', '1');
  bench.reflector.start();
  await bench.reflector.whenSynced();
  return bench;
}

describe('an API server that is known to answer again', () => {
  it('is asked at once by what waits to connect, and the next failure is a first one', async () => {
    const bench = await synced();
    const { model, disconnects, reflector } = bench;
    model.fault = (_request, response) => {
      response.socket?.resetAndDestroy();
      return true;
    };
    await waiting(5, bench);
    expect(disconnects.at(-1)?.wait).toBe(15_000);
    model.fault = undefined;
    model.put('x', '2');
    reflector.hurry();
    await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
    model.endWatches('reset');
    await expect.poll(() => disconnects.length).toBe(7);
    expect(disconnects.at(-1)?.wait).toBe(800);
  });

  it('is not asked before the time that it named', async () => {
    const bench = await synced();
    const { model, clock, disconnects, reflector } = bench;
    model.fault = (_request, response) => {
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '20' });
      return true;
    };
    await waiting(0, bench);
    await clock.advance(disconnects[0]?.wait ?? 0);
    await expect.poll(() => disconnects.length).toBe(2);
    expect(disconnects[1]?.wait).toBe(20_000);
    const asked = model.server.requests.length;
    const { timers } = clock;
    reflector.hurry();
    expect(clock.timers).toBe(timers);
    await clock.advance(19_000);
    model.fault = undefined;
    model.put('z', '1');
    await clock.advance(1000);
    await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
    expect(disconnects.length).toBe(2);
    expect(model.server.requests.length).toBe(asked + 1);
  });
});

it('a version that is too old is followed by a listing at once, however often the watch had failed before', async () => {
  const bench = await synced();
  const { model, clock, disconnects, reflector } = bench;
  model.fault = (_request, response) => {
    response.socket?.resetAndDestroy();
    return true;
  };
  await waiting(4, bench);
  model.fault = undefined;
  model.put('z', '1');
  model.compact();
  await clock.advance(disconnects.at(-1)?.wait ?? 0);
  await expect.poll(() => disconnects.length).toBe(6);
  expect(disconnects.at(-1)).toMatchObject({ wait: 0, error: { code: 'ERR_KUBE_GONE' } });
  await clock.advance(0);
  await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
});
