// SPDX-License-Identifier: Apache-2.0
/**
 * One cache made of several watches, for who may not watch the whole cluster: a namespace each, or an object each.
 * @module
 */
import { isSignetError, SignetError } from '../errors.ts';
import type { Duration } from '../time.ts';
import { Reflector, type ReflectorObserver, type ReflectorOptions } from './reflector.ts';

/** What is read of a cache, however many watches feed it. */
export type Collection<T> = Pick<
  Reflector<T>,
  | 'name'
  | 'start'
  | 'stop'
  | 'reconnect'
  | 'hurry'
  | 'hasSynced'
  | 'whenSynced'
  | 'lastActivity'
  | 'get'
  | 'keys'
  | 'values'
  | 'size'
>;

/** The namespaces that are watched one by one. */
export interface WatchScope {
  readonly namespaces: readonly string[];
  /** Whether a namespace is known not to exist. With it went the right to watch in it, so nothing waits for that. */
  isGone(namespace: string): boolean;
  /** One that is waited for also while watching in it is forbidden. */
  readonly indispensable?: string;
}

/** A cache of all namespaces, or of those in `scope`, but for those where watching is forbidden. */
export function collect<T>(options: ReflectorOptions<T>, scope: WatchScope | undefined): Collection<T> {
  if (scope === undefined) return new Reflector(options);
  const parts = scope.namespaces.map((namespace) => ({
    watched: { namespace },
    isNeeded: () => !scope.isGone(namespace),
    isDispensable: namespace !== scope.indispensable,
  }));
  return new ReflectorGroup(options, parts);
}

/** A cache of the objects of these names, of a resource without namespaces; of all of them without any. */
export function collectNamed<T>(options: ReflectorOptions<T>, names: readonly string[] | undefined): Collection<T> {
  if (names === undefined) return new Reflector(options);
  const parts = names.map((name) => ({
    watched: { fieldSelector: `metadata.name=${name}` },
    isNeeded: () => true,
    isDispensable: false,
  }));
  return new ReflectorGroup(options, parts);
}

interface Part {
  readonly watched: { readonly namespace: string } | { readonly fieldSelector: string };
  /** Whether the cache is incomplete without it. */
  readonly isNeeded: () => boolean;
  /** Whether the cache is complete without it while watching it is forbidden. */
  readonly isDispensable: boolean;
}

class ReflectorGroup<T> implements Collection<T> {
  readonly name: string;
  readonly #parts: ReadonlyMap<Reflector<T>, Part>;
  readonly #members: readonly Reflector<T>[];
  /** Those where watching was forbidden the last time, until one can be listed again. */
  readonly #refused = new Set<Part>();
  #stopped = false;
  #change = Promise.withResolvers<void>();

  constructor(options: ReflectorOptions<T>, parts: readonly Part[]) {
    this.#parts = new Map(
      parts.map((part) => {
        const observer = this.#observed(part, options.observer);
        return [new Reflector({ ...options, ...part.watched, observer }), part];
      }),
    );
    this.#members = [...this.#parts.keys()];
    this.name = this.#members[0]?.name ?? '';
  }

  /** What is told of a part, and taken note of first. */
  #observed(part: Part, observer: ReflectorObserver | undefined): ReflectorObserver {
    return {
      ...observer,
      onListed: (name, size, namespace) => {
        this.#refused.delete(part);
        this.#changed();
        observer?.onListed?.(name, size, namespace);
      },
      onDisconnected: (name, wait, error) => {
        const before = this.#refused.has(part);
        const refused = part.isDispensable && isSignetError(error, 'ERR_KUBE_FORBIDDEN');
        if (refused) this.#refused.add(part);
        // Whether it is needed may have changed, too.
        this.#changed();
        observer?.onDisconnected?.(name, wait, error);
        if (refused && !before) observer?.onProblem?.(name, notWatched(name, part, error));
      },
    };
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers<void>();
    resolve();
  }

  #isNeeded(member: Reflector<T>): boolean {
    const part = this.#parts.get(member);
    return part !== undefined && part.isNeeded() && !this.#refused.has(part);
  }

  start(): void {
    for (const member of this.#members) member.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#changed();
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  reconnect(): void {
    for (const member of this.#members) member.reconnect();
  }

  hurry(): void {
    for (const member of this.#members) member.hurry();
  }

  get hasSynced(): boolean {
    return this.#members.every((member) => member.hasSynced || !this.#isNeeded(member));
  }

  /** Waits for what is needed; what ceases to be is waited for until its next try has failed. */
  async whenSynced(): Promise<boolean> {
    while (!this.hasSynced && !this.#stopped) await this.#change.promise;
    return this.hasSynced;
  }

  /** Of the watch that has been silent for the longest time, among those that are needed. */
  lastActivity(): Duration {
    const needed = this.#members.filter((member) => this.#isNeeded(member));
    // Where none is needed nothing is silent that should not be: the one heard last.
    if (needed.length === 0) return Math.max(...this.#members.map((member) => member.lastActivity()));
    return Math.min(...needed.map((member) => member.lastActivity()));
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

function notWatched(name: string, { watched }: Part, cause: unknown): SignetError {
  const where = 'namespace' in watched ? ` in namespace ${watched.namespace}` : '';
  const message = `watching ${name}${where} is forbidden, so nothing is waited for or done there; grant it with a RoleBinding, or take the namespace off --watch-namespaces`;
  return new SignetError('ERR_KUBE_FORBIDDEN', message, { cause });
}
