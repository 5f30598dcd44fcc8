// SPDX-License-Identifier: Apache-2.0
/**
 * What stands in the way of an identity, as its conditions tell it.
 * @module
 */
import type { IdentityReason } from '../api/conditions.ts';

export interface IdentityProblem {
  readonly reason: IdentityReason;
  /** What is wrong and what to do. */
  readonly message: string;
}
