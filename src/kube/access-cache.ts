// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps the credentials the transport sends with every call: read at most once a minute, at once after the API
 * server refused them, and the last good ones while they can't be read.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import { type Duration, MINUTE, SECOND } from '../time.ts';
import type { Access, Cluster } from './cluster.ts';

const REFRESH_AFTER: Duration = MINUTE;
/** After a reading that failed. */
const RETRY_AFTER: Duration = 5 * SECOND;
/** Refusals come in bursts, one for each call in flight; they share one reading. */
const FRESH_AT_MOST_EVERY: Duration = SECOND;

export interface AccessCacheOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Told of a reading that failed while older credentials are still there to use. */
  readonly onProblem?: (error: unknown) => void;
}

export class AccessCache {
  readonly #options: AccessCacheOptions;
  #access: Access | undefined;
  /** Monotonic times. */
  #dueAt: Duration = Number.NEGATIVE_INFINITY;
  #freshAt: Duration = Number.NEGATIVE_INFINITY;
  #reading: Promise<Access> | undefined;

  constructor(options: AccessCacheOptions) {
    this.#options = options;
  }

  /** The access settings while they are recent; undefined when refresh() has to be awaited first. */
  recent(): Access | undefined {
    return this.#options.clock.monotonic() < this.#dueAt ? this.#access : undefined;
  }

  /**
   * Reads the settings, or joins a reading under way. `fresh` is for settings the API server has just refused.
   * Throws only when there were none before.
   */
  refresh(fresh = false): Promise<Access> {
    const now = this.#options.clock.monotonic();
    const drop = fresh && now - this.#freshAt >= FRESH_AT_MOST_EVERY;
    if (this.#reading !== undefined && !drop) return this.#reading;
    if (fresh && !drop && this.#access !== undefined) return Promise.resolve(this.#access);
    if (drop) this.#freshAt = now;
    const reading = this.#read(drop).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #read(fresh: boolean): Promise<Access> {
    const { cluster, clock, onProblem } = this.#options;
    try {
      this.#access = await cluster.access(fresh);
      this.#dueAt = clock.monotonic() + REFRESH_AFTER;
    } catch (error) {
      if (this.#access === undefined) throw error;
      this.#dueAt = clock.monotonic() + RETRY_AFTER;
      onProblem?.(error);
    }
    return this.#access;
  }
}
