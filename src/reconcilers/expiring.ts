// SPDX-License-Identifier: Apache-2.0
/**
 * What is remembered of some keys until it is out of date. Each write clears away what the passing of time made worthless,
 * so the memory holds little more than what still counts.
 * @module
 */

export class Expiring<T> {
  /** In the order of the last writes. */
  readonly #values = new Map<string, T>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** Remembers a value, and forgets those written before it that are worthless now. */
  set(key: string, value: T, worthless: (value: T) => boolean): void {
    this.#values.delete(key);
    for (const [other, old] of this.#values) {
      if (!worthless(old)) break;
      this.#values.delete(other);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
