// SPDX-License-Identifier: Apache-2.0
/**
 * Tells a standby that the Lease changed, so it need not wait for its next look. Only a hint: the bytes of the watch
 * are not read, and while there is none the election goes on by polling. The looks in turn tell a stream that is open
 * and hears nothing any more: what they see change, it must have told of.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { isSignetError, SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { Reconnect, type ReconnectTimings } from './reconnect.ts';
import { collectionPath, LEASES } from './resources.ts';
import type { Transport } from './transport.ts';

export interface LeaseWatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** In [0, 1). */
  readonly random: () => number;
  /** A look is due: the Lease changed, or the stream ended and may be opened anew from what the look finds. */
  readonly onHint: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** The API server ends each stream after this. */
const STREAM_SECONDS = 120;
/** After a stream that failed or was ended early (a restart, a proxy in between, no permission): 1 to 2 s, up to 30 s. */
const TIMINGS: ReconnectTimings = { min: SECOND, max: 30 * SECOND, settled: 5 * SECOND };
/** So many looks, each a retry period after the last, found a change that the stream had not told of. */
const MOST_MISSED = 2;

interface Stream {
  readonly abort: AbortController;
  readonly openedAt: Duration;
  heardAt: Duration;
  /** Since the last look. */
  told: boolean;
  missed: number;
}

export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  readonly #reconnect: Reconnect;
  #stream: Stream | undefined;
  #version: string | undefined;
  #cancelPause: (() => void) | undefined;

  constructor(options: LeaseWatchOptions) {
    this.#options = options;
    this.#reconnect = new Reconnect(TIMINGS, options.random);
  }

  /**
   * Keeps a stream open from the version that a look found; one that is open stays while it tells of what looks find.
   * Without a version there is nothing to watch.
   */
  ensure(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) return;
    const changed = resourceVersion !== this.#version;
    this.#version = resourceVersion;
    if (this.#stream !== undefined) this.#check(this.#stream, changed);
    else if (this.#cancelPause === undefined) this.#open(resourceVersion);
  }

  /** Until a look asks for it again. */
  stop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    stream?.abort.abort(new SignetError('ERR_KUBE_UNAVAILABLE', 'the watch of the Lease is no longer needed'));
  }

  #check(stream: Stream, changed: boolean): void {
    if (stream.told) stream.missed = 0;
    else if (changed) stream.missed += 1;
    stream.told = false;
    if (stream.missed < MOST_MISSED) return;
    // No timeout: calls are answered, so nothing else is to be opened anew for this.
    stream.abort.abort(new SignetError('ERR_KUBE_UNAVAILABLE', 'the watch of the Lease does not tell of its renewals'));
  }

  #open(resourceVersion: string): void {
    const now = this.#options.clock.monotonic();
    const stream = { abort: new AbortController(), openedAt: now, heardAt: now, told: false, missed: 0 };
    this.#stream = stream;
    void this.#follow(resourceVersion, stream);
  }

  async #follow(resourceVersion: string, stream: Stream): Promise<void> {
    const { transport, clock, namespace, name, onHint } = this.#options;
    const { signal } = stream.abort;
    const query = {
      watch: '1',
      fieldSelector: `metadata.name=${name}`,
      resourceVersion,
      timeoutSeconds: String(STREAM_SECONDS),
    };
    const heard = (): void => {
      stream.heardAt = clock.monotonic();
      stream.told = true;
      if (!signal.aborted) onHint();
    };
    const request = {
      verb: 'watch',
      resource: 'leases',
      path: collectionPath(LEASES, namespace),
      query,
      signal,
    } as const;
    try {
      await transport.stream(request, { chunk: heard });
      this.#ended(stream, undefined);
    } catch (error) {
      this.#ended(stream, { error: signal.aborted ? signal.reason : error });
    }
  }

  /** Looks and opens the next at once after a stream that ended by its own timeout, else after a pause. */
  #ended(stream: Stream, failure: { readonly error: unknown } | undefined): void {
    if (this.#stream !== stream) return;
    const { clock, onHint, onProblem } = this.#options;
    this.#stream = undefined;
    const clean = failure === undefined;
    const lived = (clean ? clock.monotonic() : stream.heardAt) - stream.openedAt;
    const retryAfter = isSignetError(failure?.error) ? failure.error.retryAfter : undefined;
    const pause = this.#reconnect.wait({ lived, clean, retryAfter });
    if (clean && lived >= TIMINGS.settled) {
      onHint();
      return;
    }
    this.#cancelPause = clock.after(pause, () => {
      this.#cancelPause = undefined;
      onHint();
    });
    if (!clean) onProblem(failure.error);
  }
}
