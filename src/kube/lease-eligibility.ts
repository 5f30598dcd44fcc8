// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a candidate that doubts its own fitness may hold the Lease: nobody claims it in doubt, and a holder keeps
 * it through a short doubt, because each change of the holder costs more than that.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Duration } from '../time.ts';

export interface EligibilityOptions {
  readonly clock: Clock;
  readonly eligible: () => boolean;
  /** How long a holder may be ineligible without a break. */
  readonly renewDeadline: Duration;
}

/** Asked in each round of the election, `holds` being whether this process leads; false: it must not hold the Lease. */
export function eligibilityOf(options: EligibilityOptions): (holds: boolean) => boolean {
  const { clock, eligible, renewDeadline } = options;
  let ineligibleSince: Duration | undefined;
  return (holds) => {
    if (eligible()) {
      ineligibleSince = undefined;
      return true;
    }
    ineligibleSince ??= clock.monotonic();
    return holds && clock.monotonic() - ineligibleSince <= renewDeadline;
  };
}
