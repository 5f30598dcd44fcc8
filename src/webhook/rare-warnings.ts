// SPDX-License-Identifier: Apache-2.0
/**
 * Warnings that anybody who can connect can cause: one a second of each kind, with how many were left out, so that
 * nobody fills the log.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { type Duration, SECOND } from '../time.ts';

const INTERVAL: Duration = SECOND;

interface Kind {
  readonly toldAt: Duration;
  readonly leftOut: number;
}

export class RareWarnings {
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock, logger: Pick<Logger, 'warn'>) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `message` is a constant: each is a kind of its own. The line says how many were left out since the one before. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const now = this.#clock.monotonic();
    const { toldAt, leftOut } = this.#kinds.get(message) ?? { toldAt: -Infinity, leftOut: 0 };
    if (now - toldAt < INTERVAL) {
      this.#kinds.set(message, { toldAt, leftOut: leftOut + 1 });
      return;
    }
    this.#kinds.set(message, { toldAt: now, leftOut: 0 });
    this.#logger.warn(message, leftOut === 0 ? fields : { ...fields, leftOut });
  }
}
