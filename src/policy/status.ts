// SPDX-License-Identifier: Apache-2.0
/**
 * The only author of an IdentityPolicy's status.
 * @module
 */
import { nextConditions, type PolicyCondition } from '../api/condition-list.ts';
import { type FieldError, formatFieldErrors } from '../api/field-error.ts';
import type { IdentityPolicy, IdentityPolicyStatus } from '../api/identity-policy.ts';
import type { Instant } from '../time.ts';
import { listed } from './listing.ts';

/**
 * - Judged: the webhook is asked, or nobody has found that it is not
 * - Absent: the controller looks after no webhook
 * - PassedOver: proven not to work, and what should be refused is admitted
 */
export type Admission = 'Judged' | 'Absent' | 'PassedOver';

export interface PolicyFacts {
  /** Whether anything is judged by: the spec, or the last one that was valid. */
  readonly inForce: boolean;
  /** Why the spec is not applied; empty: it is. */
  readonly errors: readonly FieldError[];
  readonly matched: number;
  readonly violating: number;
  readonly examples: readonly string[];
  /** What of the policy is judged at admission only. */
  readonly admissionOnly: readonly string[];
  readonly admission: Admission;
  /** Why nobody is asked about the Pods that the policy is about, and what to do; undefined: it is about none, or somebody is. */
  readonly podsUnasked: string | undefined;
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
  admissionOnly,
  admission,
  podsUnasked,
  unenforced,
}: PolicyFacts): PolicyCondition[] {
  const list = [readiness({ inForce, errors, admissionOnly, admission })];
  if (admissionOnly.length > 0 && admission !== 'Judged') {
    const verb = admissionOnly.length === 1 ? 'is' : 'are';
    list.push({
      type: 'NotEnforced',
      status: 'True',
      reason: admission === 'Absent' ? 'AdmissionOnly' : 'AdmissionPassedOver',
      message: `${listed(admissionOnly)} ${verb} judged at admission only, and ${WHY[admission]}`,
    });
  } else if (podsUnasked !== undefined) {
    const message = `mtls.mode: Strict is judged at admission only, and ${podsUnasked}`;
    list.push({ type: 'NotEnforced', status: 'True', reason: 'AdmissionOnly', message });
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

const WHY = {
  Absent: 'this controller looks after no webhook; set --webhook-configurations',
  PassedOver:
    'the last dry run showed that the API server admits what the webhook must refuse; see that the webhook runs and its configurations are there',
} as const;

function readiness({
  inForce,
  errors,
  admissionOnly,
  admission,
}: Pick<PolicyFacts, 'inForce' | 'errors' | 'admissionOnly' | 'admission'>): PolicyCondition {
  if (errors.length === 0) {
    const message = admission === 'Absent' ? withoutWebhook(admissionOnly) : JUDGED_TWICE;
    return { type: 'Ready', status: 'True', reason: 'InForce', message };
  }
  const meanwhile = inForce ? 'the last valid spec stays in force' : 'nothing is judged by the policy';
  const message = `${meanwhile}; this one is not applied: ${formatFieldErrors(errors)}`;
  return { type: 'Ready', status: 'False', reason: 'InvalidSpec', message };
}

/** The same while admission is out of order: it comes back by itself, and every policy would be written twice. */
const JUDGED_TWICE = 'the policy is judged at admission, while that works, and before every issuance';

function withoutWebhook(admissionOnly: readonly string[]): string {
  return admissionOnly.length === 0
    ? 'the policy is judged before every issuance'
    : 'without a webhook only what can be judged before an issuance is judged; NotEnforced names the rest';
}
