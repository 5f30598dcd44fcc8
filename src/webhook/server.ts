// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTPS server that API servers call: TLS 1.3 alone, bounded in size, number and time, with a certificate that can be
 * changed while it serves.
 * @module
 */
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Clock } from '../controller/clock.ts';
import { Connections } from '../observability/connections.ts';
import { listen } from '../observability/listen.ts';
import { type Duration, SECOND } from '../time.ts';
import { Arrivals } from './arrivals.ts';
import { type Answer, answerReview, type HandlerDeps, refuseRequest } from './handler.ts';

export interface WebhookServerOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  readonly handler: HandlerDeps;
  readonly clock: Clock;
  /** How long it goes on after stop() was called. */
  readonly shutdownDelay: Duration;
}

/** PEM. */
export interface ServingCertificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

const REVIEW_PATH = '/review';
/** Two objects of 3 MiB, which is the most an API server takes, and what is around them. */
const MAX_BODY: number = 8 * 1024 * 1024;
/** Of all requests together, so that nobody who can connect makes the process run out of memory. */
const MAX_IN_FLIGHT: number = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 1024;
const LIMITS = {
  minVersion: 'TLSv1.3',
  maxHeaderSize: 16_384,
  handshakeTimeout: 5 * SECOND,
  headersTimeout: 5 * SECOND,
  requestTimeout: 10 * SECOND,
  // API servers close idle connections after 90 s: whoever closes first must not be us, or a request gets lost.
  keepAliveTimeout: 120 * SECOND,
  connectionsCheckingInterval: 2 * SECOND,
} as const;
/** For requests in flight when everything else is over, and for the answer to one that was refused. */
const LAST_ANSWERS: Duration = 2 * SECOND;

export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #server: Server;
  readonly #arrivals = new Arrivals(MAX_IN_FLIGHT);
  #draining = false;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#server = createServer(LIMITS, this.#app());
    const connections = new Connections<Socket>(MAX_CONNECTIONS);
    this.#server.on('connection', (socket: Socket) => connections.take(socket));
  }

  /** Resolves to where it listens. Rejects with ERR_CONFIG when it cannot. Without a certificate no handshake succeeds. */
  start(): Promise<AddressInfo> {
    const { host, port, handler } = this.#options;
    const onError = (error: Error): void => handler.logger.warn('Webhook server has trouble', { err: error });
    return listen(this.#server, { host, port, flag: '--webhook-address', onError });
  }

  /** New connections get this certificate; those that are open stay. The caller may zero the key. */
  setCertificate({ certificate, key }: ServingCertificate): void {
    // What is left out here would fall back to the defaults of Node.js, the TLS version too.
    this.#server.setSecureContext({ cert: certificate, key, minVersion: LIMITS.minVersion });
  }

  /** Whether stop() was called: no API server should send anything any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Goes on answering until API servers have heard that it is not ready, then closes what is left. */
  async stop(): Promise<void> {
    if (!this.#server.listening || this.#draining) return;
    this.#draining = true;
    await this.#pause(this.#options.shutdownDelay);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const cancel = this.#options.clock.after(LAST_ANSWERS, () => this.#server.closeAllConnections());
    await promise;
    cancel();
  }

  #pause(duration: Duration): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(duration, resolve));
  }

  #app(): express.Express {
    const { handler } = this.#options;
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.use((_request: Request, response: Response, next: NextFunction) => {
      if (this.#draining) response.set('connection', 'close');
      next();
    });
    app.post(
      REVIEW_PATH,
      (request: Request, response: Response, next: NextFunction) => this.#admit(request, response, next),
      express.raw({ type: () => true, limit: MAX_BODY, inflate: false }),
      (request: Request, response: Response, next: NextFunction) => {
        const body: unknown = request.body;
        answerReview(Buffer.isBuffer(body) ? body : Buffer.alloc(0), handler)
          .then((answer) => send(response, answer))
          .catch(next);
      },
    );
    app.all(REVIEW_PATH, (_request: Request, response: Response) => {
      response.set('allow', 'POST');
      this.#refuse(response, 405, 'only POST is answered');
    });
    app.use((_request: Request, response: Response) => {
      this.#refuse(response, 404, `not found; reviews go to ${REVIEW_PATH}`);
    });
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      // Cut short by an answer of ours.
      if (response.headersSent) return;
      const status = statusOf(error);
      this.#refuse(response, status, `the request cannot be read (${status})`);
    });
    return app;
  }

  /** Only requests that say beforehand how large they are, and fit, are read at all. */
  #admit(request: Request, response: Response, next: NextFunction): void {
    const size = /^\d{1,9}$/.test(request.get('content-length') ?? '')
      ? Number(request.get('content-length'))
      : undefined;
    if (size === undefined) {
      this.#refuse(response, 411, 'the request has no Content-Length');
      return;
    }
    if (size > MAX_BODY) {
      this.#refuse(response, 413, `the request has ${size} bytes; at most ${MAX_BODY} are read`);
      return;
    }
    this.#count(request, response);
    next();
  }

  /** Counts what arrived, not what was announced: whoever announces much and sends nothing keeps nobody out. */
  #count(request: Request, response: Response): void {
    // What is held of a request goes with its answer, which somebody may never take.
    let cancel: (() => void) | undefined;
    const arrival = this.#arrivals.begin(() => {
      if (response.headersSent) {
        request.socket.destroy();
        return;
      }
      request.pause();
      this.#refuse(response, 503, 'too many requests are being read; try again');
      cancel = this.#options.clock.after(LAST_ANSWERS, () => request.socket.destroy());
    });
    const heard = (chunk: Buffer): void => arrival.heard(chunk.length);
    request.on('data', heard);
    response.once('close', () => {
      cancel?.();
      request.off('data', heard);
      arrival.ended();
    });
  }

  #refuse(response: Response, status: number, text: string): void {
    // Half a body may still be on its way.
    response.set('connection', 'close');
    send(response, refuseRequest(status, text, this.#options.handler));
  }
}

function send(response: Response, { status, type, body }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.status(status).set({ 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

/** What express and its body parser say of a request; anything else is our own fault. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
