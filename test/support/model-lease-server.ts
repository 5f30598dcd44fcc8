// SPDX-License-Identifier: Apache-2.0
/**
 * An API server that serves one Lease, over a network that delays and loses calls as it is told. Each elector gets a
 * process of its own on it, with clocks of its own, which can be frozen as SIGSTOP does.
 * @module
 */
import type { Clock } from '../../src/controller/clock.ts';
import { SignetError } from '../../src/errors.ts';
import type { Lease } from '../../src/kube/lease-record.ts';
import type { KubeRequest, StreamSink, Transport } from '../../src/kube/transport.ts';
import type { Duration } from '../../src/time.ts';
import type { ManualClock } from './manual-clock.ts';

/** What happens to one call. */
export interface Weather {
  readonly there: Duration;
  readonly back: Duration;
  /** The request never arrives, or the answer never does. */
  readonly lost?: 'request' | 'answer' | undefined;
}

const FAIR: Weather = { there: 1, back: 1 };

export class ModelLeaseServer {
  readonly #clock: ManualClock;
  #version = 0;
  #lease: Lease | undefined;
  readonly #watchers = new Set<() => void>();
  /** Verbs of the calls that arrived. */
  readonly calls: string[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Somebody else's write, or a deletion. */
  set(lease: Lease | undefined): void {
    this.#version++;
    this.#lease = lease === undefined ? undefined : this.#stamped(lease);
    for (const notify of this.#watchers) {
      notify();
    }
  }

  watch(notify: () => void): () => void {
    this.#watchers.add(notify);
    return () => this.#watchers.delete(notify);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  handle(request: KubeRequest): Lease {
    this.calls.push(request.verb);
    const sent = request.body as Lease | undefined;
    if (request.verb === 'create') {
      if (this.#lease !== undefined) {
        throw new SignetError('ERR_KUBE_ALREADY_EXISTS', 'exists');
      }
    } else if (this.#lease === undefined) {
      throw new SignetError('ERR_KUBE_NOT_FOUND', 'not found');
    } else if (sent !== undefined && sent.metadata.resourceVersion !== this.#lease.metadata.resourceVersion) {
      throw new SignetError('ERR_KUBE_CONFLICT', 'changed meanwhile');
    }
    if (sent !== undefined) {
      this.set(sent);
    }
    return structuredClone(this.#lease) as Lease;
  }

  after(delay: Duration, run: () => void): void {
    this.#clock.after(delay, run);
  }

  #stamped(lease: Lease): Lease {
    return { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } };
  }
}

/** One machine on that network: a Clock and a Transport whose callbacks wait while it is frozen. */
export class ModelProcess implements Clock, Transport {
  readonly #world: ManualClock;
  readonly #server: ModelLeaseServer;
  readonly #held: (() => void)[] = [];
  readonly #streams = new Set<{ readonly cut: (error: SignetError) => void; deaf: boolean }>();
  #frozen = false;
  /** How far this machine's clocks are from the world's. */
  readonly wallOffset: Duration;
  readonly monotonicOffset: Duration;
  /** Decides about the next call. */
  weather: (request: KubeRequest) => Weather = () => FAIR;
  /** Whether watches are refused. */
  noWatch = false;

  constructor(world: ManualClock, server: ModelLeaseServer, offset: Duration = 0) {
    this.#world = world;
    this.#server = server;
    this.wallOffset = offset;
    this.monotonicOffset = Math.abs(offset) * 3;
  }

  now = (): number => this.#world.now() + this.wallOffset;

  monotonic = (): number => this.#world.monotonic() + this.monotonicOffset;

  after = (delay: Duration, run: () => void): (() => void) => {
    let canceled = false;
    const cancel = this.#world.after(delay, () => this.#deliver(() => (canceled ? undefined : run())));
    return () => {
      canceled = true;
      cancel();
    };
  };

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const run of this.#held.splice(0)) {
      run();
    }
  }

  request<T>(request: KubeRequest): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { there, back, lost } = this.weather(request);
    const timeout = (): void => reject(new SignetError('ERR_KUBE_TIMEOUT', 'no answer in time'));
    const cancel = this.after(request.deadline ?? 15_000, timeout);
    request.signal?.addEventListener('abort', timeout, { once: true });
    if (lost !== 'request') {
      this.#server.after(there, () => {
        const answer = Promise.try(() => this.#server.handle(request) as T);
        answer.catch(() => undefined);
        if (lost !== 'answer') {
          this.#server.after(back, () => this.#deliver(() => resolve(answer)));
        }
      });
    }
    return promise.finally(cancel);
  }

  requestBytes(): Promise<Buffer> {
    return Promise.reject(new Error('nobody reads a Lease as bytes'));
  }

  stream(request: KubeRequest, sink: StreamSink): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.noWatch) {
      reject(new SignetError('ERR_KUBE_FORBIDDEN', 'no watch'));
      return promise;
    }
    const known = request.query?.['resourceVersion'];
    const open = { cut: reject, deaf: false };
    const notify = (): void => {
      const { there, back, lost } = this.weather(request);
      if (lost === undefined && !open.deaf) {
        this.#server.after(there + back, () => this.#deliver(() => sink.chunk(Buffer.from('{}\n'))));
      }
    };
    const forget = this.#server.watch(notify);
    if (known !== this.#server.lease?.metadata.resourceVersion) {
      notify();
    }
    const cancel = this.after(Number(request.query?.['timeoutSeconds']) * 1000, resolve);
    request.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
    this.#streams.add(open);
    return promise.finally(() => {
      this.#streams.delete(open);
      cancel();
      forget();
    });
  }

  /** Every open stream breaks off, as where the API server restarts. */
  cutStreams(): void {
    for (const { cut } of this.#streams) {
      cut(new SignetError('ERR_KUBE_UNAVAILABLE', 'connection reset'));
    }
  }

  /** Every open stream stays open and tells of nothing any more, as where a connection is half open. */
  deafen(): void {
    for (const stream of this.#streams) {
      stream.deaf = true;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #deliver(run: () => void): void {
    if (this.#frozen) {
      this.#held.push(run);
    } else {
      run();
    }
  }
}
