// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { eventLine } from './model-collection.ts';
import { type ReflectorBench, reflectorBench, valueOf } from './reflector-bench.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

function line(name: string): string {
  const metadata = { name, namespace: 'a', resourceVersion: `9${name}` };
  return eventLine('ADDED', { metadata, value: '' });
}

/** Stops, and then nothing may happen any more, however long one waits. */
async function stopsForGood(bench: ReflectorBench): Promise<void> {
  const { model, clock, reflector, events } = bench;
  await reflector.stop();
  const requests = model.server.requests.length;
  const seen = events.length;
  model.fault = undefined;
  model.put('later', '1');
  reflector.start();
  await clock.advance(3_600_000);
  await expect.poll(() => model.watchers).toBe(0);
  expect(model.server.requests.length).toBe(requests);
  expect(events.length).toBe(seen);
  expect(clock.timers).toBe(0);
  await reflector.stop();
}

it('before it began', async () => {
  const bench = await reflectorBench();
  await stopsForGood(bench);
  await expect(bench.reflector.whenSynced()).resolves.toBe(false);
  expect(bench.model.server.requests).toEqual([]);
});

it('while the initial events are awaited', async () => {
  const bench = await reflectorBench();
  bench.model.fault = () => true;
  bench.reflector.start();
  await expect.poll(() => bench.asked()).toEqual(['initial']);
  await stopsForGood(bench);
  await expect(bench.reflector.whenSynced()).resolves.toBe(false);
});

it('while a page of a list is awaited', async () => {
  const bench = await reflectorBench();
  const { model } = bench;
  model.watchList = false;
  for (let i = 0; i < 501; i += 1) model.put(`x${i}`, '1');
  model.fault = (request) => request.url.searchParams.has('continue');
  bench.reflector.start();
  await expect.poll(() => bench.asked()).toEqual(['initial', 'list', 'list page']);
  await stopsForGood(bench);
  expect(bench.reflector.hasSynced).toBe(false);
  expect(bench.reflector.size).toBe(500);
});

it('while it watches', async () => {
  const bench = await reflectorBench();
  bench.model.put('x', '1');
  bench.reflector.start();
  await bench.reflector.whenSynced();
  await stopsForGood(bench);
  expect(bench.reflector.get('a/x')).toBe('1');
});

it('while it waits to connect again', async () => {
  const bench = await reflectorBench();
  bench.reflector.start();
  await bench.reflector.whenSynced();
  bench.model.endWatches('reset');
  await expect.poll(() => bench.disconnects.length).toBe(1);
  await stopsForGood(bench);
});

it('from within a handler, with more events in the same bytes', async () => {
  const events: string[] = [];
  let stopped: Promise<void> | undefined;
  const bench = await reflectorBench({
    onEvent: (_kind, key) => {
      events.push(key);
      if (key === 'a/1') stopped = bench.reflector.stop();
    },
  });
  bench.reflector.start();
  await bench.reflector.whenSynced();
  bench.model.say(line('1') + line('2') + line('3'));
  await expect.poll(() => stopped !== undefined).toBe(true);
  await stopped;
  await stopsForGood(bench);
  expect(events).toEqual(['a/1']);
});

it('from within a handler, with more objects in the same page', async () => {
  const events: string[] = [];
  const bench = await reflectorBench({
    onEvent: (_kind, key) => {
      events.push(key);
      void bench.reflector.stop();
    },
  });
  bench.model.watchList = false;
  for (const name of ['x', 'y', 'z']) bench.model.put(name, '1');
  bench.reflector.start();
  await expect.poll(() => events.length).toBe(1);
  await stopsForGood(bench);
  expect(events).toEqual(['a/x']);
  expect(bench.reflector.hasSynced).toBe(false);
});

it('and has one chain only, however often it is started', async () => {
  const bench = await reflectorBench({ project: valueOf });
  for (let i = 0; i < 5; i += 1) bench.reflector.start();
  await bench.reflector.whenSynced();
  bench.model.endWatches('reset');
  await expect.poll(() => bench.disconnects.length).toBe(1);
  for (let i = 0; i < 5; i += 1) bench.reflector.start();
  await bench.clock.advance(5000);
  await expect.poll(() => bench.asked()).toEqual(['initial', 'watch 1']);
  expect(bench.model.watchers).toBe(1);
});
