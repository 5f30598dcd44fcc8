// SPDX-License-Identifier: Apache-2.0
/**
 * The work queue: which key is worked on next. It holds keys only, each at most once, hands each to one worker at a
 * time, and serves the most urgent one first.
 * @module
 */
import { type Duration, MINUTE, SECOND } from '../time.ts';
import { type BackoffBounds, backoffDelay } from './backoff.ts';
import type { Clock } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { nearer, ReadyKeys, type Urgency } from './ready-keys.ts';

/** A key nobody gave a deadline should be worked on within this time. */
export const DEFAULT_URGENCY: Duration = MINUTE;

/** The timer never sleeps longer: after a suspended machine wakes up, delayed adds are late by at most this much. */
const LONGEST_SLEEP: Duration = 30 * SECOND;
/** A wall clock ahead of the monotonic one by more than this was moved, or the machine was suspended. */
const JUMP: Duration = SECOND;

/** Told about traffic, for metrics. Durations in ms. */
export interface WorkQueueObserver {
  added(): void;
  retried(): void;
  /** How long a key waited between being ready and being handed out. */
  waited(duration: Duration, key: string): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly observer?: WorkQueueObserver;
  /** By when a key should be worked on, asked whenever it becomes ready; by default within a minute, and soft. */
  readonly urgencyOf?: (key: string) => Urgency | undefined;
}

interface Running {
  /** Between being ready and being handed out. */
  readonly waited: Duration;
  /** Of the adds that came while the key was worked on. */
  again: Urgency | undefined;
  /** For when it was scheduled before this run; that comes back unless the run succeeds. */
  scheduled: Duration | undefined;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #observer: WorkQueueObserver | undefined;
  readonly #urgencyOf: (key: string) => Urgency | undefined;
  readonly #ready = new ReadyKeys();
  /** By due time on this queue's own time line (see #time). */
  readonly #delayed = new DeadlineHeap<undefined>();
  readonly #running = new Map<string, Running>();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #wake: { readonly at: Duration; readonly cancel: () => void } | undefined;
  #shutDown = false;
  #jumped: Duration = 0;
  #offset: Duration;

  constructor({ clock, random = Math.random, observer, urgencyOf = () => undefined }: WorkQueueOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#observer = observer;
    this.#urgencyOf = urgencyOf;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Keys ready to be worked on. */
  get length(): number {
    return this.#ready.size;
  }

  /** Keys scheduled for later. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys being worked on. */
  get running(): number {
    return this.#running.size;
  }

  /** Keys with failures that no success has cleared yet. */
  get failing(): number {
    return this.#failures.size;
  }

  /** How long a key that is being worked on had waited for that. */
  waited(key: string): Duration | undefined {
    return this.#running.get(key)?.waited;
  }

  /** Of a key, since it last succeeded. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** How long the ready key that waits longest has waited; 0 when none waits. */
  oldestWait(): Duration {
    let oldest = this.#clock.monotonic();
    for (const since of this.#ready.since()) {
      oldest = Math.min(oldest, since);
    }
    return this.#clock.monotonic() - oldest;
  }

  /**
   * Asks for the key to be worked on, by the deadline that `urgencyOf` says. A waiting key keeps the nearest deadline of
   * the kind it has now; a key being worked on is worked on once more afterwards.
   */
  add(key: string): void {
    if (this.#shutDown) {
      return;
    }
    const urgency = this.#urgencyOf(key);
    const usable = urgency !== undefined && !Number.isNaN(urgency.deadline);
    this.#add(key, usable ? urgency : { deadline: this.#clock.now() + DEFAULT_URGENCY, hard: false });
  }

  #add(key: string, urgency: Urgency): void {
    const running = this.#running.get(key);
    if (running !== undefined) {
      if (running.again === undefined) {
        this.#observer?.added();
      }
      running.again = nearer(running.again, urgency);
      return;
    }
    if (this.#ready.add(key, urgency, this.#clock.monotonic())) {
      this.#observer?.added();
    }
    this.#serve();
  }

