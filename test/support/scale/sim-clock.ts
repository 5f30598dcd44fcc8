// SPDX-License-Identifier: Apache-2.0
/**
 * Time of a simulation: it jumps from event to event, millions of them, and costs nothing while nothing happens.
 * @module
 */
import type { Clock } from '../../../src/controller/clock.ts';
import type { Duration, Instant } from '../../../src/time.ts';

interface Event {
  readonly at: Duration;
  readonly order: number;
  run: (() => void) | undefined;
}

/** A whole second. */
const START: Instant = Date.UTC(2026, 0, 1);

export class SimClock implements Clock {
  readonly #events: Event[] = [];
  #now: Duration = 0;
  #order = 0;

  now = (): Instant => START + this.#now;

  /** From the start of the simulation. */
  monotonic = (): Duration => this.#now;

  after = (delay: Duration, run: () => void): (() => void) => {
    const event: Event = { at: this.#now + Math.max(0, delay), order: this.#order++, run };
    this.#push(event);
    // It stays in its place and does nothing.
    return () => {
      event.run = undefined;
    };
  };

  /** Lets time pass; `settle` is awaited after every event. */
  async advance(duration: Duration, settle: () => Promise<void> | undefined): Promise<void> {
    const end = this.#now + duration;
    for (let next = this.#events[0]; next !== undefined && next.at <= end; next = this.#events[0]) {
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      run();
      const settling = settle();
      if (settling !== undefined) await settling;
    }
    this.#now = end;
  }

  #push(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = events[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      events[at] = parent;
      at = above;
    }
    events[at] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [events[left], events[left + 1]];
      const below = a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
      const child = events[below];
      if (child === undefined || !isBefore(child, last)) break;
      events[at] = child;
      at = below;
    }
    events[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
