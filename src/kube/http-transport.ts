// SPDX-License-Identifier: Apache-2.0
/**
 * The transport over HTTP: connections, credentials, deadlines, retries where they are safe, and errors as
 * SignetError. It knows the Kubernetes conventions over HTTP, no kinds.
 * @module
 */

import { errors } from 'undici';
import { FIELD_MANAGER } from '../api/well-known.ts';
import type { Clock } from '../controller/clock.ts';
import { isSignetError, SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { AccessCache } from './access-cache.ts';
import { Cancellation } from './cancellation.ts';
import type { Access, Cluster } from './cluster.ts';
import { type Answer, type AnswerHead, exchange, type Outcome, type Sink } from './exchange.ts';
import { parseRetryAfter, protocolError, statusError, transportError } from './kube-error.ts';
import { Pools } from './pools.ts';
import { retryDelay } from './retry.ts';
import {
  type FinishedCall,
  isWrite,
  type KubeRequest,
  type StreamSink,
  type Transport,
  type TransportObserver,
  type Verb,
} from './transport.ts';
import { warningsIn } from './warnings.ts';

export interface HTTPTransportOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** `signet/<version>`. */
  readonly userAgent: string;
  /** Most connections for calls; 32 by default. */
  readonly connections?: number;
  readonly observer?: TransportObserver;
  /** In [0, 1). */
  readonly random?: () => number;
}

const DEFAULT_DEADLINE: Duration = 15 * SECOND;
/** A server that is only slow has begun to answer most calls by then. */
const SILENCE: Duration = 1.5 * SECOND;
const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};
/** The server's certificate is not under our CA, which may have been replaced. */
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_ALTNAME_INVALID)/;

/** A prepared call, the same for all its attempts. */
interface Call {
  readonly request: KubeRequest;
  readonly write: boolean;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array | string | null;
  readonly sink: StreamSink | undefined;
  readonly cancellation: Cancellation;
}

export class HTTPTransport implements Transport {
  readonly #options: HTTPTransportOptions;
  readonly #access: AccessCache;
  readonly #pools: Pools;
  /** Path of the server's URL, in front of every API path. */
  readonly #prefix: string;
  #closed = false;

  constructor(options: HTTPTransportOptions) {
    const { cluster, clock, observer } = options;
    const url = new URL(cluster.server);
    this.#options = options;
    this.#access = new AccessCache({ cluster, clock, onProblem: (error) => observer?.onProblem?.(error) });
    this.#pools = new Pools({ origin: url.origin, connections: options.connections ?? 32 });
    this.#prefix = url.pathname.replace(/\/+$/, '');
  }

