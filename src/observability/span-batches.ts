// SPDX-License-Identifier: Apache-2.0
/**
 * Finished spans on their way out: gathered for a moment, sent a batch at a time, and dropped and counted rather than
 * kept when nobody takes them. Whoever hands one in never waits.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';

export interface SpanBatchesOptions<T> {
  readonly clock: Pick<Clock, 'after'>;
  /** Sends a batch, and says how many of it were rejected; rejects when it did not arrive. It must end by itself. */
  readonly send: (batch: readonly T[]) => Promise<number>;
  readonly onSent: (count: number) => void;
  /** `error`: why they did not arrive; undefined: there was no room. */
  readonly onDropped: (count: number, error?: unknown) => void;
}

/** Some seconds of issuing as fast as API servers write; at about 1 kB each no burden. */
export const MOST_WAITING = 4096;
export const BATCH = 512;
const GATHERING: Duration = 2 * SECOND;
/** The name is that of OTLP. */
const REJECTED: Error = Object.assign(new Error('the collector took a batch and rejected spans of it'), {
  code: 'PARTIAL_SUCCESS',
});

export class SpanBatches<T> {
  readonly #options: SpanBatchesOptions<T>;
  #waiting: T[] = [];
  #cancel: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #ended = false;

  constructor(options: SpanBatchesOptions<T>) {
    this.#options = options;
  }

  add(span: T): void {
    if (this.#ended || this.#waiting.length >= MOST_WAITING) {
      this.#options.onDropped(1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH) this.#send();
    else this.#cancel ??= this.#options.clock.after(GATHERING, () => this.#send());
  }

  /** Sends what is left, as far as it can within the limit; the rest is dropped. Never rejects. */
  async stop(limit: Duration): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(limit, resolve);
    await Promise.race([this.#flush(), promise]);
    cancel();
    this.#ended = true;
    this.#cancel?.();
    const left = this.#waiting.splice(0).length;
    if (left > 0) this.#options.onDropped(left);
  }

  async #flush(): Promise<void> {
    for (;;) {
      this.#send();
      if (this.#sending === undefined) return;
      await this.#sending;
    }
  }

  /** One batch is under way at a time: a slow collector costs spans, not memory or connections. */
  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#sending !== undefined || this.#waiting.length === 0 || this.#ended) return;
    const { send, onSent, onDropped, clock } = this.#options;
    const batch = this.#waiting.splice(0, BATCH);
    this.#sending = Promise.try(() => send(batch))
      .then(
        (rejected) => {
          if (rejected < batch.length) onSent(batch.length - rejected);
          if (rejected > 0) onDropped(rejected, REJECTED);
        },
        (error: unknown) => onDropped(batch.length, error),
      )
      .then(() => {
        this.#sending = undefined;
        if (this.#waiting.length >= BATCH) this.#send();
        else if (this.#waiting.length > 0) this.#cancel ??= clock.after(GATHERING, () => this.#send());
      });
  }
}
