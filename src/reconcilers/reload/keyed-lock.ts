// SPDX-License-Identifier: Apache-2.0
/**
 * Two controllers that write one status: whoever comes later for a key waits until the other is done with it.
 * @module
 */

export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs alone for its key, in the order of the calls. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
