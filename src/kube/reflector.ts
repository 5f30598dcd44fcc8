// SPDX-License-Identifier: Apache-2.0
/**
 * A cache of one collection of the API server that stays right through every fault: it lists, watches, notices
 * silence, connects again, lists again when it must, and serves what it last knew meanwhile.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import { isSignetError, type SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { transportError } from './kube-error.ts';
import { RECONNECT_TIMINGS, Reconnect, type ReconnectTimings, sleep } from './reconnect.ts';
import { LIST_LIMIT, type ListCall, listPages } from './resource-lists.ts';
import type { KubeObject } from './resources.ts';
import { type ChangeKind, Store } from './store.ts';
import type { Transport } from './transport.ts';
import { isOutage, type WatchEnd, type Watched, watch, watchRequest } from './watch-session.ts';

/** Hooks of a reflector, for logs and metrics. */
export interface ReflectorObserver {
  /** The cache was compared with everything there is, or with everything in the one namespace it watches. */
  onListed?(name: string, size: number, namespace?: string): void;
  /** A list or watch ended, and the next comes after `wait`. No error for a watch that ended in good order. */
  onDisconnected?(name: string, wait: Duration, error?: SignetError): void;
  /** An object that can't be read or projected, or an onEvent that threw. */
  onProblem?(name: string, error: unknown): void;
}

export interface ReflectorOptions<T> extends Watched {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Keeps what is needed of an object, which itself is not kept. Objects of a list have no kind or apiVersion. */
  project(raw: KubeObject): T;
  /** Called after the cache changed; should only enqueue. `now` of a deleted object is its last known state. */
  onEvent?(kind: ChangeKind, key: string, now: T, before?: T): void;
  readonly observer?: ReflectorObserver;
  /** For logs and metrics; the plural by default. */
  readonly name?: string;
  /** Longest silence of a watch. 150 s by default: bookmarks come every 60 s, a CRD's first after 120 s. */
  readonly watchdog?: Duration;
  readonly reconnect?: Partial<ReconnectTimings>;
  /** In [0, 1). */
  readonly random?: () => number;
}

const WATCHDOG: Duration = 150 * SECOND;
const LIST_DEADLINE: Duration = 60 * SECOND;
/** After this many failed watches in a row that brought nothing, the point they start from is doubted. */
const BARREN_LIMIT = 3;

/** What a list or watch came to. */
interface Ended {
  readonly error?: SignetError;
  /** Go on without waiting; or after a moment, because the server has answered and only the version was too old. */
  readonly next?: 'now' | 'soon';
}

