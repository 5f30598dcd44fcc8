// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
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
    const { server, transport } = await bench(() => undefined);
    const controller = new AbortController();
    const call = failure(transport.request({ ...read, signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    expect(await call).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    await expect.poll(() => server.connections()).toBe(0);
    expect(await codeOf(transport.request({ ...read, signal: controller.signal }))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(server.requests).toHaveLength(1);
  });
});
