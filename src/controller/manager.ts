// SPDX-License-Identifier: Apache-2.0
/**
 * Starts the parts of the program in order and stops them in reverse, within a deadline. The first fatal error of
 * any part stops everything.
 * @module
 */
import { type Duration, SECOND } from '../time.ts';
import type { Clock } from './clock.ts';

export interface Runnable {
  readonly name: string;
  /** Resolves when the next part may start. `fail` reports, at any later time, that the program can't go on. */
  start(fail: (error: unknown) => void): Promise<unknown> | void;
  /** Resolves when the part does nothing any more. May be called while `start` is still at work. */
  stop(): Promise<unknown> | void;
}

export interface Stopped {
  /** The first fatal error, where one stopped the program. */
  readonly error?: unknown;
  /** Parts whose `stop` failed or did not return in time. */
  readonly unfinished: readonly string[];
}

export interface ManagerOptions {
  /** In the order in which they start. */
  readonly runnables: readonly Runnable[];
  readonly clock: Clock;
  /** For all parts together; default 5 s. */
  readonly stopDeadline?: Duration;
}

const STOP_DEADLINE: Duration = 5 * SECOND;
/** Kept for each part still to be stopped when an earlier one uses up the time. */
const RESERVE: Duration = SECOND / 4;

export class Manager {
  readonly #runnables: readonly Runnable[];
  readonly #clock: Clock;
  readonly #stopDeadline: Duration;
  readonly #started: Runnable[] = [];
  readonly #end = Promise.withResolvers<Stopped>();
  #stopping: Promise<Stopped> | undefined;
  #fatal: { readonly error: unknown } | undefined;

  constructor({ runnables, clock, stopDeadline = STOP_DEADLINE }: ManagerOptions) {
    this.#runnables = runnables;
    this.#clock = clock;
    this.#stopDeadline = stopDeadline;
  }

  /** Resolves when everything has stopped, for whatever reason. */
  get stopped(): Promise<Stopped> {
    return this.#end.promise;
  }

  /**
   * Starts one part after the other. Never rejects: a part that can't start is a fatal error like any other, and
   * `stopped` tells. Resolves to whether everything runs.
   */
  async start(): Promise<boolean> {
    for (const runnable of this.#runnables) {
      if (this.#stopping !== undefined) {
        return false;
      }
      this.#started.push(runnable);
      try {
        await runnable.start((error) => this.fail(error));
      } catch (error) {
        this.fail(error);
      }
    }
    return this.#stopping === undefined;
  }

  /** A fatal error: the first one is kept, and everything stops. */
  fail(error: unknown): void {
    if (this.#stopping === undefined) {
      this.#fatal = { error };
      void this.stop();
    }
  }

  /** Stops what was started, last first, each after the one before it has stopped or used up its time. */
  stop(): Promise<Stopped> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<Stopped> {
    const deadline = this.#clock.monotonic() + this.#stopDeadline;
    const unfinished: string[] = [];
    for (let runnable = this.#started.pop(); runnable !== undefined; runnable = this.#started.pop()) {
      const reserve = RESERVE * this.#started.length;
      const finished = await this.#within(deadline - reserve - this.#clock.monotonic(), runnable);
      if (!finished) {
        unfinished.push(runnable.name);
      }
    }
    const stopped: Stopped = { unfinished, ...this.#fatal };
    this.#end.resolve(stopped);
    return stopped;
  }

  /** Whether the part stopped within the time. */
  #within(limit: Duration, runnable: Runnable): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(limit, () => resolve(false));
      const finish = (finished: boolean): void => {
        cancel();
        resolve(finished);
      };
      Promise.try(() => runnable.stop()).then(
        () => finish(true),
        () => finish(false),
      );
    });
  }
}
