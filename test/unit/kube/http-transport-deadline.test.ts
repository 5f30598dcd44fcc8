// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { withSignal } from '../../../src/kube/transport.ts';
import { answer } from './scripted-server.ts';
import { bench, closeAll, codeOf, failure, read, write } from './transport-bench.ts';

afterEach(closeAll);

describe('deadlines', () => {
  it('end a call that gets no answer, and its connection only', async () => {
    const { server, transport } = await bench((request, response) => {
      if (request.url.searchParams.has('slow')) return;
      answer(response, 200, {});
    });
    const late = { ...read, query: { slow: '1' }, deadline: 30 };
    expect(await codeOf(transport.request(late))).toBe('ERR_KUBE_TIMEOUT');
    await expect.poll(() => server.connections()).toBe(0);
    await expect(transport.request(read)).resolves.toEqual({});
  });

  it.each([
    ['of a call', () => ({ ...read, deadline: 1600 })],
    [
      'of several calls',
      () => {
        const over = new AbortController();
        setTimeout(() => over.abort(new SignetError('ERR_KUBE_TIMEOUT', 'all of it took too long')), 1600);
        return { ...read, signal: over.signal };
      },
    ],
  ] as const)(
    '%s that pass without an answer take the idle connections of the lane out of use, which may be as dead',
    async (_, late) => {
      const held = Promise.withResolvers<void>();
      const dead = new Set<unknown>();
      const { server, transport } = await bench(async (request, response) => {
        if (dead.has(request.socket)) return;
        if (request.url.searchParams.has('held')) await held.promise;
        answer(response, 200, {});
      });
      const both = [
        transport.request({ ...read, query: { held: '1' } }),
        transport.request({ ...read, query: { held: '2' } }),
      ];
      await expect.poll(() => server.requests.length).toBe(2);
      held.resolve();
      await Promise.all(both);
      for (const { socket } of server.requests) dead.add(socket);
      // Connections count as idle once the answers' events are over.
      await setImmediate();
      expect(await codeOf(transport.request(late()))).toBe('ERR_KUBE_TIMEOUT');
      await expect(transport.request({ ...read, deadline: 5000 })).resolves.toEqual({});
      expect(new Set(server.requests.map((request) => request.socket)).size).toBe(3);
      await expect.poll(() => server.connections()).toBe(1);
    },
  );

  it('that pass soon after a call was sent leave the other connections alone: the server may only be slow', async () => {
    const { server, transport } = await bench((request, response) => {
      if (!request.url.searchParams.has('slow')) answer(response, 200, {});
    });
    await Promise.all([transport.request(read), transport.request(read)]);
    await expect.poll(() => server.connections()).toBe(2);
    expect(await codeOf(transport.request({ ...read, query: { slow: '1' }, deadline: 100 }))).toBe('ERR_KUBE_TIMEOUT');
    await transport.request(read);
    expect(new Set(server.requests.map((request) => request.socket)).size).toBe(2);
  });

  it('hold while an answer trickles', async () => {
    const { transport } = await bench((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await codeOf(transport.request({ ...read, deadline: 50 }))).toBe('ERR_KUBE_TIMEOUT');
  });

  it('drop what still waits for a connection, without ending the connection', async () => {
    const release = Promise.withResolvers<void>();
    const { server, transport } = await bench(
      async (request, response) => {
        if (request.method === 'GET') await release.promise;
        answer(response, 200, {});
      },
      { connections: 1 },
    );
    const first = transport.request(read);
    const queued = { ...write, body: { queued: true }, deadline: 30 };
    expect(await codeOf(transport.request(queued))).toBe('ERR_KUBE_TIMEOUT');
    release.resolve();
    await first;
    await transport.request({ ...write, body: { queued: false } });
    expect(server.requests.map((request) => request.body)).toEqual(['', '{"queued":false}']);
    expect(new Set(server.requests.map((request) => request.socket)).size).toBe(1);
  });

  it('give way to the signal of the caller', async () => {
    const { server, transport, calls } = await bench(() => undefined);
    const controller = new AbortController();
    const call = failure(transport.request({ ...read, signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    expect(await call).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    await expect.poll(() => server.connections()).toBe(0);
    expect(await codeOf(transport.request({ ...read, signal: controller.signal }))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(server.requests).toHaveLength(1);
    // What was never made is not counted, and what was cut off is no verdict on the API server.
    expect(calls.map(({ code }) => code)).toEqual(['canceled']);
  });

  it('never repeat a write that was cut off', async () => {
    const { server, transport } = await bench(() => undefined);
    const controller = new AbortController();
    const call = failure(transport.request({ ...write, signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    expect(await call).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE', message: expect.stringMatching(/canceled$/) });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a transport with a signal', () => {
  it('ends every kind of call when it is aborted, and leaves the transport alone', async () => {
    const { server, transport } = await bench((request, response) => {
      if (!request.url.searchParams.has('slow')) answer(response, 200, { ok: true });
    });
    const controller = new AbortController();
    const own = new AbortController();
    const bound = withSignal(transport, controller.signal);
    const slow = { ...read, query: { slow: '1' } };
    const running = [
      failure(bound.request(slow)),
      failure(bound.requestBytes(slow)),
      failure(bound.stream({ ...slow, verb: 'watch' }, { chunk: () => undefined })),
      failure(bound.request({ ...slow, signal: own.signal })),
    ];
    await expect.poll(() => server.requests.length).toBe(4);
    controller.abort();
    for (const error of await Promise.all(running)) expect(error).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    await expect(transport.request(read)).resolves.toEqual({ ok: true });
  });

  it('still gives way to the signal of a single call', async () => {
    const { server, transport } = await bench(() => undefined);
    const own = new AbortController();
    const call = failure(withSignal(transport, new AbortController().signal).request({ ...read, signal: own.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    own.abort();
    expect(await call).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
  });
});
