// SPDX-License-Identifier: Apache-2.0
/**
 * Waiting for authorities to be read afresh at the beginning of a signing term (design rule 14). Runs go through the
 * queue as always, one at a time for each TrustDomain; this only knows who waits for a run that has yet to begin, and how
 * long: TrustDomains that are not answered, however many, must not hold up the others.
 * @module
 */
import type { Clock } from '../../controller/clock.ts';
import { SignetError } from '../../errors.ts';
import { type Duration, SECOND } from '../../time.ts';

/** Of a term, and of each run that it asks for. A few calls in a row, each as slow as one is alerted on. */
export const PATIENCE: Duration = 5 * SECOND;

/** What there is to sign with. */
interface Registry {
  /** Another one whenever it was read. */
  get(name: string): unknown;
  unload(name: string): void;
}

interface Run {
  /** It is waited for, be it for its end alone: it is cut off when it has taken its time. */
  readonly hurry: () => void;
  /** Nothing is signed with what it has not read; whether there was something that it had not. */
  readonly unloadUnread: () => boolean;
  /** It began before a term that has not waited for its end. */
  outdated: boolean;
}

export class Verification {
  readonly #clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly #registry: Registry;
  /** By name, for a run that has yet to begin. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Those at work. */
  readonly #runs = new Map<string, Run>();

  constructor(clock: Pick<Clock, 'after' | 'monotonic'>, registry: Registry) {
    this.#clock = clock;
    this.#registry = registry;
  }

  /**
   * Resolves when a run for each name that begins after now has returned, whatever became of it, and within the patience
   * in any case: what was not read by then is unloaded, so that it signs nothing until it was.
   */
  of(names: Iterable<string>, enqueue: (name: string) => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const missing = new Set(names);
    const cancel = this.#clock.after(PATIENCE, () => {
      for (const name of missing) this.#giveUp(name);
      resolve();
    });
    const returned = (name: string): void => {
      missing.delete(name);
      if (missing.size > 0) return;
      cancel();
      resolve();
    };
    for (const name of missing) {
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), () => returned(name)]);
      this.#runs.get(name)?.hurry();
      enqueue(name);
    }
    return promise;
  }

  /** Does a run and then tells whoever waited before it began; if it fails, what they would sign with is unloaded first. */
  async during<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    const abort = new AbortController();
    const startedAt = this.#clock.monotonic();
    const unloadUnread = this.#unloading(name);
    let cancel: (() => void) | undefined;
    const hurry = (): void => {
      const left = PATIENCE - (this.#clock.monotonic() - startedAt);
      cancel ??= this.#clock.after(Math.max(0, left), () => {
        const taken = this.#clock.monotonic() - startedAt;
        abort.abort(cutOff(name, taken, waiting.length > 0 && unloadUnread()));
      });
    };
    const run: Run = { hurry, unloadUnread, outdated: false };
    this.#runs.set(name, run);
    if (waiting.length > 0) hurry();
    try {
      return await work(abort.signal);
    } catch (error) {
      if (waiting.length > 0) unloadUnread();
      throw error;
    } finally {
      cancel?.();
      this.#runs.delete(name);
      if (run.outdated) this.#registry.unload(name);
      for (const returned of waiting) returned();
    }
  }

  #giveUp(name: string): void {
    const run = this.#runs.get(name);
    if (!this.#waiting.has(name)) {
      run?.unloadUnread();
      return;
    }
    this.#registry.unload(name);
    if (run !== undefined) run.outdated = true;
  }

  #unloading(name: string): () => boolean {
    let unread = this.#registry.get(name);
    return () => {
      if (this.#registry.get(name) !== unread) return false;
      this.#registry.unload(name);
      unread = this.#registry.get(name);
      return true;
    };
  }
}

function cutOff(name: string, taken: Duration, unloaded: boolean): SignetError {
  const seconds = Math.round(taken / SECOND);
  const message = `the run of TrustDomain ${name} was cut off after ${seconds} s at the beginning of a term and is tried again${unloaded ? '; the TrustDomain signs nothing until it is read' : ''}`;
  return new SignetError('ERR_KUBE_TIMEOUT', message);
}
