// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTPS server over real connections: TLS 1.3 alone, certificates that change under open connections, limits, and a
 * stop that loses nothing.
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { createServingFiles, type ServingFiles } from '../../../src/pki/serving-certificate.ts';
import { HOUR } from '../../../src/time.ts';
import { WebhookServer } from '../../../src/webhook/server.ts';
import { aRequest, bytesOf, type Heard, handlerDeps, reviewOf } from '../../support/admission.ts';

let first: ServingFiles;
let second: ServingFiles;
let server: WebhookServer;
let heard: Heard;
let port = 0;

beforeAll(async () => {
  const now = Date.now();
  const wanted = { dnsNames: ['localhost'], notBefore: now - HOUR, notAfter: now + HOUR };
  [first, second] = await Promise.all([createServingFiles(wanted), createServingFiles(wanted)]);
});

beforeEach(async () => {
  const { deps, heard: all } = handlerDeps();
  heard = all;
  server = new WebhookServer({ host: '127.0.0.1', port: 0, handler: deps, clock: systemClock, shutdownDelay: 50 });
  ({ port } = await server.start());
  server.setCertificate(first);
});

afterEach(() => server.stop());

interface Sent {
  readonly status: number | undefined;
  readonly body: string;
  readonly connection: string | undefined;
}

interface Options {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly ca?: Buffer;
  readonly agent?: Agent;
}

function send(
  body: Buffer,
  { method = 'POST', path = '/review', headers = {}, ca, agent }: Options = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const own = { host: '127.0.0.1', servername: 'localhost', port, method, path };
    const length = 'transfer-encoding' in headers ? {} : { 'content-length': String(body.length) };
    const call = request(
      {
        ...own,
        ca: ca ?? first.authority,
        headers: { ...length, ...headers },
        ...(agent === undefined ? { agent: false } : { agent }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode, body: text, connection: response.headers.connection }),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

function version(maxVersion: 'TLSv1.2' | 'TLSv1.3', ca: Buffer): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTLS({ host: '127.0.0.1', port, servername: 'localhost', ca, maxVersion });
    socket.once('error', (error) => resolve(error.message));
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
  });
}

/** As with a peer that does not read: what is written never leaves. */
function shut(message: unknown): void {
  const { socket } = message as { socket: Socket };
  Object.assign(socket, { _write: () => undefined, _writev: () => undefined });
}

const REVIEW = bytesOf(reviewOf(aRequest()));

