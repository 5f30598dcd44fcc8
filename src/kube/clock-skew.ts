// SPDX-License-Identifier: Apache-2.0
/**
 * How far our clock is from the API server's, read from the Date header of its answers (design rule 15). Certificates
 * carry our time, and others judge them by theirs.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';
import type { ServerDate } from './transport.ts';

/** Design rule 15. */
const MAX_CLOCK_SKEW: Duration = 30 * SECOND;

/** The middle of so many readings counts: one odd answer (another API server, a slow call) moves nothing. */
const READINGS = 9;
/** A reading that took longer says too little. */
const LONGEST_ROUND_TRIP: Duration = 10 * SECOND;
/** Date headers are cut to whole seconds (RFC 9110 5.6.7), so half a second is missing on average. */
const MEAN_TRUNCATION: Duration = SECOND / 2;

/** Whether a skew is too large to sign under. Unknown is not: whoever cannot reach an API server cannot store either. */
export function exceedsSkew(skew: Duration | undefined): boolean {
  return skew !== undefined && Math.abs(skew) > MAX_CLOCK_SKEW;
}

export class ClockSkew {
  readonly #clock: Clock;
  /** Server time minus our monotonic clock, newest last. A jump of our wall clock leaves them valid. */
  readonly #offsets: Duration[] = [];
  #median: Duration | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a reading from an answer that just came. */
  observe({ date, sentAt, receivedAt }: ServerDate): void {
    const roundTrip = receivedAt - sentAt;
    if (!Number.isFinite(date) || roundTrip < 0 || roundTrip > LONGEST_ROUND_TRIP) {
      return;
    }
    const stamped = this.#clock.monotonic() - (this.#clock.now() - receivedAt) - roundTrip / 2;
    this.#offsets.push(date + MEAN_TRUNCATION - stamped);
    if (this.#offsets.length > READINGS) {
      this.#offsets.shift();
    }
    this.#median = undefined;
  }

  /** Our clock minus the API server's, good to about a second; undefined before the first reading. */
  skew(): Duration | undefined {
    this.#median ??= this.#offsets.toSorted((a, b) => a - b)[this.#offsets.length >> 1];
    return this.#median === undefined ? undefined : this.#clock.now() - (this.#clock.monotonic() + this.#median);
  }

  /** Why nothing may be signed by this clock; undefined: it may. */
  refusal(): string | undefined {
    const skew = this.skew();
    if (skew === undefined || !exceedsSkew(skew)) {
      return undefined;
    }
    const seconds = Math.round(Math.abs(skew) / SECOND);
    const direction = skew > 0 ? 'ahead of' : 'behind';
    return `the clock of this machine is ${seconds} s ${direction} the API server's; set it right (NTP)`;
  }
}
