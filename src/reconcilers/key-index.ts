// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities a change elsewhere concerns: a multi-map from a term (a Secret's or ServiceAccount's name, a
 * namespace) to identity keys, kept by the events of the identities themselves.
 * @module
 */

export class KeyIndex {
  readonly #keys = new Map<string, string | Set<string>>();

  /** Moves a key from one term to another; undefined: it stands under none. */
  move(key: string, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#remove(from, key);
    if (to !== undefined) this.#add(to, key);
  }

  /** The keys under a term. */
  *keys(term: string): Generator<string> {
    const found = this.#keys.get(term);
    if (typeof found === 'string') yield found;
    else if (found !== undefined) yield* found;
  }

  // Most terms have one key; a Set for each of ten thousand would cost megabytes.
  #add(term: string, key: string): void {
    const found = this.#keys.get(term);
    if (found === undefined) this.#keys.set(term, key);
    else if (typeof found === 'string') {
      if (found !== key) this.#keys.set(term, new Set([found, key]));
    } else found.add(key);
  }

  #remove(term: string, key: string): void {
    const found = this.#keys.get(term);
    if (found === key) this.#keys.delete(term);
    if (!(found instanceof Set)) return;
    found.delete(key);
    const [last, second] = found;
    if (second === undefined && last !== undefined) this.#keys.set(term, last);
    else if (last === undefined) this.#keys.delete(term);
  }
}
