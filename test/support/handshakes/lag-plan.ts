// SPDX-License-Identifier: Apache-2.0
/**
 * When each file of each pod follows its Secret: never later than a limit, and each file by a delay of its own.
 * @module
 */
import type { Duration } from '../../../src/time.ts';
import { chance, weighted } from './seed.ts';

/** tls.crt and tls.key turn together, ca.crt by itself. */
export const MOUNTED_PARTS = ['pair', 'anchors'] as const;
export type MountedPart = (typeof MOUNTED_PARTS)[number];

/** Which part of one version is late: each by chance, or one by all of the limit and the other not at all. */
export const LAG_STYLES = ['BothByChance', 'PairLate', 'AnchorsLate'] as const;
export type LagStyle = (typeof LAG_STYLES)[number];

export interface LagPlan {
  readonly seed: string;
  /** The longest delay. */
  readonly upTo: Duration;
  /** Styles to draw from; by default all, half of the versions by chance. */
  readonly styles?: readonly (readonly [LagStyle, weight: number])[];
}

const USUAL_STYLES: readonly (readonly [LagStyle, number])[] = [
  ['BothByChance', 2],
  ['PairLate', 1],
  ['AnchorsLate', 1],
];

/** How long a part of the n-th version that a pod is told of takes to reach its directory. */
export function lagOf(plan: LagPlan, pod: string, version: number, part: MountedPart): Duration {
  const style = weighted(plan.styles ?? USUAL_STYLES, chance(plan.seed, pod, version, 'style'));
  switch (style) {
    case 'BothByChance':
      return Math.floor(chance(plan.seed, pod, version, part) * (plan.upTo + 1));
    case 'PairLate':
      return part === 'pair' ? plan.upTo : 0;
    case 'AnchorsLate':
      return part === 'anchors' ? plan.upTo : 0;
  }
}
