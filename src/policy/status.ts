// SPDX-License-Identifier: Apache-2.0
/**
 * The only author of an IdentityPolicy's status.
 * @module
 */
import { type ConditionInput, nextConditions } from '../api/condition-list.ts';
import type { PolicyConditionType, PolicyReason } from '../api/conditions.ts';
import { type FieldError, formatFieldErrors } from '../api/field-error.ts';
import type { IdentityPolicy, IdentityPolicyStatus } from '../api/identity-policy.ts';
import type { Instant } from '../time.ts';
import { listed } from './identity-rules.ts';

export interface PolicyFacts {
  /** Whether anything is judged by: the spec, or the last one that was valid. */
  readonly inForce: boolean;
  /** Why the spec is not applied; empty: it is. */
  readonly errors: readonly FieldError[];
  readonly matched: number;
  readonly violating: number;
  readonly examples: readonly string[];
  /** What of the policy nobody judges: it is for admission, and nobody judges policies there. */
  readonly unjudged: readonly string[];
  /** Namespaces in which Pods should be judged by it and are not, sorted. */
  readonly unenforced: readonly string[];
}

/** The status a policy should have. */
export function nextPolicyStatus(policy: IdentityPolicy, facts: PolicyFacts, now: Instant): IdentityPolicyStatus {
  const { generation } = policy.metadata;
  const { inForce, matched, violating, examples } = facts;
  return {
    conditions: nextConditions(policy.status?.conditions, conditionsOf(facts), generation, now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(inForce ? { matched, violating, examples } : {}),
  };
}

function conditionsOf({
  inForce,
  errors,
  unjudged,
  unenforced,
}: PolicyFacts): ConditionInput<PolicyConditionType, PolicyReason>[] {
  const list = [readiness(inForce, errors)];
  if (unjudged.length > 0) {
    const verb = unjudged.length === 1 ? 'is' : 'are';
    list.push({
      type: 'NotEnforced',
      status: 'True',
      reason: 'AdmissionOnly',
      message: `${listed(unjudged)} ${verb} judged at admission only, and no admission webhook judges policies in this version`,
    });
  } else if (unenforced.length > 0) {
    const many = unenforced.length === 1 ? 'namespace' : `${unenforced.length} namespaces`;
    list.push({
      type: 'NotEnforced',
      status: 'True',
      reason: 'LabelMissing',
      message: `Pods are not judged in ${many} ${listed(unenforced)}; label what should be with signet.dev/enforce`,
    });
  }
  return list;
}

function readiness(inForce: boolean, errors: readonly FieldError[]): ConditionInput<PolicyConditionType, PolicyReason> {
  if (errors.length === 0) {
    return { type: 'Ready', status: 'True', reason: 'InForce', message: 'the policy is judged before every issuance' };
  }
  const meanwhile = inForce ? 'the last valid spec stays in force' : 'nothing is judged by the policy';
  const message = `${meanwhile}; this one is not applied: ${formatFieldErrors(errors)}`;
  return { type: 'Ready', status: 'False', reason: 'InvalidSpec', message };
}
