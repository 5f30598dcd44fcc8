// SPDX-License-Identifier: Apache-2.0
/**
 * A front of the API server that passes everything on and notes what was asked and what came back: whether a key was
 * in it, which no audit log tells.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import { parse, stringify } from 'yaml';
import type { Installation } from '../../support/signet-process.ts';

export interface Exchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  /** Whether a private key was sent to, or came back from, the API server. */
  readonly keyIn: boolean;
  readonly keyOut: boolean;
}

export interface ListeningProxy {
  readonly exchanges: Exchange[];
  /** Whether an answer is kept back: the request has its effect, and whoever asked hears nothing of it. */
  withholds: (exchange: Pick<Exchange, 'method' | 'path'>) => boolean;
  /** How many answers were kept back. */
  withheld: number;
  /** How many seconds later a request is to come again that is not passed on; undefined: it is passed on. */
  throttles: (exchange: Pick<Exchange, 'method' | 'path'>) => number | undefined;
  /** How many requests were told to come again. */
  throttled: number;
  /** A kubeconfig for the controller that leads through here. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: { readonly cluster: { server: string; 'certificate-authority-data'?: string } }[];
  readonly users: { readonly user: { readonly token?: string } }[];
}

/** Base64 of `-----BEGIN PRIV`, as it stands in a Secret. */
const KEY_MARK = 'LS0tLS1CRUdJTiBQUklW';

/** Starts a proxy with the rights of the controller's account: it adds the token, which plain HTTP does not carry. */
export async function listenTo({ kubeconfig, directory }: Installation): Promise<ListeningProxy> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const [entry] = config.clusters;
  const { token = '' } = config.users[0]?.user ?? {};
  if (entry === undefined) throw new Error(`${kubeconfig} names no cluster`);
  const { server, 'certificate-authority-data': ca } = entry.cluster;
  const agent = new Agent({
    bodyTimeout: 0,
    headersTimeout: 0,
    connect: ca === undefined ? {} : { ca: Buffer.from(ca, 'base64').toString('utf8') },
  });
  const proxy: ListeningProxy = {
    exchanges: [],
    withholds: () => false,
    withheld: 0,
    throttles: () => undefined,
    throttled: 0,
    kubeconfig: path.join(directory, 'proxy.kubeconfig'),
    close: async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
      await agent.destroy();
    },
  };
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = incoming;
    const sent = await bytesOf(incoming);
    const asked = { method, path: url.split('?')[0] ?? '' };
    const retryAfter = proxy.throttles(asked);
    if (retryAfter !== undefined) {
      proxy.throttled += 1;
      outgoing.writeHead(429, { 'retry-after': String(retryAfter) }).end();
      return;
    }
    const { 'content-type': type = 'application/json', accept = '*/*' } = incoming.headers;
    const ending = new AbortController();
    outgoing.once('close', () => ending.abort());
    const answer = await request(`${server}${url}`, {
      method: method as 'GET',
      dispatcher: agent,
      headers: { accept, 'content-type': type, authorization: `Bearer ${token}` },
      body: sent.length === 0 ? null : sent,
      signal: ending.signal,
    });
    if (proxy.withholds(asked)) {
      proxy.withheld += 1;
      await answer.body.dump();
      return;
    }
    const { 'transfer-encoding': _, connection: __, ...headers } = answer.headers;
    outgoing.writeHead(answer.statusCode, headers);
    outgoing.flushHeaders();
    let keyOut = false;
    const listen = async function* (body: AsyncIterable<Buffer>) {
      for await (const chunk of body) {
        keyOut ||= chunk.includes(KEY_MARK);
        yield chunk;
      }
    };
    const note = () =>
      proxy.exchanges.push({
        ...asked,
        status: answer.statusCode,
        keyIn: sent.includes(KEY_MARK),
        keyOut,
      });
    // A watch is noted at its end, if ever; what counts are single calls.
    await pipeline(answer.body, listen, outgoing).finally(note);
  };
  const front = createServer((incoming, outgoing) => {
    // The controller sees a broken connection, as with any proxy, and copes.
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  entry.cluster.server = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  await writeFile(proxy.kubeconfig, stringify(config), { mode: 0o600 });
  return proxy;
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
