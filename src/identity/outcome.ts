// SPDX-License-Identifier: Apache-2.0
/**
 * What came of the plan for one ServiceIdentity, as its status will tell it: what was issued, written and refused.
 * @module
 */
import type { IssueReason } from './checks.ts';
import type { StoredFacts } from './observed.ts';
import type { Plan } from './plan.ts';
import type { IdentityProblem } from './problem.ts';

export interface SecretRef {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What came of a plan. */
export interface Outcome {
  readonly plan: Plan;
  readonly issued?: { readonly facts: StoredFacts; readonly reason: IssueReason; readonly clamped: boolean };
  /** The Secret as it was observed. */
  readonly secret?: SecretRef;
  /** The Secret as our own write returned it. */
  readonly written?: SecretRef;
  /** The Secret of an earlier name was deleted as planned. */
  readonly released?: true;
  /** A failed effect that the user should hear of. */
  readonly failure?: IdentityProblem;
  /** What keeps some files of the Secret from being written. */
  readonly formats?: IdentityProblem;
}
