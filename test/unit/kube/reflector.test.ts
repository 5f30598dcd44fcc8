// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { ACCEPT_METADATA, ACCEPT_METADATA_LIST } from '../../../src/kube/resource-calls.ts';
import { contentsOf, type ReflectorBench, reflectorBench, sorted } from './reflector-bench.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

/** Waits until the cache is what the collection is. */
async function agree({ model, reflector }: ReflectorBench): Promise<void> {
  await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
}

describe('in good times', () => {
  it('starts from what there is and follows every change, over one request', async () => {
    const bench = await reflectorBench();
    const { model, reflector, events, asked } = bench;
    model.put('x', '1');
    model.put('y', '1');
    expect(reflector.hasSynced).toBe(false);
    reflector.start();
    await expect(reflector.whenSynced()).resolves.toBe(true);
    expect(reflector.hasSynced).toBe(true);
    expect(events).toEqual(['added a/y', 'added a/x']);
    model.put('x', '2');
    model.put('z', 'ß🦀');
    model.delete('y');
    await agree(bench);
    expect(events.slice(2)).toEqual(['updated a/x', 'added a/z', 'deleted a/y']);
    expect([...reflector.values()].sort()).toEqual(['2', 'ß🦀']);
    expect(reflector.size).toBe(2);
    expect(asked()).toEqual(['initial']);
  });

  it('asks for what it was told to watch', async () => {
    const { model, reflector } = await reflectorBench({
      namespace: 'a',
      labelSelector: 'signet.dev/managed=svid',
      fieldSelector: 'type=x',
      metadataOnly: true,
    });
    reflector.start();
    await reflector.whenSynced();
    const [request] = model.server.requests;
    expect(request?.url.pathname).toBe('/apis/test/v1/namespaces/a/things');
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      timeoutSeconds: '300',
      labelSelector: 'signet.dev/managed=svid',
      fieldSelector: 'type=x',
    });
    expect(request?.headers.accept).toBe(ACCEPT_METADATA);
  });

  it('connects again from where it was when a watch ends by its timeout, nearly at once', async () => {
    const bench = await reflectorBench();
    const { model, clock, reflector, events, disconnects, asked } = bench;
    model.put('x', '1');
    reflector.start();
    await reflector.whenSynced();
    model.bookmark();
    model.put('y', '1');
    await agree(bench);
    const { version } = model;
    await clock.advance(100_000);
    model.endWatches('end');
    await expect.poll(() => disconnects.length).toBe(1);
    expect(disconnects[0]).toEqual({ wait: 0, error: undefined });
    model.put('y', '2');
    await clock.advance(0);
    await agree(bench);
    expect(asked()).toEqual(['initial', `watch ${version}`]);
    expect(events).toEqual(['added a/x', 'added a/y', 'updated a/y']);
  });
});