export class Reflector<T> {
  readonly name: string;
  readonly #options: ReflectorOptions<T>;
  readonly #store: Store<T, KubeObject>;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  /** Of the watch that is open now. */
  #session = new AbortController();
  readonly #sync = Promise.withResolvers<boolean>();
  #running: Promise<void> | undefined;
  #synced = false;
  #heardAt: Duration;
  /** Where a watch can go on; undefined while the cache is to be compared with everything there is. */
  #version: string | undefined;
  /** Whether the next comparison is by a list: the server has no WatchList, or the last one failed. */
  #byList: 'never' | 'once' | 'always' = 'never';
  #limit = LIST_LIMIT;
  #barren = 0;
  /** Whether a version was too old, and since then no watch has brought anything. */
  #expired = false;
  /** Of the wait for the next connection. */
  #nap = new AbortController();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.name = options.name ?? options.resource.plural;
    this.#random = options.random ?? Math.random;
    this.#heardAt = options.clock.monotonic();
    this.#store = new Store<T, KubeObject>({
      project: (raw) => options.project(raw),
      onEvent: (kind, key, now, before) => {
        if (!this.#stop.signal.aborted) options.onEvent?.(kind, key, now, before);
      },
      onProblem: (error) => this.#tell((observer) => observer.onProblem?.(this.name, error)),
    });
  }

  /** Begins. Another call does nothing, nor does one after stop(). */
  start(): void {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run(this.#stop.signal);
  }

  /** Ends for good. Resolves when nothing runs any more; the cache can still be read. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#sync.resolve(false);
    await this.#running;
  }

  /**
   * The network is known to have failed: the watch may hang on a connection that nobody will ever write to again, so it
   * goes on from where it was on another one. Does nothing while the cache is not complete.
   */
  reconnect(): void {
    if (this.#version !== undefined) this.#session.abort();
  }

  /**
   * The API server is known to answer again: what waits to connect after failures does so now. One that was told by the
   * server when to come again waits on.
   */
  hurry(): void {
    this.#nap.abort();
  }

  /** True once the cache has held everything there was. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves to true when hasSynced turns true, to false when stop() comes first. */
  whenSynced(): Promise<boolean> {
    return this.#sync.promise;
  }

  /** Monotonic time at which the API server was last heard. */
  lastActivity(): Duration {
    return this.#heardAt;
  }

  /** By `namespace/name`, or `name` for a resource without namespaces. */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  keys(): Iterable<string> {
    return this.#store.keys();
  }

  values(): Iterable<T> {
    return this.#store.values();
  }

  get size(): number {
    return this.#store.size;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const reconnect = new Reconnect({ ...RECONNECT_TIMINGS, ...this.#options.reconnect }, this.#random);
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      const { error, next } = await this.#connect(signal);
      if (signal.aborted) return;
      if (next === 'now') continue;
      const lived = clock.monotonic() - startedAt;
      const ended = { lived, clean: error === undefined, retryAfter: error?.retryAfter };
      const wait = next === 'soon' ? reconnect.soon() : reconnect.wait(ended);
      this.#tell((observer) => observer.onDisconnected?.(this.name, wait, error));
      this.#nap = new AbortController();
      const nap = this.#nap.signal;
      await sleep(clock, wait, error?.retryAfter === undefined ? AbortSignal.any([signal, nap]) : signal);
      if (nap.aborted) reconnect.restart();
    }
  }

  /** One list, or one watch until it ends. Throws nothing. */
  async #connect(signal: AbortSignal): Promise<Ended> {
    try {
      const list = this.#version === undefined && this.#byList !== 'never';
      return list ? await this.#list(signal) : await this.#watch(signal);
    } catch (error) {
      if (isSignetError(error)) return { error };
      const label = { verb: 'watch', resource: this.name, path: '' };
      return { error: transportError(label, 'ERR_KUBE_UNAVAILABLE', error) };
    }
  }

  async #list(signal: AbortSignal): Promise<Ended> {
    const { transport, resource, clock, namespace, labelSelector, fieldSelector, metadataOnly = false } = this.#options;
    if (this.#byList === 'once') this.#byList = 'never';
    const which = { namespace, labelSelector, fieldSelector, metadataOnly };
    const call: ListCall = { ...which, limit: this.#limit, deadline: LIST_DEADLINE, signal };
    this.#limit = LIST_LIMIT;
    this.#store.beginListing();
    let version = '';
    try {
      for await (const page of listPages<KubeObject>(transport, resource, call)) {
        this.#heardAt = clock.monotonic();
        for (const item of page.items) this.#store.changed(item);
        version = page.metadata.resourceVersion;
        if (signal.aborted) return {};
      }
    } catch (error) {
      if (isSignetError(error, 'ERR_KUBE_GONE')) {
        // The pages took longer than the server keeps a list: next time, all in one.
        this.#limit = 0;
        this.#byList = this.#byList === 'always' ? 'always' : 'once';
      }
      throw error;
    }
    this.#listed(version);
    return { next: 'now' };
  }

  async #watch(signal: AbortSignal): Promise<Ended> {
    const { transport, clock, watchdog = WATCHDOG } = this.#options;
    const listing = this.#version === undefined;
    this.#session = new AbortController();
    const session = this.#session.signal;
    const seen = { opened: false, anything: false };
    if (listing) this.#store.beginListing();
    const advance = (version: string | undefined): void => {
      seen.anything = true;
      // The initial events come in no order, so until all are here there is no point to go on from.
      if (this.#version !== undefined && version !== undefined) this.#version = version;
    };
    const end = await watch({
      transport,
      clock,
      watchdog,
      signal: AbortSignal.any([signal, session]),
      request: watchRequest(this.#options, this.#version, this.#random()),
      handlers: {
        opened: () => {
          seen.opened = true;
        },
        heard: (at) => {
          this.#heardAt = at;
        },
        changed: (object) => advance(this.#store.changed(object as KubeObject)),
        deleted: (object) => advance(this.#store.deleted(object as KubeObject)),
        bookmark: (version, complete) => {
          if (complete && this.#version === undefined) this.#listed(version);
          advance(version);
        },
      },
    });
    if (signal.aborted) return {};
    if (session.aborted && this.#version !== undefined) return { next: 'now' };
    return this.#version === undefined ? this.#failedListing(end, seen.opened) : this.#judge(end, seen);
  }

  /** A WatchList that ended before it was complete. */
  #failedListing({ error }: WatchEnd, opened: boolean): Ended {
    if (!opened && isSignetError(error, 'ERR_KUBE_INVALID', 'ERR_KUBE_BAD_REQUEST')) {
      this.#byList = 'always';
      return { next: 'now' };
    }
    this.#byList = 'once';
    return error === undefined ? {} : { error };
  }

  /** A watch that ended: decides whether the next can go on from where this one was. */
  #judge({ error, how }: WatchEnd, seen: { readonly opened: boolean; readonly anything: boolean }): Ended {
    if (seen.anything) this.#barren = 0;
    else if (seen.opened || !isOutage(error)) this.#barren += 1;
    // On a version from the future (a restored etcd) nothing ever happens, and not even an answer may come.
    const hushed = !seen.anything && (how === 'silent' || isSignetError(error, 'ERR_KUBE_TIMEOUT'));
    const expired = how === 'expired' || isSignetError(error, 'ERR_KUBE_GONE');
    if (expired || hushed || this.#barren >= BARREN_LIMIT) {
      this.#version = undefined;
      this.#barren = 0;
    }
    return { ...(error && { error }), ...this.#nextAfter(expired, seen.anything) };
  }

  /** Soon but once: a server that says of every version that it is too old would be asked without end. */
  #nextAfter(expired: boolean, anything: boolean): Pick<Ended, 'next'> {
    const again = this.#expired && !anything;
    this.#expired = expired || again;
    return expired && !again ? { next: 'soon' } : {};
  }

  #listed(version: string): void {
    this.#store.endListing();
    this.#version = version;
    this.#synced = true;
    this.#sync.resolve(true);
    this.#tell((observer) => observer.onListed?.(this.name, this.#store.size, this.#options.namespace));
  }

  #tell(say: (observer: ReflectorObserver) => void): void {
    if (this.#options.observer === undefined) return;
    try {
      say(this.#options.observer);
    } catch {
      // Whoever should hear of it is the one that failed; the cache goes on.
    }
  }
}
