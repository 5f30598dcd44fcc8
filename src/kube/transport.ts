// SPDX-License-Identifier: Apache-2.0
/**
 * What a call to the API server is, as the rest of the program sees it. http-transport.ts makes the calls.
 * @module
 */

import type { Duration, Instant } from '../time.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface KubeRequest {
  readonly verb: Verb;
  /** For metrics and messages, for example `secrets`. */
  readonly resource: string;
  /** From the path builders of resources.ts: encoded, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a Uint8Array goes out as it is and may be wiped once the promise settles. */
  readonly body?: unknown;
  /** `application/json` by default; a patch must name its kind. */
  readonly contentType?: string;
  readonly accept?: string;
  /** For the whole call with its retries, 15 s by default; for a stream, until its head arrives. */
  readonly deadline?: Duration;
  /** `lease` is a connection of its own that only Lease renewals use. */
  readonly lane?: 'calls' | 'lease';
  /** Ends the call with ERR_KUBE_UNAVAILABLE. A write that had been sent by then may have happened, or may yet. */
  readonly signal?: AbortSignal;
  /** Asked whenever the call is about to leave, again before each repetition; what it throws ends the call unsent. */
  readonly permit?: () => void;
}

/** Where a stream goes. A SignetError thrown here ends the stream and is what stream() rejects with. */
export interface StreamSink {
  /** The API server accepted the request. */
  open?(): void;
  /** The next bytes, as they come from the connection. */
  chunk(bytes: Buffer): void;
}

export interface Transport {
  /** The decoded JSON answer; throws a SignetError ERR_KUBE_*. */
  request<T>(request: KubeRequest): Promise<T>;
  /** The answer as it came, for what must not become a string. The caller wipes it. */
  requestBytes(request: KubeRequest): Promise<Buffer>;
  /** Feeds an endless answer to `sink`; resolves when the server ends it, rejects with why it broke off. */
  stream(request: KubeRequest, sink: StreamSink): Promise<void>;
  /** Ends every connection. Calls in flight fail. */
  close(): Promise<void>;
}

/** The same transport, with a signal that ends each of its calls. */
export function withSignal(transport: Transport, signal: AbortSignal): Transport {
  return changing(transport, (request) => ({
    ...request,
    signal: request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]),
  }));
}

/** The same transport, whose writes leave only while `permit` throws nothing (`KubeRequest.permit`). */
export function withPermit(transport: Transport, permit: () => void): Transport {
  return changing(transport, (request) => (isWrite(request.verb) ? { ...request, permit } : request));
}

const READS: ReadonlySet<Verb> = new Set<Verb>(['get', 'list', 'watch']);

export function isWrite(verb: Verb): boolean {
  return !READS.has(verb);
}

function changing(transport: Transport, change: (request: KubeRequest) => KubeRequest): Transport {
  return {
    request: (request) => transport.request(change(request)),
    requestBytes: (request) => transport.requestBytes(change(request)),
    stream: (request, sink) => transport.stream(change(request), sink),
    close: () => transport.close(),
  };
}

/** One attempt of a call, retries too. */
export interface FinishedCall {
  readonly verb: Verb;
  readonly resource: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** HTTP status, or the error code where there was no answer; `canceled` where its caller gave up. */
  readonly code: string;
  /** Waiting for a connection included; for a stream until its head. */
  readonly duration: Duration;
}

/** One reading of the API server's clock, from the Date header of an answer (whole seconds). */
export interface ServerDate {
  readonly date: Instant;
  readonly sentAt: Instant;
  readonly receivedAt: Instant;
}

/** Hooks of the transport; none may throw. */
export interface TransportObserver {
  onCall?(call: FinishedCall): void;
  onServerDate?(reading: ServerDate): void;
  /** Text of a Warning header, beside an answer that may be a success. */
  onWarning?(call: FinishedCall, warning: string): void;
  /** Credentials that can't be read anew while older ones are still in use. */
  onProblem?(error: unknown): void;
}
