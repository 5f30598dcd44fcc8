// SPDX-License-Identifier: Apache-2.0
/**
 * The objects of a reflector, as projected, with the resourceVersion each was last seen at. It tells changes from
 * repetitions, finds what a full listing no longer contains, and announces both.
 * @module
 */

import { SignetError } from '../errors.ts';
import { isText } from './is-text.ts';

export type ChangeKind = 'added' | 'updated' | 'deleted';

export interface StoreOptions<T, Raw> {
  project(raw: Raw): T;
  /** After the store changed. What it throws goes to onProblem. */
  onEvent(kind: ChangeKind, key: string, now: T, before?: T): void;
  /** May not throw. */
  onProblem(error: unknown): void;
}

/** What has to be there for an object to be stored; API servers always send it. */
export interface StorableObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
}

interface Entry<T> {
  version: string;
  value: T;
  /** The last listing that contained the object. */
  listing: number;
}

export class Store<T, Raw extends StorableObject> {
  readonly #options: StoreOptions<T, Raw>;
  readonly #entries = new Map<string, Entry<T>>();
  #listing = 0;

  constructor(options: StoreOptions<T, Raw>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  *values(): Generator<T, void, void> {
    for (const entry of this.#entries.values()) yield entry.value;
  }

  /** From here to endListing(), what changed() is given is all there is. */
  beginListing(): void {
    this.#listing += 1;
  }

  /** Drops and announces what the listing did not contain. */
  endListing(): void {
    for (const [key, { listing, value }] of this.#entries) {
      if (listing !== this.#listing) this.#drop(key, value, value);
    }
  }

  /** Takes the present state of an object. Returns its resourceVersion, or undefined for no proper object. */
  changed(raw: Raw): string | undefined {
    const { key, version } = this.#identify(raw);
    if (key === undefined || version === undefined) return undefined;
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.listing = this.#listing;
    if (entry?.version === version) return version;
    const projected = this.#project(raw);
    // One that can't be projected keeps its last good state: it does exist.
    if (projected === undefined) return version;
    const { value } = projected;
    if (entry === undefined) {
      this.#entries.set(key, { version, value, listing: this.#listing });
      this.#announce('added', key, value);
      return version;
    }
    const before = entry.value;
    entry.version = version;
    entry.value = value;
    this.#announce('updated', key, value, before);
    return version;
  }

  /** Takes the last state of an object that is gone. Returns as changed() does. */
  deleted(raw: Raw): string | undefined {
    const { key, version } = this.#identify(raw);
    if (key === undefined || version === undefined) return undefined;
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#drop(key, (this.#project(raw) ?? entry).value, entry.value);
    return version;
  }

  #identify(raw: Raw | null): { readonly key?: string; readonly version?: string } {
    const { name, namespace = '', resourceVersion } = raw?.metadata ?? {};
    if (isText(name) && isText(resourceVersion) && typeof namespace === 'string') {
      return { key: namespace === '' ? name : `${namespace}/${name}`, version: resourceVersion };
    }
    this.#options.onProblem(new SignetError('ERR_KUBE_PROTOCOL', 'an object without name or resourceVersion'));
    return {};
  }

  #project(raw: Raw): { readonly value: T } | undefined {
    try {
      return { value: this.#options.project(raw) };
    } catch (error) {
      this.#options.onProblem(error);
      return undefined;
    }
  }

  #drop(key: string, last: T, before: T): void {
    this.#entries.delete(key);
    this.#announce('deleted', key, last, before);
  }

  #announce(kind: ChangeKind, key: string, now: T, before?: T): void {
    try {
      this.#options.onEvent(kind, key, now, before);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
