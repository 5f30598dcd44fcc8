// SPDX-License-Identifier: Apache-2.0
/**
 * The settings of the Lease under which faults are proven: how fast it is noticed to be left.
 * @module
 */
import type { LeaseTimes } from './judge-round.ts';

interface LeaseSetting extends LeaseTimes {
  readonly flags: readonly string[];
}

export const LEASES = {
  /** What a controller has without any flag. */
  default: { duration: 10_000, renewDeadline: 6000, flags: [] },
  fast: {
    duration: 4000,
    renewDeadline: 3000,
    flags: ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'],
  },
} as const satisfies Record<string, LeaseSetting>;

export type LeaseName = keyof typeof LEASES;
