// SPDX-License-Identifier: Apache-2.0
/**
 * A plain HTTP server in front of a real API server, for the faults that only a server can produce: refusals, errors
 * and garbage inside a stream. Whatever it is not told to spoil it forwards.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Access, Cluster } from '../../../src/kube/cluster.ts';

/** True when it has answered the request itself. */
export type FrontFault = (request: IncomingMessage, response: ServerResponse) => boolean;

export class FaultFront {
  readonly #access: Access;
  readonly #upstream: URL;
  readonly #server: Server;
  readonly #watches = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  fault: FrontFault | undefined;

  private constructor(cluster: Cluster, access: Access) {
    this.#upstream = new URL(cluster.server);
    this.#access = access;
    this.#server = createServer((request, response) => {
      if (this.fault?.(request, response) !== true) this.#forward(request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(cluster: Cluster): Promise<FaultFront> {
    const front = new FaultFront(cluster, await cluster.access(false));
    await new Promise<void>((resolve) => {
      front.#server.listen(0, '127.0.0.1', resolve);
    });
    return front;
  }

  /** The same cluster through this front. */
  get cluster(): Cluster {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: `http://127.0.0.1:${port}`,
      access: () => Promise.resolve({ tls: {} }),
    };
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Puts bytes into every open watch, between two events of the API server or inside one. */
  say(bytes: string): void {
    for (const watch of this.#watches) watch.write(bytes);
  }

  /** Ends every open watch in good order. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { ca, certificate, privateKey } = this.#access.tls;
    const authorization = this.#access.authorization;
    const upstream = httpsRequest(
      {
        host: this.#upstream.hostname,
        port: this.#upstream.port,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(ca === undefined ? {} : { ca }),
        ...(certificate === undefined ? {} : { cert: certificate }),
        ...(privateKey === undefined ? {} : { key: privateKey }),
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        if (request.url?.includes('watch=true') === true) this.#watches.add(response);
        answer.on('data', (chunk: Buffer) => void (response.writableEnded || response.write(chunk)));
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
      },
    );
    upstream.on('error', () => response.destroy());
    response.on('close', () => {
      this.#watches.delete(response);
      upstream.destroy();
    });
    request.pipe(upstream);
  }
}
