// SPDX-License-Identifier: Apache-2.0
/**
 * Tells a standby that the Lease changed, so it need not wait for its next look. Only a hint: the bytes of the watch
 * are not read, and when it breaks the election goes on by polling.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { collectionPath, LEASES } from './resources.ts';
import type { Transport } from './transport.ts';

export interface LeaseWatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  readonly onChange: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** The API server ends each stream after this; the next look opens another. */
const STREAM_SECONDS = 120;
/** Wait after a stream that failed or ended at once (no permission, a proxy in between). */
const HOLD_OFF: Duration = 30 * SECOND;

export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  #abort: AbortController | undefined;
  #notBefore: Duration = 0;

  constructor(options: LeaseWatchOptions) {
    this.#options = options;
  }

  /** Keeps a stream open from this version on; one that is open stays. Without a version there is nothing to watch. */
  ensure(resourceVersion: string | undefined): void {
    if (
      resourceVersion !== undefined &&
      this.#abort === undefined &&
      this.#options.clock.monotonic() >= this.#notBefore
    ) {
      const abort = new AbortController();
      this.#abort = abort;
      void this.#follow(resourceVersion, abort);
    }
  }

  stop(): void {
    this.#abort?.abort(new SignetError('ERR_KUBE_UNAVAILABLE', 'the watch of the Lease is no longer needed'));
    this.#abort = undefined;
  }

  async #follow(resourceVersion: string, abort: AbortController): Promise<void> {
    const { transport, clock, namespace, name, onChange, onProblem } = this.#options;
    const startedAt = clock.monotonic();
    try {
      await transport.stream(
        {
          verb: 'watch',
          resource: 'leases',
          path: collectionPath(LEASES, namespace),
          query: {
            watch: '1',
            fieldSelector: `metadata.name=${name}`,
            resourceVersion,
            timeoutSeconds: String(STREAM_SECONDS),
          },
          signal: abort.signal,
        },
        { chunk: () => onChange() },
      );
    } catch (error) {
      if (!abort.signal.aborted) {
        this.#notBefore = clock.monotonic() + HOLD_OFF;
        onProblem(error);
      }
    }
    if (clock.monotonic() - startedAt < SECOND && !abort.signal.aborted) {
      this.#notBefore = clock.monotonic() + HOLD_OFF;
    }
    if (this.#abort === abort) {
      this.#abort = undefined;
    }
  }
}