  async request<T>(request: KubeRequest): Promise<T> {
    return decode(request, await this.#perform(request, undefined)) as T;
  }

  async requestBytes(request: KubeRequest): Promise<Buffer> {
    return (await this.#perform(request, undefined)).body;
  }

  async stream(request: KubeRequest, sink: StreamSink): Promise<void> {
    await this.#perform(request, sink);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pools.destroy();
  }

  async #perform(request: KubeRequest, sink: StreamSink | undefined): Promise<Answer> {
    const { clock, userAgent } = this.#options;
    const body = encode(request.body);
    const cancellation = Cancellation.start(clock, request.deadline ?? DEFAULT_DEADLINE, request.signal);
    try {
      const write = isWrite(request.verb);
      const path = this.#prefix + request.path + queryText(request);
      return await this.#repeat({
        request,
        write,
        path,
        headers: headersOf(request, userAgent, body !== null),
        body,
        sink,
        cancellation,
      });
    } finally {
      cancellation.dispose();
    }
  }

  /** Gives the first 2xx answer of as many attempts as are safe. */
  async #repeat(call: Call): Promise<Answer> {
    let refreshed = false;
    if (call.cancellation.reason !== undefined) throw this.#stopped(call);
    for (let attempt = 1; ; attempt += 1) {
      const access = this.#access.recent() ?? (await this.#refresh(call, false));
      call.request.permit?.();
      const outcome = await this.#attempt(call, access, attempt);
      if (outcome.kind === 'answer' && isSuccess(outcome.status)) return outcome;
      const error = this.#errorOf(call, outcome);
      if (!refreshed && needsNewAccess(outcome)) {
        refreshed = true;
        await this.#refresh(call, true);
        if (outcome.kind === 'answer') continue;
      }
      const wait = this.#wait(call, outcome, error, attempt);
      if (wait === undefined || !(await call.cancellation.sleep(wait))) throw error;
    }
  }

  async #refresh(call: Call, fresh: boolean): Promise<Access> {
    const access = await call.cancellation.race(this.#access.refresh(fresh));
    if (access === undefined) throw this.#stopped(call);
    return access;
  }

  async #attempt(call: Call, access: Access, attempt: number): Promise<Outcome> {
    if (this.#closed) return { kind: 'failure', error: new Error('the transport is closed'), sent: false, silence: 0 };
    const { clock } = this.#options;
    const { request, sink } = call;
    const startedAt = clock.monotonic();
    let reported = false;
    const report = (code: string, head?: AnswerHead): void => {
      const { verb, resource } = request;
      const duration = clock.monotonic() - startedAt;
      if (!reported) this.#report({ verb, resource, attempt, code, duration }, head);
      reported = true;
    };
    const guarded: Sink | undefined = sink && {
      open(head) {
        call.cancellation.lift();
        report(String(head.status), head);
        sink.open?.();
      },
      chunk: (bytes) => sink.chunk(bytes),
    };
    const lane = sink === undefined ? (request.lane ?? 'calls') : 'watch';
    const pool = this.#pools.lane(lane, access.tls);
    const outcome = await exchange(
      pool,
      {
        method: METHODS[request.verb],
        path: call.path,
        headers: withAccess(call.headers, access),
        body: call.body,
        permit: request.permit,
        ...(guarded === undefined ? {} : { sink: guarded }),
      },
      call.cancellation,
      clock,
    );
    if (outcome.kind === 'failure' && call.cancellation.reason === 'deadline' && outcome.silence >= SILENCE) {
      this.#pools.unanswered(lane, pool);
    }
    if (outcome.kind === 'answer') report(String(outcome.status), outcome);
    else report(call.cancellation.reason === 'canceled' ? 'canceled' : this.#errorOf(call, outcome).code);
    return outcome;
  }

  #report(call: FinishedCall, head: AnswerHead | undefined): void {
    const { observer } = this.#options;
    observer?.onCall?.(call);
    if (head === undefined) return;
    for (const warning of warningsIn(head)) observer?.onWarning?.(call, warning);
    if (observer?.onServerDate === undefined) return;
    const date = Date.parse(headerOf(head, 'date') ?? '');
    if (!Number.isNaN(date)) observer.onServerDate({ date, sentAt: head.sentAt, receivedAt: head.receivedAt });
  }

  #wait(call: Call, outcome: Outcome, error: SignetError, attempt: number): Duration | undefined {
    const answered = outcome.kind === 'answer';
    const failed = {
      write: call.write,
      attempt,
      status: answered ? outcome.status : undefined,
      retryAfter: error.retryAfter,
      sent: answered || outcome.sent,
      // A stream's owner decides itself when to open it again.
      stopped: this.#closed || call.sink !== undefined || call.cancellation.reason !== undefined,
    };
    return retryDelay(failed, (this.#options.random ?? Math.random)());
  }

  #errorOf(call: Call, outcome: Outcome): SignetError {
    const { request } = call;
    if (outcome.kind === 'answer') {
      const retryAfter = parseRetryAfter(headerOf(outcome, 'retry-after'), this.#options.clock.now());
      return statusError(request, outcome.status, outcome.body.toString('utf8'), retryAfter);
    }
    const { error } = outcome;
    if (error instanceof SignetError) return error;
    if (call.cancellation.reason !== undefined) return this.#stopped(call);
    const garbage = error instanceof errors.HTTPParserError;
    return transportError(request, garbage ? 'ERR_KUBE_PROTOCOL' : 'ERR_KUBE_UNAVAILABLE', error);
  }

  #stopped(call: Call): SignetError {
    const { request, cancellation } = call;
    if (cancellation.reason === 'canceled') return transportError(request, 'ERR_KUBE_UNAVAILABLE', 'canceled');
    const { signal, deadline = DEFAULT_DEADLINE } = request;
    const told = signal?.aborted === true && isSignetError(signal.reason) ? signal.reason.message : undefined;
    return transportError(request, 'ERR_KUBE_TIMEOUT', told ?? `no answer within ${deadline} ms`);
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether our token, or what we hold for the authority of the API server, may have been replaced. */
function needsNewAccess(outcome: Outcome): boolean {
  return outcome.kind === 'answer' ? outcome.status === 401 : UNTRUSTED.test(codeOf(outcome.error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function headerOf(head: AnswerHead, name: string): string | undefined {
  const value = head.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

function encode(body: unknown): Uint8Array | string | null {
  if (body === undefined) return null;
  return body instanceof Uint8Array ? body : JSON.stringify(body);
}

function decode(request: KubeRequest, answer: Answer): unknown {
  if (answer.body.length === 0) return undefined;
  try {
    return JSON.parse(answer.body.toString('utf8')) as unknown;
  } catch {
    throw protocolError(request, `${answer.status} with ${answer.body.length} bytes that are not JSON`);
  }
}

function queryText(request: KubeRequest): string {
  let text = '';
  for (const [name, value] of Object.entries(request.query ?? {})) {
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  const managed = request.verb === 'create' || request.verb === 'update' || request.verb === 'patch';
  if (!managed || request.query?.['fieldManager'] !== undefined) return text;
  return `${text}${text === '' ? '?' : '&'}fieldManager=${FIELD_MANAGER}`;
}

function headersOf(request: KubeRequest, userAgent: string, hasBody: boolean): string[] {
  const headers = ['accept', request.accept ?? 'application/json', 'user-agent', userAgent];
  if (!hasBody) return headers;
  if (request.verb === 'patch' && request.contentType === undefined) {
    throw new SignetError('ERR_INVARIANT', `patch ${request.resource}: a patch must name its content type`);
  }
  headers.push('content-type', request.contentType ?? 'application/json');
  return headers;
}

function withAccess(headers: readonly string[], access: Access): string[] {
  const all = [...headers];
  if (access.authorization !== undefined) all.push('authorization', access.authorization);
  for (const [name, value] of Object.entries(access.headers ?? {})) all.push(name, value);
  return all;
}
