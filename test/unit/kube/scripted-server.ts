// SPDX-License-Identifier: Apache-2.0
/**
 * A plain HTTP server that answers each request as the test says, for faults only a server can produce.
 * @module
 */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Access, Cluster } from '../../../src/kube/cluster.ts';

export interface ScriptedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The connection it came by; equal for two requests over one connection. */
  readonly socket: Socket;
}

export type Script = (request: ScriptedRequest, response: ServerResponse, index: number) => void | Promise<void>;

export interface ScriptedServer {
  readonly url: string;
  readonly requests: ScriptedRequest[];
  readonly connections: () => number;
  /** `authorization` is read anew at every access. */
  cluster(authorization?: () => string): Cluster;
  close(): Promise<void>;
}

export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const scripted: ScriptedRequest = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://server'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        socket: request.socket,
      };
      requests.push(scripted);
      void script(scripted, response, requests.length - 1);
    });
    request.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    connections: () => sockets.size,
    cluster: (authorization) => ({
      server: url,
      namespace: 'default',
      access: (): Promise<Access> =>
        Promise.resolve({ tls: {}, ...(authorization === undefined ? {} : { authorization: authorization() }) }),
    }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Answers with JSON. */
export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A metav1.Status body. */
export function status(code: number, reason: string, message = reason, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}
