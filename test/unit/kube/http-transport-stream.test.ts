// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import type { KubeRequest } from '../../../src/kube/transport.ts';
import { answer, status } from './scripted-server.ts';
import { bench, closeAll, codeOf, failure, read, write } from './transport-bench.ts';

afterEach(closeAll);

describe('streams', () => {
  const watch: KubeRequest = { ...read, verb: 'watch' };

  it('hand on what comes, and end when the server says so', async () => {
    const { transport, calls } = await bench((_request, response) => {
      response.write('one');
      setImmediate(() => response.end('two'));
    });
    let text = '';
    let opened = 0;
    await transport.stream(watch, { open: () => (opened += 1), chunk: (bytes) => (text += bytes.toString()) });
    expect(text).toBe('onetwo');
    expect(opened).toBe(1);
    expect(calls.map(({ code }) => code)).toEqual(['200']);
  });

  it('give way to others when they have much to say, and lose nothing', async () => {
    // Every look at the clock takes 15 ms, so that each chunk has used up its turn.
    let time = 0;
    const clock = { ...systemClock, monotonic: () => (time += 15) };
    const text = 'ß'.repeat(2_000_000);
    const { transport } = await bench((_request, response) => void response.end(text), { clock });
    const chunks: Buffer[] = [];
    const turns = new Set<number>();
    let turn = 0;
    let done = false;
    const others = (): void => {
      turn += 1;
      if (!done) setImmediate(others);
    };
    others();
    await transport.stream(
      { ...watch, deadline: 1_000_000 },
      {
        chunk: (bytes) => {
          turns.add(turn);
          chunks.push(bytes);
        },
      },
    );
    done = true;
    expect(Buffer.concat(chunks).toString()).toBe(text);
    expect(turns.size).toBeGreaterThan(chunks.length / 3);
  });

  it('fail with the Status of a refusal, once, and hand on nothing', async () => {
    const { server, transport, calls } = await bench((_request, response) =>
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '3' }),
    );
    const error = await failure(transport.stream(watch, { chunk: () => expect.fail('no chunk') }));
    expect(error).toMatchObject({ code: 'ERR_KUBE_THROTTLED', retryAfter: 3000 });
    expect(server.requests).toHaveLength(1);
    expect(calls.map(({ code }) => code)).toEqual(['429']);
  });

  it('fail when the connection does', async () => {
    const { transport } = await bench((request, response) => {
      response.write('one');
      setTimeout(() => request.socket.resetAndDestroy(), 5);
    });
    expect(await codeOf(transport.stream(watch, { chunk: () => undefined }))).toBe('ERR_KUBE_UNAVAILABLE');
  });

  it('have a deadline for their head only', async () => {
    const { transport } = await bench((request, response) => {
      if (request.url.searchParams.has('never')) return;
      response.write('one');
      setTimeout(() => response.end('two'), 60);
    });
    let text = '';
    await transport.stream({ ...watch, deadline: 40 }, { chunk: (bytes) => (text += bytes.toString()) });
    expect(text).toBe('onetwo');
    const never = { ...watch, query: { never: '1' }, deadline: 20 };
    expect(await codeOf(transport.stream(never, { chunk: () => undefined }))).toBe('ERR_KUBE_TIMEOUT');
  });

  it('end with the signal, and hand on nothing more', async () => {
    const { server, transport } = await bench((_request, response) => {
      const timer = setInterval(() => response.write('x'), 1);
      response.on('close', () => clearInterval(timer));
    });
    const controller = new AbortController();
    let after = 0;
    const stream = failure(
      transport.stream(
        { ...watch, signal: controller.signal },
        {
          chunk: () => {
            if (controller.signal.aborted) after += 1;
            controller.abort();
          },
        },
      ),
    );
    expect(await stream).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    await expect.poll(() => server.connections()).toBe(0);
    expect(after).toBe(0);
  });

  it('end with what their sink throws', async () => {
    const { transport } = await bench((_request, response) => void response.write('one'));
    const thrown = await failure(transport.request({ ...write, verb: 'patch' }));
    const stream = transport.stream(watch, {
      chunk: () => {
        throw thrown as Error;
      },
    });
    expect(await failure(stream)).toBe(thrown);
  });
});