describe('without WatchList', () => {
  it('lists in pages, then watches; and does not ask for WatchList again', async () => {
    const bench = await reflectorBench({ metadataOnly: true });
    const { model, clock, reflector, asked } = bench;
    model.watchList = false;
    for (let i = 0; i < 1200; i += 1) model.put(`x${i}`, '1');
    const { version } = model;
    reflector.start();
    await reflector.whenSynced();
    await agree(bench);
    await expect.poll(asked).toEqual(['initial', 'list', 'list page', 'list page', `watch ${version}`]);
    expect(model.server.requests[1]?.headers.accept).toBe(ACCEPT_METADATA_LIST);
    expect(model.server.requests[4]?.headers.accept).toBe(ACCEPT_METADATA);
    model.put('x0', '2');
    await agree(bench);
    await expect.poll(() => model.watchers).toBe(1);
    model.compact();
    model.say('{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n');
    await expect.poll(() => model.watchers).toBe(0);
    await clock.advance(2000);
    await expect.poll(() => asked().slice(5)).toEqual(['list', 'list page', 'list page', `watch ${model.version}`]);
  });

  it('starts from nothing as well', async () => {
    const bench = await reflectorBench();
    bench.model.watchList = false;
    bench.reflector.start();
    await expect(bench.reflector.whenSynced()).resolves.toBe(true);
    await expect.poll(bench.asked).toEqual(['initial', 'list', 'watch 1']);
  });

  it('lists all at once when the pages expire', async () => {
    const bench = await reflectorBench();
    const { model, clock, reflector, asked } = bench;
    model.watchList = false;
    for (let i = 0; i < 600; i += 1) model.put(`x${i}`, '1');
    model.fault = (request) => {
      if (request.url.searchParams.has('continue')) {
        model.delete('x0');
        model.compact();
      }
      return false;
    };
    reflector.start();
    await expect.poll(() => asked().length).toBe(3);
    await clock.advance(2000);
    await reflector.whenSynced();
    await agree(bench);
    expect(asked().slice(0, 4)).toEqual(['initial', 'list', 'list page', 'list']);
    expect(model.server.requests[3]?.url.searchParams.has('limit')).toBe(false);
  });

  it('follows a server that breaks off the initial events: by a list, and with WatchList again later', async () => {
    const bench = await reflectorBench();
    const { model, clock, reflector, events, asked } = bench;
    model.put('x', '1');
    model.fault = (request, response) => {
      if (!request.url.searchParams.has('sendInitialEvents')) return false;
      // A version far ahead, in an event that is in no order: nothing may go on from there.
      response.write(
        '{"type":"ADDED","object":{"metadata":{"name":"x","namespace":"a","resourceVersion":"999"},"value":"1"}}\n',
      );
      setImmediate(() => request.socket.resetAndDestroy());
      return true;
    };
    reflector.start();
    await expect.poll(() => events).toEqual(['added a/x']);
    expect(reflector.hasSynced).toBe(false);
    const { version } = model;
    await expect.poll(() => bench.disconnects.length).toBe(1);
    model.put('y', '1');
    await clock.advance(2000);
    await reflector.whenSynced();
    await agree(bench);
    await expect.poll(asked).toEqual(['initial', 'list', `watch ${Number(version) + 1}`]);
    model.fault = undefined;
    model.say('{"type":"ERROR","object":{"code":410}}\n');
    await expect.poll(() => model.watchers).toBe(0);
    await clock.advance(4000);
    await expect.poll(() => asked().at(-1)).toBe('initial');
  });
});

describe('handlers', () => {
  it('that throw are reported, and nothing else happens', async () => {
    const bench = await reflectorBench({
      onEvent: () => {
        throw new Error('handler');
      },
    });
    const { model, reflector, problems, asked } = bench;
    model.put('x', '1');
    reflector.start();
    await reflector.whenSynced();
    model.put('y', '1');
    await agree(bench);
    expect(problems.map(String)).toEqual(['Error: handler', 'Error: handler']);
    expect(asked()).toEqual(['initial']);
  });

  it('get no object that can not be projected', async () => {
    const bench = await reflectorBench({
      project: (raw) => {
        if (raw.metadata.name === 'bad') throw new Error('bad');
        return (raw as unknown as { value: string }).value;
      },
    });
    const { model, reflector, events, problems } = bench;
    model.put('bad', '1');
    model.put('good', '1');
    reflector.start();
    await reflector.whenSynced();
    await expect.poll(() => events).toEqual(['added a/good']);
    expect(problems).toHaveLength(1);
  });

  it('of the observer may throw', async () => {
    const told: string[] = [];
    const observer = {
      onListed: () => {
        told.push('listed');
        throw new Error('observer');
      },
      onDisconnected: () => {
        told.push('disconnected');
        throw new Error('observer');
      },
    };
    const bench = await reflectorBench({ observer });
    const { model, clock, reflector } = bench;
    reflector.start();
    await reflector.whenSynced();
    model.endWatches('reset');
    model.put('x', '1');
    await expect.poll(() => told).toEqual(['listed', 'disconnected']);
    await clock.advance(2000);
    await agree(bench);
  });
});
