// SPDX-License-Identifier: Apache-2.0
/**
 * A clock that moves only when told to: timers run in the order in which they are due, and promises settle in between.
 * @module
 */
import type { Clock } from '../../src/controller/clock.ts';
import type { Duration, Instant } from '../../src/time.ts';

interface Timer {
  readonly at: Duration;
  readonly order: number;
  readonly run: () => void;
}

/** Midnight UTC of an arbitrary day; wall and monotonic clocks start apart, so that mixing them up shows. */
const START: Instant = Date.UTC(2026, 0, 1);
const FINEST: Duration = 0.001;

export class ManualClock implements Clock {
  #wall: Instant;
  #monotonic: Duration = 1000;
  #order = 0;
  readonly #timers = new Set<Timer>();
  /** Called after each timer, once everything that follows from it has happened. */
  onStep: (() => void) | undefined;

  constructor(start: Instant = START) {
    this.#wall = start;
  }

  now = (): Instant => this.#wall;

  monotonic = (): Duration => this.#monotonic;

  after = (delay: Duration, run: () => void): (() => void) => {
    const at = this.#monotonic + Math.max(0, delay);
    // A wait too short for the precision of the sum would begin anew at the same time for ever.
    const reached = delay > 0 && at === this.#monotonic;
    const timer: Timer = { at: reached ? at + FINEST : at, order: this.#order++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Timers not yet run. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass: every timer due by then runs at its time, and promises settle after each. */
  async advance(duration: Duration): Promise<void> {
    const end = this.#monotonic + duration;
    await settle();
    for (let timer = this.#nextBy(end); timer !== undefined; timer = this.#nextBy(end)) {
      this.#timers.delete(timer);
      this.#moveTo(Math.max(this.#monotonic, timer.at));
      timer.run();
      await settle();
      this.onStep?.();
    }
    this.#moveTo(end);
  }

  /** The wall clock is put forward (or back); no timer notices. */
  jump(duration: Duration): void {
    this.#wall += duration;
  }

  #moveTo(monotonic: Duration): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #nextBy(end: Duration): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || isBefore(timer, next))) {
        next = timer;
      }
    }
    return next;
  }
}

/** Lets every promise that can settle do so, however long the chain. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