describe('a connection', () => {
  it('speaks TLS 1.3 and nothing older, also after a change of the certificate', async () => {
    expect(await version('TLSv1.3', first.authority)).toBe('TLSv1.3');
    expect(await version('TLSv1.2', first.authority)).toMatch(/protocol version/);
    server.setCertificate(second);
    expect(await version('TLSv1.3', second.authority)).toBe('TLSv1.3');
    expect(await version('TLSv1.2', second.authority)).toMatch(/protocol version/);
  });

  it('that is open outlives a change of the certificate; a new one gets the new one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send(REVIEW, { agent })).status).toBe(200);
    const key = Buffer.from(second.key);
    server.setCertificate({ certificate: second.certificate, key });
    // The holder of the key may forget it.
    key.fill(0);
    expect((await send(REVIEW, { agent })).status).toBe(200);
    expect((await send(REVIEW, { ca: second.authority })).status).toBe(200);
    await expect(send(REVIEW, { ca: first.authority })).rejects.toThrow();
    agent.destroy();
  });

  it('of somebody else is not kept out by one who takes all there are', async () => {
    const crowd = Array.from({ length: 1100 }, () =>
      connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' }).on('error', () => undefined),
    );
    await Promise.all(crowd.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect((await send(REVIEW)).status).toBe(200);
    for (const socket of crowd) socket.destroy();
  });

  it('without TLS gets nothing', async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      let text = '';
      socket.on('data', (part) => (text += part.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
    expect(said).not.toContain('HTTP/');
  });
});

describe('a request', () => {
  it('of 6 MiB, two objects as large as the API server takes them, is answered', async () => {
    const filler = 'x'.repeat(3 * 1024 * 1024);
    const object = { metadata: { annotations: { filler } }, spec: { serviceAccountName: 'checkout' } };
    const body = bytesOf(reviewOf(aRequest({ operation: 'UPDATE', object, oldObject: object })));
    const { status, body: text } = await send(body);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ response: { allowed: true } });
  });

  it.each<[string, number, Buffer, Options]>([
    ['that is too large', 413, Buffer.alloc(8 * 1024 * 1024 + 1), {}],
    ['that says it is larger than anything', 411, Buffer.alloc(1), { headers: { 'content-length': '99999999999' } }],
    ['that is compressed', 415, REVIEW, { headers: { 'content-encoding': 'gzip' } }],
    ['of another path', 404, REVIEW, { path: '/' }],
    ['of another method', 405, REVIEW, { method: 'PUT' }],
    ['that is no review', 400, Buffer.from('{}'), {}],
    ['that is empty', 400, Buffer.alloc(0), {}],
  ])('%s gets %i', async (_what, status, body, options) => {
    // A server that does not read on may cut the connection before its answer was seen.
    const sent = await send(body, options).catch((error: Error & { code?: string }) => error.code);
    if (typeof sent === 'object') expect(sent.status).toBe(status);
    else expect(sent).toMatch(/EPIPE|ECONNRESET/);
    expect(heard.refused).toEqual([status]);
  });

  it('that announces much and sends nothing keeps nobody out', async () => {
    const connected = { host: '127.0.0.1', port, servername: 'localhost', ca: first.authority };
    const announce = `POST /review HTTP/1.1\r\nhost: x\r\ncontent-length: ${8 * 1024 * 1024}\r\n\r\n`;
    const idle = Array.from({ length: 9 }, () => {
      const socket = connectTLS(connected, () => socket.write(announce));
      socket.on('error', () => undefined);
      return socket;
    });
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('secureConnect', resolve))));
    expect((await send(REVIEW)).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  it.each([
    ['was answered', 400, (body: Buffer) => body],
    ['is half there', 503, (body: Buffer) => body.subarray(1)],
  ])(
    'that %s, by somebody who takes no answer, gives its room back where there is too little',
    async (_, status, sent) => {
      subscribe('http.server.request.start', shut);
      const body = Buffer.alloc(7.5 * 1024 * 1024, 'x');
      const crowd = Array.from({ length: 9 }, () => {
        const head = `POST /review HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
        const socket = connectTLS({ host: '127.0.0.1', port, servername: 'localhost', ca: first.authority });
        socket.on('error', () => undefined).write(head);
        socket.write(sent(body));
        return socket.resume();
      });
      await Promise.race(crowd.map((socket) => once(socket, 'close')));
      expect(heard.refused).toContain(status);
      unsubscribe('http.server.request.start', shut);
      for (const socket of crowd) socket.destroy();
    },
  );

  it('of another path or method ends its connection', async () => {
    const agent = new Agent({ keepAlive: true });
    expect(await send(Buffer.alloc(0), { agent, path: '/' })).toMatchObject({ status: 404, connection: 'close' });
    expect(await send(Buffer.alloc(0), { agent, method: 'PUT' })).toMatchObject({ status: 405, connection: 'close' });
    agent.destroy();
  });

  it('without a length is not read', async () => {
    const { status } = await send(Buffer.alloc(0), { headers: { 'transfer-encoding': 'chunked' } });
    expect(status).toBe(411);
  });
});

describe('stop', () => {
  it('answers on for a while and asks API servers to connect elsewhere', async () => {
    const agent = new Agent({ keepAlive: true });
    await send(REVIEW, { agent });
    const stopped = server.stop();
    expect(server.draining).toBe(true);
    const late = await send(REVIEW, { agent });
    expect(late).toMatchObject({ status: 200, connection: 'close' });
    await stopped;
    await expect(send(REVIEW)).rejects.toThrow(/ECONNREFUSED/);
    agent.destroy();
  });
});
