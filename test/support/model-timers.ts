// SPDX-License-Identifier: Apache-2.0
/**
 * When a run of the model's controller asks for the next.
 * @module
 */
import type { Plan } from '../../src/identity/plan.ts';
import type { Duration, Instant } from '../../src/time.ts';

/** As in the shell, an issuance sets the timer for its own renewal. */
export function requeueOf(
  plan: Plan,
  status: { readonly renewalTime?: string; readonly notAfter?: string },
  now: Instant,
): { requeueAfter?: Duration } {
  const times = [status.renewalTime, status.notAfter].map((time) => Date.parse(time ?? '') - now);
  const ahead = [...times, plan.requeueAfter ?? 0].filter((after) => after > 0);
  return ahead.length === 0 ? {} : { requeueAfter: Math.min(...ahead) };
}
