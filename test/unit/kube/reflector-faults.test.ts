// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { eventLine } from './model-collection.ts';
import { contentsOf, type ReflectorBench, reflectorBench, sorted } from './reflector-bench.ts';
import { answer, status } from './scripted-server.ts';
import { closeAll } from './transport-bench.ts';

afterEach(closeAll);

async function agree({ model, reflector }: ReflectorBench): Promise<void> {
  await expect.poll(() => contentsOf(reflector)).toEqual(sorted(model.contents()));
}

/** A reflector that has synced with objects x and y and watches. */
async function synced(): Promise<ReflectorBench> {
  const bench = await reflectorBench();
  bench.model.put('x', '1');
  bench.model.put('y', '1');
  bench.reflector.start();
  await bench.reflector.whenSynced();
  bench.events.length = 0;
  return bench;
}

/** Waits for the n-th disconnection and lets its back-off pass. */
async function afterDisconnect({ clock, disconnects }: ReflectorBench, count: number): Promise<void> {
  await expect.poll(() => disconnects.length, { interval: 2 }).toBe(count);
  await clock.advance(disconnects.at(-1)?.wait ?? 0);
}

/** Lets time pass, a second at a go, until `done`. */
async function passTime({ clock }: ReflectorBench, done: () => boolean): Promise<void> {
  const step = async (): Promise<boolean> => {
    await clock.advance(1000);
    return done();
  };
  await expect.poll(step, { interval: 2, timeout: 5000 }).toBe(true);
}

