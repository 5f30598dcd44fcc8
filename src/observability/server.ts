// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTP server for probes and metrics. It answers three paths, reads no body and changes nothing.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { SECOND } from '../time.ts';
import { Connections } from './connections.ts';
import { formatReport, type HealthChecks, judge } from './health.ts';
import { listen } from './listen.ts';

export interface ObservabilityServerOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  readonly live: HealthChecks;
  readonly ready: HealthChecks;
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> };
  /** Told when an answer could not be made. */
  readonly onProblem: (error: unknown) => void;
}

const PLAIN = 'text/plain; charset=utf-8';
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5 * SECOND,
  requestTimeout: 5 * SECOND,
  keepAliveTimeout: 10 * SECOND,
  connectionsCheckingInterval: 5 * SECOND,
} as const;
const MAX_CONNECTIONS = 64;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export class ObservabilityServer {
  readonly #options: ObservabilityServerOptions;
  readonly #server: Server;

  constructor(options: ObservabilityServerOptions) {
    this.#options = options;
    this.#server = createServer(LIMITS, (request, response) => void this.#handle(request, response));
    const connections = new Connections<Socket>(MAX_CONNECTIONS);
    this.#server.on('connection', (socket: Socket) => connections.take(socket));
  }

  /** Resolves to where it listens. Rejects with ERR_CONFIG when it cannot. */
  start(): Promise<AddressInfo> {
    const { host, port, onProblem } = this.#options;
    return listen(this.#server, { host, port, flag: '--metrics-address', onError: onProblem });
  }

  async stop(): Promise<void> {
    if (this.#server.listening) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
      await promise;
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      this.#options.onProblem(error);
      answer = plain(500, 'the answer could not be made; the log says why\n');
    }
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  async #answer({ method, url = '' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') {
      return plain(405, 'only GET and HEAD are answered\n');
    }
    const [path = '', query = ''] = url.split('?', 2);
    const { live, ready, metrics } = this.#options;
    switch (path) {
      case '/livez':
        return health('livez', live, query);
      case '/readyz':
        return health('readyz', ready, query);
      case '/metrics':
        return { status: 200, type: metrics.contentType, body: await metrics.scrape() };
      default:
        return plain(404, 'not found; there are /livez, /readyz and /metrics\n');
    }
  }
}

/** `ok`, or the list of checks when one failed or `?verbose` asks for it. */
function health(name: string, checks: HealthChecks, query: string): Answer {
  const report = judge(checks);
  const verbose = !report.healthy || new URLSearchParams(query).has('verbose');
  return plain(report.healthy ? 200 : 503, verbose ? formatReport(name, report) : 'ok\n');
}

function plain(status: number, body: string): Answer {
  return { status, type: PLAIN, body };
}
