// SPDX-License-Identifier: Apache-2.0
/**
 * One HTTP request and its answer over an undici dispatcher. It knows whether the request may have reached the
 * server, which decides what may be repeated, and never throws: a failure is an outcome.
 * @module
 */

import type { Dispatcher } from 'undici';
import type { Clock } from '../controller/clock.ts';
import type { Duration, Instant } from '../time.ts';
import type { Cancellation } from './cancellation.ts';

export interface ExchangeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Uint8Array | string | null;
  /** Takes the body of a 2xx answer as it comes, instead of `Answer.body`. What it throws ends the exchange. */
  readonly sink?: Sink;
  /** Asked when the request leaves for a connection; what it throws is the failure of a request that was not sent. */
  readonly permit?: (() => void) | undefined;
}

export interface Sink {
  open(head: AnswerHead): void;
  chunk(bytes: Buffer): void;
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** When the request left the queue and went to a connection. */
  readonly sentAt: Instant;
  /** When the head of the answer came. */
  readonly receivedAt: Instant;
}

export interface Answer extends AnswerHead {
  readonly kind: 'answer';
  /** The only copy that is left of what came. */
  readonly body: Buffer;
}

export interface Failure {
  readonly kind: 'failure';
  readonly error: unknown;
  /** The request, or part of it, may have reached the server. */
  readonly sent: boolean;
  /** How long it had been with the server; 0 where it was not sent. */
  readonly silence: Duration;
}

export type Outcome = Answer | Failure;

/** More than any page of 500 objects should weigh; a guard against a server gone mad, not a quota. */
const MAX_BODY = 256 * 1024 * 1024;
const MAX_ERROR_BODY = 256 * 1024;
/** Longest that a stream may keep the event loop to itself: a collection arrives faster than it can be read. */
const SLICE: Duration = 20;

/** Makes the exchange. It ends at once when `cancellation` says so; what it was doing is torn down behind. */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  cancellation: Cancellation,
  clock: Clock,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const run = new Exchange(request, clock, (outcome) => {
      cancellation.onStop(undefined);
      resolve(outcome);
    });
    if (cancellation.reason !== undefined) {
      run.stop();
      return;
    }
    cancellation.onStop(() => run.stop());
    dispatcher.dispatch(
      { path: request.path, method: request.method, headers: request.headers, body: request.body },
      run,
    );
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #sink: Sink | undefined;
  readonly #permit: ExchangeRequest['permit'];
  readonly #clock: Clock;
  readonly #settle: (outcome: Outcome) => void;
  #settled = false;
  #controller: Dispatcher.DispatchController | undefined;
  #sentAt: Instant = 0;
  #head: AnswerHead | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Spent in the sink since others last had a turn. */
  #busy: Duration = 0;

  constructor(
    { sink, permit }: Pick<ExchangeRequest, 'sink' | 'permit'>,
    clock: Clock,
    settle: (outcome: Outcome) => void,
  ) {
    this.#sink = sink;
    this.#permit = permit;
    this.#clock = clock;
    this.#settle = settle;
  }

  stop(): void {
    const error = new Error('stopped');
    this.#fail(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it was queued. Throwing drops the request; controller.abort() would also end the
    // connection it was about to use.
    if (this.#settled) throw new Error('stopped');
    try {
      this.#permit?.();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#controller = controller;
    this.#sentAt = this.#clock.now();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHead['headers']): void {
    if (status < 200) return;
    this.#head = { status, headers, sentAt: this.#sentAt, receivedAt: this.#clock.now() };
    if (this.#streams()) this.#sink?.open(this.#head);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    if (this.#streams()) {
      this.#feed(controller, chunk);
      return;
    }
    this.#size += chunk.length;
    if ((this.#head?.status ?? 0) >= 300) {
      if (this.#size <= MAX_ERROR_BODY) this.#chunks.push(chunk);
      return;
    }
    if (this.#size > MAX_BODY) throw new Error(`answer of more than ${MAX_BODY} bytes`);
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    if (this.#head === undefined) {
      this.#fail(new Error('answer without a head'));
      return;
    }
    this.#settled = true;
    const [first, ...more] = this.#chunks;
    // A copy that nobody holds can't be wiped by anybody.
    const body = more.length === 0 ? (first ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    if (more.length > 0) this.#wipe();
    this.#chunks = [];
    this.#settle({ kind: 'answer', ...this.#head, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
  }

  #feed(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const startedAt = this.#clock.monotonic();
    this.#sink?.chunk(chunk);
    this.#busy += this.#clock.monotonic() - startedAt;
    if (this.#busy < SLICE) return;
    this.#busy = 0;
    controller.pause();
    setImmediate(() => controller.resume());
  }

  /** The body of a Secret holds keys. */
  #wipe(): void {
    for (const chunk of this.#chunks) chunk.fill(0);
  }

  #streams(): boolean {
    return this.#sink !== undefined && this.#head !== undefined && this.#head.status < 300;
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#wipe();
    this.#chunks = [];
    const sent = this.#controller !== undefined;
    this.#settle({ kind: 'failure', error, sent, silence: sent ? this.#clock.now() - this.#sentAt : 0 });
  }
}
