// SPDX-License-Identifier: Apache-2.0
/**
 * Waiting for authorities to be read afresh at the beginning of a signing term (design rule 14). Runs go through the
 * queue as always, one at a time for each TrustDomain; this only knows who waits for a run that has yet to begin.
 * @module
 */

export class Verification {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves when a run for each name that begins after now has returned, whatever became of it. */
  async of(names: Iterable<string>, enqueue: (name: string) => void): Promise<void> {
    const runs = [...names].map(async (name) => {
      const returned = new Promise<void>((resolve) => {
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]);
      });
      enqueue(name);
      return returned;
    });
    await Promise.all(runs);
  }

  /** Does a run and then tells whoever waited before it began; `failed` is called first when they waited in vain. */
  async during<T>(name: string, run: () => Promise<T>, failed: () => void): Promise<T> {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    try {
      return await run();
    } catch (error) {
      if (waiting.length > 0) failed();
      throw error;
    } finally {
      for (const resolve of waiting) resolve();
    }
  }
}
