// SPDX-License-Identifier: Apache-2.0
/**
 * The keys that are ready to be worked on, and which of them goes first. Hard deadlines that have come go before all
 * else; where none has, keys with hard deadlines and those with soft ones take turns, the nearest of its kind first. So no
 * number of one kind keeps the other waiting without end, and nobody has to know what either costs.
 * @module
 */
import type { Duration, Instant } from '../time.ts';
import { DeadlineHeap } from './deadline-heap.ts';

/** By when a key should be worked on. */
export interface Urgency {
  readonly deadline: Instant;
  /** Once its deadline has come, it goes before every key without this. */
  readonly hard: boolean;
}

/** Of two for the same key: the nearer one, or the later word when it is of another kind. */
export function nearer(before: Urgency | undefined, next: Urgency): Urgency {
  return before !== undefined && before.hard === next.hard && before.deadline <= next.deadline ? before : next;
}

export class ReadyKeys {
  /** Values are times since when the keys have been ready. */
  readonly #hard = new DeadlineHeap<Duration>();
  readonly #soft = new DeadlineHeap<Duration>();
  /** The kind whose turn it was. */
  #last: DeadlineHeap<Duration> = this.#hard;

  get size(): number {
    return this.#hard.size + this.#soft.size;
  }

  /** Since when each of them has been ready, in no order. */
  *since(): Generator<Duration> {
    yield* this.#hard.values();
    yield* this.#soft.values();
  }

  /** Whether it was not here yet. One that was keeps the time since when it is ready, and the nearer urgency. */
  add(key: string, { deadline, hard }: Urgency, since: Duration): boolean {
    const [heap, other] = hard ? [this.#hard, this.#soft] : [this.#soft, this.#hard];
    const at = heap.at(key);
    if (at !== undefined && at <= deadline) return false;
    const before = heap.value(key) ?? other.value(key);
    other.delete(key);
    heap.set(key, deadline, before ?? since);
    return before === undefined;
  }

  pop(now: Instant): { readonly key: string; readonly since: Duration } | undefined {
    if (this.size === 0) return undefined;
    this.#last = this.#first(now);
    const entry = this.#last.pop();
    return entry && { key: entry.key, since: entry.value };
  }

  clear(): void {
    this.#hard.clear();
    this.#soft.clear();
  }

  #first(now: Instant): DeadlineHeap<Duration> {
    const hard = this.#hard.peek();
    if (hard === undefined) return this.#soft;
    const turn = this.#last === this.#soft || this.#soft.size === 0;
    return turn || hard.at <= now ? this.#hard : this.#soft;
  }
}