  /**
   * Adds the key once `delay` has passed; of several the earliest counts. The delay is measured on the monotonic
   * clock, but a wall clock that moves forward shortens it: a due time is a date, and work too early does no harm.
   */
  addAfter(key: string, delay: Duration): void {
    if (this.#shutDown) {
      return;
    }
    if (delay > 0) {
      this.#schedule(key, this.#time() + delay);
    } else {
      this.add(key);
    }
  }

  /** Adds the key after its back-off, which doubles with every call until `forget`. */
  addRateLimited(key: string, bounds: BackoffBounds = {}): void {
    if (this.#shutDown) {
      return;
    }
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    this.addAfter(key, backoffDelay(failures, bounds, this.#random()));
  }

  /**
   * The key's work succeeded: its failures are forgotten, and so is what was scheduled for it before this run began
   * (a run knows everything the earlier ones knew). What was asked for during the run stays.
   */
  forget(key: string): void {
    this.#failures.delete(key);
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.scheduled = undefined;
    }
  }

  /** The next key, once there is one; undefined after shutdown. Every key handed out must come back through `done`. */
  next(): Promise<string | undefined> {
    if (this.#shutDown) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#serve();
    });
  }

  /** The worker is finished with the key. */
  done(key: string): void {
    const running = this.#running.get(key);
    if (running === undefined) {
      return;
    }
    this.#running.delete(key);
    if (this.#shutDown) {
      return;
    }
    if (running.scheduled !== undefined) {
      this.#schedule(key, running.scheduled);
    }
    if (running.again !== undefined) {
      this.#add(key, running.again);
    }
  }

  /** Hands out nothing more, wakes everybody who waits and forgets what was waiting. */
  shutdown(): void {
    this.#shutDown = true;
    this.#wake?.cancel();
    this.#wake = undefined;
    this.#ready.clear();
    this.#delayed.clear();
    this.#failures.clear();
    for (const resolve of this.#waiters.splice(0)) {
      resolve(undefined);
    }
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const entry = this.#ready.pop(this.#clock.now());
      if (entry === undefined) {
        return;
      }
      const waited = this.#clock.monotonic() - entry.since;
      this.#running.set(entry.key, { waited, again: undefined, scheduled: this.#takeScheduled(entry.key) });
      this.#observer?.waited(waited, entry.key);
      this.#waiters.shift()?.(entry.key);
    }
  }

  #takeScheduled(key: string): Running['scheduled'] {
    const at = this.#delayed.at(key);
    this.#delayed.delete(key);
    return at;
  }

  #schedule(key: string, at: Duration): void {
    const scheduled = this.#delayed.at(key);
    if (scheduled === undefined || at < scheduled) {
      this.#delayed.set(key, at, undefined);
      this.#arm();
    }
  }

  #arm(): void {
    const first = this.#delayed.peek();
    if (first === undefined || (this.#wake !== undefined && this.#wake.at <= first.at)) {
      return;
    }
    this.#wake?.cancel();
    const time = this.#time();
    const delay = Math.min(Math.max(0, first.at - time), LONGEST_SLEEP);
    this.#wake = { at: time + delay, cancel: this.#clock.after(delay, () => this.#release()) };
  }

  #release(): void {
    this.#wake = undefined;
    const time = this.#time();
    for (let first = this.#delayed.peek(); first !== undefined && first.at <= time; first = this.#delayed.peek()) {
      this.#delayed.pop();
      this.add(first.key);
    }
    this.#arm();
  }

  /** The monotonic clock plus every forward jump of the wall clock (a suspended machine, a clock put right). */
  #time(): Duration {
    const monotonic = this.#clock.monotonic();
    const offset = this.#clock.now() - monotonic;
    if (offset > this.#offset + JUMP) {
      this.#jumped += offset - this.#offset;
      this.#offset = offset;
    } else if (offset < this.#offset) {
      this.#offset = offset;
    }
    return monotonic + this.#jumped;
  }
}
