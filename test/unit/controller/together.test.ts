// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Stopped } from '../../../src/controller/manager.ts';
import { type Running, together } from '../../../src/controller/together.ts';

function program(end: Stopped): Running & { fail(): void; readonly stops: number } {
  const { promise, resolve } = Promise.withResolvers<Stopped>();
  let stops = 0;
  return {
    stop: () => {
      stops += 1;
      resolve(end);
      return promise;
    },
    stopped: promise,
    fail: () => resolve(end),
    get stops() {
      return stops;
    },
  };
}

it('ends with whichever ends first, and tells what went wrong in any of them', async () => {
  const error = new Error('the Lease is lost');
  const [first, second] = [program({ unfinished: ['caches'] }), program({ error, unfinished: [] })];
  const both = together([first, second]);
  second.fail();
  expect(await both.stopped).toEqual({ error, unfinished: ['caches'] });
  expect(first.stops).toBe(1);
});

it('stops all of them', async () => {
  const [first, second] = [program({ unfinished: [] }), program({ unfinished: [] })];
  const both = together([first, second]);
  expect(await both.stop()).toEqual({ unfinished: [] });
  expect(await both.stopped).toEqual({ unfinished: [] });
  expect(second.stops).toBeGreaterThan(0);
});
