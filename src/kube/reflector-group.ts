// SPDX-License-Identifier: Apache-2.0
/**
 * One cache made of several watches, for who may not watch the whole cluster: a namespace each, or an object each.
 * @module
 */
import type { Duration } from '../time.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import type { Watched } from './watch-session.ts';

/** What is read of a cache, however many watches feed it. */
export type Collection<T> = Pick<
  Reflector<T>,
  'name' | 'start' | 'stop' | 'hasSynced' | 'whenSynced' | 'lastActivity' | 'get' | 'keys' | 'values' | 'size'
>;

/** Which part of a resource one of the watches sees; no two may see the same object. */
export type Part = Pick<Watched, 'namespace' | 'fieldSelector'>;

/** A cache of the parts of a resource; of the whole of it without any. */
export function collect<T>(options: ReflectorOptions<T>, parts: readonly Part[] | undefined): Collection<T> {
  if (parts === undefined) return new Reflector(options);
  return new ReflectorGroup(parts.map((part) => new Reflector({ ...options, ...part })));
}

class ReflectorGroup<T> implements Collection<T> {
  readonly name: string;
  readonly #members: readonly Reflector<T>[];

  constructor(members: readonly Reflector<T>[]) {
    this.#members = members;
    this.name = members[0]?.name ?? '';
  }

  start(): void {
    for (const member of this.#members) member.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  get hasSynced(): boolean {
    return this.#members.every((member) => member.hasSynced);
  }

  async whenSynced(): Promise<boolean> {
    const synced = await Promise.all(this.#members.map((member) => member.whenSynced()));
    return synced.every(Boolean);
  }

  /** Of the watch that has been silent for the longest time. */
  lastActivity(): Duration {
    return Math.min(...this.#members.map((member) => member.lastActivity()));
  }

  get(key: string): T | undefined {
    for (const member of this.#members) {
      const found = member.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *keys(): Generator<string> {
    for (const member of this.#members) yield* member.keys();
  }

  *values(): Generator<T> {
    for (const member of this.#members) yield* member.values();
  }

  get size(): number {
    return this.#members.reduce((sum, member) => sum + member.size, 0);
  }
}
