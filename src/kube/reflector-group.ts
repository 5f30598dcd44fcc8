// SPDX-License-Identifier: Apache-2.0
/**
 * One cache made of several watches, for who may not watch the whole cluster: a namespace each, or an object each.
 * @module
 */
import type { Duration } from '../time.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';

/** What is read of a cache, however many watches feed it. */
export type Collection<T> = Pick<
  Reflector<T>,
  'name' | 'start' | 'stop' | 'hasSynced' | 'whenSynced' | 'lastActivity' | 'get' | 'keys' | 'values' | 'size'
>;

/** The namespaces that are watched one by one. */
export interface WatchScope {
  readonly namespaces: readonly string[];
  /** Whether a namespace is known not to exist. With it went the right to watch in it, so nothing waits for that. */
  isGone(namespace: string): boolean;
}

/** A cache of all namespaces, or of those in `scope`. */
export function collect<T>(options: ReflectorOptions<T>, scope: WatchScope | undefined): Collection<T> {
  if (scope === undefined) return new Reflector(options);
  const members = scope.namespaces.map((namespace) => ({
    reflector: new Reflector({ ...options, namespace }),
    isNeeded: () => !scope.isGone(namespace),
  }));
  return new ReflectorGroup(members);
}

/** A cache of the objects of these names, of a resource without namespaces; of all of them without any. */
export function collectNamed<T>(options: ReflectorOptions<T>, names: readonly string[] | undefined): Collection<T> {
  if (names === undefined) return new Reflector(options);
  const fields = names.map((name) => ({ fieldSelector: `metadata.name=${name}` }));
  return new ReflectorGroup(
    fields.map((field) => ({ reflector: new Reflector({ ...options, ...field }), isNeeded: () => true })),
  );
}

interface Member<T> {
  readonly reflector: Reflector<T>;
  /** Whether the cache is incomplete without it. */
  readonly isNeeded: () => boolean;
}

class ReflectorGroup<T> implements Collection<T> {
  readonly name: string;
  readonly #all: readonly Member<T>[];
  readonly #members: readonly Reflector<T>[];

  constructor(members: readonly Member<T>[]) {
    this.#all = members;
    this.#members = members.map(({ reflector }) => reflector);
    this.name = this.#members[0]?.name ?? '';
  }

  start(): void {
    for (const member of this.#members) member.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  get hasSynced(): boolean {
    return this.#all.every(({ reflector, isNeeded }) => reflector.hasSynced || !isNeeded());
  }

  /** Waits for what is needed now. */
  async whenSynced(): Promise<boolean> {
    const needed = this.#all.filter(({ isNeeded }) => isNeeded());
    const synced = await Promise.all(needed.map(({ reflector }) => reflector.whenSynced()));
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
