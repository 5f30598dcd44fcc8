// SPDX-License-Identifier: Apache-2.0
/**
 * A binary heap of keys by the time each is due, with its position known, so one key can be moved or taken out in
 * O(log n). Equal times leave in the order they came.
 * @module
 */

interface Entry<T> {
  readonly key: string;
  readonly at: number;
  readonly order: number;
  readonly value: T;
}

/** Keys ordered by `at`; each key at most once, with a value of the caller's. */
export class DeadlineHeap<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #positions = new Map<string, number>();
  #order = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** When the key is due, or undefined when it is not here. */
  at(key: string): number | undefined {
    return this.#entry(key)?.at;
  }

  value(key: string): T | undefined {
    return this.#entry(key)?.value;
  }

  peek(): { readonly key: string; readonly at: number; readonly value: T } | undefined {
    return this.#entries[0];
  }

  /** The values of all keys, in no order. */
  *values(): Generator<T> {
    for (const entry of this.#entries) {
      yield entry.value;
    }
  }

  /** Adds the key or moves it; a moved key goes behind the others of its new time. */
  set(key: string, at: number, value: T): void {
    this.delete(key);
    this.#entries.push({ key, at, value, order: this.#order++ });
    this.#up(this.#entries.length - 1);
  }

  pop(): { readonly key: string; readonly at: number; readonly value: T } | undefined {
    const first = this.#entries[0];
    if (first !== undefined) {
      this.delete(first.key);
    }
    return first;
  }

  delete(key: string): boolean {
    const position = this.#positions.get(key);
    const last = this.#entries.at(-1);
    if (position === undefined || last === undefined) {
      return false;
    }
    this.#entries.pop();
    this.#positions.delete(key);
    if (last.key !== key) {
      this.#place(last, position);
      this.#down(this.#up(position));
    }
    return true;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#positions.clear();
  }

  #entry(key: string): Entry<T> | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#entries[position];
  }

  #place(entry: Entry<T>, position: number): void {
    this.#entries[position] = entry;
    this.#positions.set(entry.key, position);
  }

  #up(from: number): number {
    const entry = this.#entries[from];
    if (entry === undefined) {
      return from;
    }
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || !isBefore(entry, parent)) {
        break;
      }
      this.#place(parent, position);
      position = above;
    }
    this.#place(entry, position);
    return position;
  }

  #down(from: number): void {
    const entry = this.#entries[from];
    if (entry === undefined) {
      return;
    }
    let position = from;
    for (;;) {
      const below = this.#smallerChild(position);
      const child = this.#entries[below];
      if (child === undefined || !isBefore(child, entry)) {
        break;
      }
      this.#place(child, position);
      position = below;
    }
    this.#place(entry, position);
  }

  #smallerChild(position: number): number {
    const left = 2 * position + 1;
    const leftEntry = this.#entries[left];
    const rightEntry = this.#entries[left + 1];
    return leftEntry !== undefined && rightEntry !== undefined && isBefore(rightEntry, leftEntry) ? left + 1 : left;
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