describe('a connection that breaks', () => {
  it('is made again from the last version, and nothing is announced twice', async () => {
    const bench = await synced();
    const { model, disconnects, events, asked } = bench;
    model.put('x', '2');
    await agree(bench);
    const { version } = model;
    model.endWatches('reset');
    model.put('y', '2');
    model.delete('x');
    await afterDisconnect(bench, 1);
    await agree(bench);
    expect(disconnects[0]).toMatchObject({ wait: 800, error: { code: 'ERR_KUBE_UNAVAILABLE' } });
    expect(events).toEqual(['updated a/x', 'updated a/y', 'deleted a/x']);
    expect(asked()).toEqual(['initial', `watch ${version}`]);
  });

  it.each([
    ['garbage', '\u0000\u0001 no JSON\n'],
    ['a line that is no event', '{"type":"ADDED"}\n'],
    ['an event of unknown type', '{"type":"EXPLODED","object":{}}\n'],
    ['a bookmark without a version', '{"type":"BOOKMARK","object":{}}\n'],
  ])('over %s is made again from the last version', async (_what, line) => {
    const bench = await synced();
    const { model, disconnects, asked } = bench;
    const { version } = model;
    model.say(line + eventLine('ADDED', { metadata: { name: 'ghost', namespace: 'a', resourceVersion: '99' } }));
    await afterDisconnect(bench, 1);
    model.put('z', '1');
    await agree(bench);
    expect(disconnects[0]?.error?.code).toBe('ERR_KUBE_PROTOCOL');
    expect(asked()).toEqual(['initial', `watch ${version}`]);
  });

  it('inside a line is made again from before the line', async () => {
    const bench = await synced();
    const { model, disconnects, asked } = bench;
    const { version } = model;
    model.say('{"type":"ADDED","object":{"metadata":{"name":"gho');
    model.endWatches('end');
    await afterDisconnect(bench, 1);
    model.put('z', '1');
    await agree(bench);
    expect(disconnects[0]?.error?.code).toBe('ERR_KUBE_PROTOCOL');
    expect(asked()).toEqual(['initial', `watch ${version}`]);
  });

  it('again and again is tried ever more seldom, and heals by itself', async () => {
    const bench = await synced();
    const { model, clock, disconnects, reflector } = bench;
    model.fault = (request) => {
      request.socket.resetAndDestroy();
      return true;
    };
    model.endWatches('reset');
    for (let i = 1; i <= 12; i += 1) await afterDisconnect(bench, i);
    await expect.poll(() => disconnects.length).toBe(13);
    expect(model.server.requests.length).toBe(13);
    expect(disconnects.slice(0, 7).map(({ wait }) => wait)).toEqual([800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
    expect(reflector.get('a/x')).toBe('1');
    model.fault = undefined;
    model.put('z', '1');
    await clock.advance(15_000);
    await agree(bench);
  });
});

describe('a version that is too old', () => {
  const says: [string, (bench: ReflectorBench) => void][] = [
    ['an ERROR event', ({ model }) => model.say(eventLine('ERROR', status(410, 'Expired')))],
    ['an ERROR event of another kind', ({ model }) => model.say(eventLine('ERROR', status(500, 'InternalError')))],
    [
      'an answer 410',
      ({ model }) => {
        model.fault = (request, response) => {
          if (!request.url.searchParams.has('resourceVersion')) return false;
          answer(response, 410, status(410, 'Expired'));
          return true;
        };
        model.endWatches('reset');
      },
    ],
  ];
  it.each(says)('by %s leads to a new listing, which finds what was missed', async (_how, say) => {
    const bench = await synced();
    const { model, reflector, events } = bench;
    const held: (() => void)[] = [];
    say(bench);
    const before = model.fault;
    model.fault = (request, response) => {
      if (before?.(request, response) === true) return true;
      if (held.length > 0 || !request.url.searchParams.has('sendInitialEvents')) return false;
      held.push(() => response.socket?.resetAndDestroy());
      return true;
    };
    await expect.poll(() => bench.disconnects.length).toBe(1);
    model.endWatches('end');
    model.delete('x');
    model.put('z', '1');
    model.compact();
    await passTime(bench, () => held.length > 0);
    // Meanwhile the old cache serves.
    expect(contentsOf(reflector)).toEqual(
      new Map([
        ['a/x', '1'],
        ['a/y', '1'],
      ]),
    );
    expect(reflector.hasSynced).toBe(true);
    model.fault = undefined;
    for (const release of held) release();
    await passTime(bench, () => reflector.get('a/z') !== undefined);
    await agree(bench);
    // y did not change, so nobody hears of it.
    expect(events.sort()).toEqual(['added a/z', 'deleted a/x']);
  });

  it('for ever is asked about with growing pauses', async () => {
    const bench = await synced();
    const { model, disconnects } = bench;
    model.fault = (request, response) => {
      if (request.url.searchParams.get('watch') !== 'true') return false;
      response.write(eventLine('ERROR', status(410, 'Expired')));
      return true;
    };
    model.endWatches('reset');
    for (let i = 1; i <= 8; i += 1) await afterDisconnect(bench, i);
    await expect.poll(() => disconnects.length).toBe(9);
    expect(disconnects.at(-1)?.wait).toBe(15_000);
    expect(model.server.requests.length).toBeLessThan(25);
  });
});

describe('silence', () => {
  it('of 150 s ends a watch, bookmarks or not before; the next goes on from there', async () => {
    const bench = await synced();
    const { model, clock, reflector, disconnects, asked } = bench;
    const heard = reflector.lastActivity();
    await clock.advance(100_000);
    model.bookmark();
    await expect.poll(() => reflector.lastActivity()).toBe(heard + 100_000);
    const { version } = model;
    await clock.advance(149_000);
    expect(disconnects).toEqual([]);
    await clock.advance(1000);
    await afterDisconnect(bench, 1);
    expect(disconnects[0]).toMatchObject({ wait: 800, error: { code: 'ERR_KUBE_TIMEOUT' } });
    model.put('z', '1');
    await agree(bench);
    expect(asked()).toEqual(['initial', `watch ${version}`]);
  });

  it('from the very start of a watch makes its version doubtful: a restored API server counts anew', async () => {
    const bench = await synced();
    const { model, clock, asked, events } = bench;
    for (let i = 0; i < 20; i += 1) model.put('x', `v${i}`);
    await agree(bench);
    model.endWatches('reset');
    model.restore(3);
    model.delete('y');
    model.put('x', 'restored');
    await afterDisconnect(bench, 1);
    await expect.poll(() => asked().length).toBe(2);
    expect(asked()[1]).toBe('watch 23');
    // No answer comes to a watch from a version that is yet to be.
    await clock.advance(30_000);
    await afterDisconnect(bench, 2);
    await agree(bench);
    expect(asked()[2]).toBe('initial');
    expect(events).toContain('deleted a/y');
  });

  it('with the head of the answer does too', async () => {
    const bench = await synced();
    const { model, clock, asked } = bench;
    model.fault = (request, response) => {
      if (!request.url.searchParams.has('resourceVersion')) return false;
      response.writeHead(200).flushHeaders();
      return true;
    };
    model.endWatches('reset');
    await afterDisconnect(bench, 1);
    await expect.poll(() => asked().length).toBe(2);
    await expect.poll(() => clock.timers).toBe(1);
    await clock.advance(150_000);
    await afterDisconnect(bench, 2);
    await expect.poll(() => asked()[2]).toBe('initial');
  });
});

describe('refusals', () => {
  it('by flow control are heeded', async () => {
    const bench = await synced();
    const { model, clock, disconnects } = bench;
    model.fault = (_request, response) => {
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '17' });
      return true;
    };
    model.endWatches('reset');
    await afterDisconnect(bench, 1);
    await expect.poll(() => disconnects.length).toBe(2);
    expect(disconnects[1]).toMatchObject({ wait: 17_000, error: { code: 'ERR_KUBE_THROTTLED' } });
    const asked = model.server.requests.length;
    await clock.advance(16_000);
    expect(model.server.requests.length).toBe(asked);
    model.fault = undefined;
    model.put('z', '1');
    await clock.advance(1000);
    await agree(bench);
  });

  it.each([400, 404, 422, 500])('with %i of a watch, three times, lead to a new listing', async (code) => {
    const bench = await synced();
    const { model, asked } = bench;
    const { version } = model;
    model.fault = (request, response) => {
      if (!request.url.searchParams.has('resourceVersion')) return false;
      answer(response, code, status(code, ''));
      return true;
    };
    model.endWatches('reset');
    for (let i = 1; i <= 4; i += 1) await afterDisconnect(bench, i);
    await expect.poll(() => asked().length).toBe(5);
    const resumed = `watch ${version}`;
    expect(asked()).toEqual(['initial', resumed, resumed, resumed, 'initial']);
  });

  it.each([401, 403, 404, 429, 500, 503])('with %i from the start are survived', async (code) => {
    const bench = await reflectorBench();
    const { model, reflector, disconnects } = bench;
    model.put('x', '1');
    const refuse = (_request: unknown, response: ServerResponse): boolean => {
      answer(response, code, status(code, ''));
      return true;
    };
    model.fault = refuse;
    reflector.start();
    await passTime(bench, () => disconnects.length === 5);
    expect(reflector.hasSynced).toBe(false);
    model.fault = undefined;
    await passTime(bench, () => reflector.hasSynced);
    await agree(bench);
  });
});
