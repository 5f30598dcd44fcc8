// SPDX-License-Identifier: Apache-2.0
/**
 * The reflector against a real API server that answers with refusals, errors and garbage now and then.
 * @module
 */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { sharedControlPlane } from '../../support/control-plane.ts';
import { FaultFront } from './fault-front.ts';
import { type WatchedNamespace, watchedNamespace } from './watched-namespace.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource.close();
});

interface Bench {
  readonly front: FaultFront;
  readonly world: WatchedNamespace;
}

/** `before` may set a fault that holds from the start. */
async function bench(before?: (front: FaultFront) => void): Promise<Bench> {
  const { kubeconfig } = sharedControlPlane();
  const front = await FaultFront.start(await fromKubeconfig({ path: kubeconfig }));
  open.push(front);
  before?.(front);
  const world = await watchedNamespace({ kubeconfig, through: () => front.cluster });
  open.push(world);
  return { front, world };
}

function refuse(response: ServerResponse, code: number, headers: Record<string, string> = {}): true {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', code, status: 'Failure', reason: '', message: 'refused' }));
  return true;
}

describe('inside a stream', () => {
  it.each([
    ['410', '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n'],
    ['another error', '{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}\n'],
    ['garbage', '\u0000\u0001\u0002 garbage }{\n'],
    ['half a line', '{"type":"ADDED","object":{"metadata":{"name":"gho'],
    ['an event of no object', '{"type":"MODIFIED","object":null}\n'],
  ])('%s costs a connection and nothing else', async (_what, bytes) => {
    const { front, world } = await bench();
    for (let i = 0; i < 4; i += 1) {
      await world.caughtUp();
      front.say(bytes);
      await world.moreWrites(8);
    }
    await world.settle();
    expect(world.errors.length).toBeGreaterThanOrEqual(4);
    expect(world.calls.length).toBeLessThan(25);
  });

  it('an end in good order, again and again, does too', async () => {
    const { front, world } = await bench();
    for (let i = 0; i < 6; i += 1) {
      await world.caughtUp();
      front.endWatches();
      await world.moreWrites(5);
    }
    await world.settle();
    expect(world.errors).toEqual([]);
    expect(world.calls.length).toBeLessThan(15);
  });
});

describe('a server that refuses', () => {
  it.each([429, 500, 503])('everything with %i for a while is not stormed', async (code) => {
    const { front, world } = await bench();
    let refused = 0;
    await world.caughtUp();
    front.fault = (_request, response) => {
      refused += 1;
      return refuse(response, code, code === 429 ? { 'retry-after': '1' } : {});
    };
    front.endWatches();
    await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    await world.moreWrites(50);
    expect(refused).toBeLessThan(20);
    front.fault = undefined;
    await world.caughtUp();
    await world.settle();
  });

  it('WatchList is used by lists and watches', async () => {
    const { front, world } = await bench((unborn) => {
      unborn.fault = (request, response) =>
        request.url?.includes('sendInitialEvents') === true && refuse(response, 422);
    });
    for (let i = 0; i < 3; i += 1) {
      await expect.poll(() => front.watches).toBe(1);
      front.say('{"type":"ERROR","object":{"kind":"Status","code":410}}\n');
      await world.moreWrites(8);
      await world.caughtUp();
    }
    await world.settle();
    const { calls } = world;
    expect(calls.filter(({ verb }) => verb === 'list').length).toBeGreaterThanOrEqual(4);
    expect(calls.filter(({ code }) => code === '422')).toHaveLength(1);
  });

  it('every other request makes progress all the same', async () => {
    let count = 0;
    const { front, world } = await bench((unborn) => {
      unborn.fault = (_request, response) => {
        count += 1;
        return count % 2 === 0 && refuse(response, 503);
      };
    });
    for (let i = 0; i < 5; i += 1) {
      await world.caughtUp();
      front.say('garbage\n');
      await world.moreWrites(5);
    }
    await world.settle();
  });
});
