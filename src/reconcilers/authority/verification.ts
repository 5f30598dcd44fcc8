// SPDX-License-Identifier: Apache-2.0
/**
 * Waiting for authorities to be read afresh at the beginning of a signing term (design rule 14). Runs go through the
 * queue as always, one at a time for each TrustDomain; this only knows who waits for a run that has yet to begin, and how
 * long: one TrustDomain that is not answered must not hold up the others.
 * @module
 */
import type { Clock } from '../../controller/clock.ts';
import { SignetError } from '../../errors.ts';
import { type Duration, SECOND } from '../../time.ts';

/** Of a run that is waited for, be it for its end alone. A few calls in a row, each as slow as one is alerted on. */
export const PATIENCE: Duration = 5 * SECOND;

export class Verification {
  readonly #clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Of each run at work: has it end in time. */
  readonly #hurry = new Map<string, () => void>();

  constructor(clock: Pick<Clock, 'after' | 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * Resolves when a run for each name that begins after now has returned, whatever became of it: within twice the patience
   * where a run was at work already, and runs heed their signals.
   */
  async of(names: Iterable<string>, enqueue: (name: string) => void): Promise<void> {
    const runs = [...names].map(async (name) => {
      const returned = new Promise<void>((resolve) => {
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]);
      });
      this.#hurry.get(name)?.();
      enqueue(name);
      return returned;
    });
    await Promise.all(runs);
  }

  /**
   * Does a run and then tells whoever waited before it began; `failed` is called first when they waited in vain. The
   * run's signal is aborted when somebody waits for it and its time is up.
   */
  async during<T>(name: string, run: (signal: AbortSignal) => Promise<T>, failed: () => void): Promise<T> {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    const startedAt = this.#clock.monotonic();
    const abort = new AbortController();
    let cancel: (() => void) | undefined;
    const hurry = (): void => {
      const left = PATIENCE - (this.#clock.monotonic() - startedAt);
      cancel ??= this.#clock.after(Math.max(0, left), () => abort.abort(tooSlow(name)));
    };
    this.#hurry.set(name, hurry);
    if (waiting.length > 0) hurry();
    try {
      return await run(abort.signal);
    } catch (error) {
      if (waiting.length > 0) failed();
      throw error;
    } finally {
      cancel?.();
      this.#hurry.delete(name);
      for (const resolve of waiting) resolve();
    }
  }
}

function tooSlow(name: string): SignetError {
  const message = `TrustDomain ${name} was not looked at within ${PATIENCE / SECOND} s, and other TrustDomains wait; it signs nothing until it was`;
  return new SignetError('ERR_KUBE_TIMEOUT', message);
}
