// SPDX-License-Identifier: Apache-2.0

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { isSignetError, SignetError } from '../../../src/errors.ts';
import { createObject } from '../../../src/kube/resource-calls.ts';
import { SECRETS } from '../../../src/kube/resources.ts';
import { withPermit } from '../../../src/kube/transport.ts';
import { answer, type Script, scriptedServer, status } from './scripted-server.ts';
import { bench, closeAll, codeOf, failure, opened, read, transportTo, write } from './transport-bench.ts';

afterEach(closeAll);

const throttle: Script = (_request, response) =>
  answer(response, 429, status(429, 'TooManyRequests', 'Too many requests'), { 'retry-after': '0' });

describe('repetition', () => {
  it('comes after 429, for writes as well', async () => {
    const { server, transport } = await bench((request, response, index) =>
      index < 2 ? throttle(request, response, index) : answer(response, 201, { created: true }),
    );
    await expect(transport.request(write)).resolves.toEqual({ created: true });
    expect(server.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  it('does not come once its permit is withdrawn', async () => {
    const { server, transport } = await bench((request, response, index) => {
      allowed = index < 1;
      void throttle(request, response, index);
    });
    let allowed = true;
    const permit = (): void => {
      if (!allowed) throw new SignetError('ERR_NOT_SIGNING', 'the Lease is lost');
    };
    const permitted = withPermit(transport, permit);
    expect(await codeOf(permitted.request(write))).toBe('ERR_NOT_SIGNING');
    expect(server.requests).toHaveLength(2);
    expect(await codeOf(permitted.request(write))).toBe('ERR_NOT_SIGNING');
    expect(server.requests).toHaveLength(2);
    expect(await codeOf(permitted.request(read))).toBe('ERR_KUBE_THROTTLED');
  });

  it('ends in a storm', async () => {
    const { server, transport } = await bench(throttle);
    const error = await failure(transport.request(write));
    expect(error).toMatchObject({ code: 'ERR_KUBE_THROTTLED', retryAfter: 0 });
    expect(server.requests.length).toBeLessThanOrEqual(6);
  });

  it('leaves a longer wait to the caller', async () => {
    const { server, transport } = await bench((_request, response) =>
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '60' }),
    );
    const error = await failure(transport.request(write));
    expect(error).toMatchObject({ code: 'ERR_KUBE_THROTTLED', retryAfter: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['before an answer', (socket: Socket): void => void socket.resetAndDestroy()],
    [
      'inside an answer',
      (socket: Socket): void => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a"', () => socket.destroy());
      },
    ],
  ])('of a read, not of a write, comes after a connection that ends %s', async (_when, end) => {
    const { server, transport } = await bench((request, response, index) => {
      if (index < 2) end(request.socket);
      else answer(response, 200, {});
    });
    await expect(transport.request(read)).resolves.toEqual({});
    expect(server.requests).toHaveLength(3);
    server.requests.length = 0;
    const other = await bench((request) => end(request.socket));
    expect(await codeOf(other.transport.request(write))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(other.server.requests).toHaveLength(1);
  });

  it('of a write comes when there was no connection', async () => {
    const { server, transport, calls } = await bench(() => undefined);
    await server.close();
    expect(await codeOf(transport.request(write))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.length).toBeLessThanOrEqual(4);
  });

  it('does not come after 500 to a write', async () => {
    const { server, transport } = await bench((_request, response) =>
      answer(response, 500, status(500, 'ServerTimeout', 'x', { retryAfterSeconds: 0.01 }), { 'retry-after': '0' }),
    );
    expect(await codeOf(transport.request(write))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(server.requests).toHaveLength(1);
  });
});

describe('credentials', () => {
  it.each([
    ['new', 'done'],
    ['old', 'ERR_KUBE_UNAUTHORIZED'],
  ])('are read again at once when refused, and tried once more: %s', async (after, expected) => {
    let token = 'old';
    const server = opened(
      await scriptedServer((request, response) => {
        if (request.headers.authorization === 'Bearer new') answer(response, 200, {});
        else answer(response, 401, status(401, 'Unauthorized'));
        token = after;
      }),
    );
    const cluster = server.cluster(() => `Bearer ${token}`);
    const transport = transportTo({ cluster });
    const outcome = transport.request(write).then(
      () => 'done',
      (error: unknown) => (isSignetError(error) ? error.code : String(error)),
    );
    expect(await outcome).toBe(expected);
    expect(server.requests).toHaveLength(2);
  });

  it('that can not be read fail the call', async () => {
    const { server } = await bench(() => undefined);
    const cluster = { ...server.cluster(), access: () => Promise.reject(new Error('no file')) };
    const transport = transportTo({ cluster });
    await expect(transport.request(read)).rejects.toThrow('no file');
  });

  it('that take too long to come count against the deadline', async () => {
    const { server } = await bench(() => undefined);
    const cluster = { ...server.cluster(), access: () => new Promise<never>(() => undefined) };
    const transport = transportTo({ cluster });
    expect(await codeOf(transport.request({ ...read, deadline: 20 }))).toBe('ERR_KUBE_TIMEOUT');
  });
});

describe('answers that are none', () => {
  it('are errors without their content', async () => {
    const { transport } = await bench((_request, response) => answer(response, 200, '{"tls.key": hunter2'));
    const error = await failure(transport.request(read));
    expect(error).toMatchObject({ code: 'ERR_KUBE_PROTOCOL' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('of no HTTP at all are too', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end('\u0000\u0001 hunter2 garbage\r\n\r\n'));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    opened({ close: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
    const cluster = {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      namespace: '',
      access: () => Promise.resolve({ tls: {} }),
    };
    const transport = transportTo({ cluster });
    const error = await failure(transport.request(write));
    expect(error).toMatchObject({ code: 'ERR_KUBE_PROTOCOL' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('never bring what was sent into an error', async () => {
    const body = { metadata: { name: 'x' }, data: { 'tls.key': 'hunter2hunter2' } };
    const { transport } = await bench((_request, response) => answer(response, 400, status(400, 'BadRequest', 'no')));
    const error = await failure(createObject(transport, SECRETS, { namespace: 'a', body }));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('that are empty are undefined', async () => {
    const { transport } = await bench((_request, response) => answer(response, 200, ''));
    await expect(transport.request(read)).resolves.toBeUndefined();
  });
});
