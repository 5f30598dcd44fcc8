// SPDX-License-Identifier: Apache-2.0
/**
 * Looks at identities again at a bounded rate, so that editing one policy over everything starts no storm.
 * @module
 */
import type { Clock } from '../../controller/clock.ts';
import type { Duration } from '../../time.ts';

export interface SweepOptions {
  readonly clock: Clock;
  readonly enqueue: (key: string) => void;
}

/** A thousand a second: an evaluation takes some microseconds, and hardly any of them leads to a write. */
const BATCH = 100;
const PAUSE: Duration = 100;

export class Sweep {
  readonly #options: SweepOptions;
  readonly #pending = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Adds what is not waiting already. */
  add(keys: Iterable<string>): void {
    for (const key of keys) this.#pending.add(key);
    if (this.#pending.size > 0 && this.#cancel === undefined) this.#next();
  }

  /** Forgets what still waits. */
  stop(): void {
    this.#pending.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(): void {
    let count = 0;
    for (const key of this.#pending) {
      if (count === BATCH) break;
      this.#pending.delete(key);
      this.#options.enqueue(key);
      count += 1;
    }
    const more = this.#pending.size > 0;
    this.#cancel = more ? this.#options.clock.after(PAUSE, () => this.#next()) : undefined;
  }
}
