// SPDX-License-Identifier: Apache-2.0
/**
 * One call's limit: a deadline, the caller's signal, and at most one thing that waits to be told. A signal that says that
 * time is up is a deadline, of several calls.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import { isSignetError } from '../errors.ts';
import type { Duration } from '../time.ts';

export type Stop = 'deadline' | 'canceled';

export class Cancellation {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #expiresAt: Duration;
  #disarm: (() => void) | undefined;
  #reason: Stop | undefined;
  #listener: (() => void) | undefined;

  private constructor(clock: Clock, deadline: Duration, signal: AbortSignal | undefined) {
    this.#clock = clock;
    this.#signal = signal;
    this.#expiresAt = clock.monotonic() + deadline;
  }

  /** Starts the deadline. Whoever calls it calls dispose(). */
  static start(clock: Clock, deadline: Duration, signal: AbortSignal | undefined): Cancellation {
    const cancellation = new Cancellation(clock, deadline, signal);
    if (signal?.aborted === true) {
      cancellation.#reason = stopOf(signal);
    } else {
      cancellation.#disarm = clock.after(deadline, () => cancellation.#stop('deadline'));
      signal?.addEventListener('abort', cancellation.#onAbort);
    }
    return cancellation;
  }

  /** Why the call must end, once it must. */
  get reason(): Stop | undefined {
    return this.#reason;
  }

  /** Calls `listener` when the call must end, instead of any earlier listener. */
  onStop(listener: (() => void) | undefined): void {
    this.#listener = listener;
  }

  /** Lifts the deadline; the signal still counts. */
  lift(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }

  /** Waits; false, at once, when the deadline comes first, and false when the call must end meanwhile. */
  sleep(wait: Duration): Promise<boolean> {
    if (this.#reason !== undefined || this.#clock.monotonic() + wait >= this.#expiresAt) return Promise.resolve(false);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(wait, () => {
        this.#listener = undefined;
        resolve(true);
      });
      this.#listener = () => {
        cancel();
        resolve(false);
      };
    });
  }

  /** What `work` gives, or undefined when the call must end first. */
  async race<T>(work: Promise<T>): Promise<T | undefined> {
    if (this.#reason !== undefined) return undefined;
    const stopped = new Promise<undefined>((resolve) => {
      this.#listener = () => resolve(undefined);
    });
    return Promise.race([work, stopped]).finally(() => {
      this.#listener = undefined;
    });
  }

  dispose(): void {
    this.lift();
    this.#listener = undefined;
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#stop(stopOf(this.#signal));

  #stop(reason: Stop): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.();
  }
}

function stopOf(signal: AbortSignal | undefined): Stop {
  return isSignetError(signal?.reason, 'ERR_KUBE_TIMEOUT') ? 'deadline' : 'canceled';
}
