// SPDX-License-Identifier: Apache-2.0
/**
 * One copy of what many cached objects say alike: names, timestamps of one second, default parts of specs. Bounded: what
 * was not seen for a while is forgotten, which costs a second copy and nothing else.
 * @module
 */

/** Values by a key that stands for all of them. */
export class Intern<T> {
  readonly #capacity: number;
  #recent = new Map<string, T>();
  #older = new Map<string, T>();

  /** Keeps between `capacity` and twice as many values. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The value that was kept under the key, or else this one from now on. */
  shared(key: string, value: T): T {
    const known = this.#recent.get(key);
    if (known !== undefined) return known;
    const kept = this.#older.get(key) ?? value;
    if (this.#recent.size >= this.#capacity) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, kept);
    return kept;
  }
}

/** Longer ones are hardly repeated, and would make the bound mean little. */
const MAX_LENGTH = 512;

const texts = new Intern<string>(2048);
const parts = new Intern<unknown>(512);

/** The one copy of a text. */
export function sharedText(text: string): string {
  return text.length > MAX_LENGTH ? text : texts.shared(text, text);
}

/** The one copy of a part of an object, which nobody may change. */
export function sharedPart<T>(part: T): T {
  const key = JSON.stringify(part) as string | undefined;
  // Equal text is equal JSON, so what is found under it has the type of what was looked for.
  return key === undefined || key.length > MAX_LENGTH ? part : (parts.shared(key, part) as T);
}
