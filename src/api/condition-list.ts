// SPDX-License-Identifier: Apache-2.0
/**
 * The condition list of a status: built whole, with transition times that move only with the status of their condition,
 * and what others look for in one.
 * @module
 */

import type { Instant } from '../time.ts';
import { boundedText } from './bounded-text.ts';
import type {
  IdentityConditionType,
  IdentityReason,
  PolicyConditionType,
  PolicyReason,
  TrustDomainConditionType,
  TrustDomainReason,
} from './conditions.ts';
import type { Condition } from './object-meta.ts';
import { formatTimestamp } from './timestamp.ts';

/** A condition as decided, before it gets its times. */
export type ConditionInput<Type extends string, Reason extends string> = Pick<
  Condition<Type, Reason>,
  'type' | 'status' | 'reason' | 'message'
>;

/** Of a ServiceIdentity, as decided. */
export type IdentityCondition = ConditionInput<IdentityConditionType, IdentityReason>;
/** Of a TrustDomain, as decided. */
export type TrustDomainCondition = ConditionInput<TrustDomainConditionType, TrustDomainReason>;
/** Of an IdentityPolicy, as decided. */
export type PolicyCondition = ConditionInput<PolicyConditionType, PolicyReason>;

/** Longest message we write, in characters; the CRDs allow more, the rest would only bloat every watch event. */
const MAX_MESSAGE = 1024;

/** The next list: exactly the given conditions. One whose status is as before keeps its lastTransitionTime. */
export function nextConditions<Type extends string, Reason extends string>(
  previous: readonly Condition<Type, Reason>[] | undefined,
  decided: readonly ConditionInput<Type, Reason>[],
  generation: number | undefined,
  now: Instant,
): readonly Condition<Type, Reason>[] {
  return decided.map((condition) => {
    const before = previous?.find((candidate) => candidate.type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : formatTimestamp(now);
    const message = boundedText(condition.message, MAX_MESSAGE);
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    return { ...condition, message, ...observed, lastTransitionTime: since };
  });
}

/** The condition of this type; undefined: the status has none. */
export function conditionOf<Type extends string, Reason extends string>(
  status: { readonly conditions?: readonly Condition<Type, Reason>[] } | undefined,
  type: NoInfer<Type>,
): Condition<Type, Reason> | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Of `now`, the conditions that `before` lacks, or has for another reason. */
export function newReasons<Type extends string, Reason extends string>(
  before: readonly Condition<Type, Reason>[] | undefined,
  now: readonly Condition<Type, Reason>[] | undefined,
): readonly Condition<Type, Reason>[] {
  const reasons = new Map(before?.map(({ type, reason }) => [type, reason]));
  return now?.filter(({ type, reason }) => reasons.get(type) !== reason) ?? [];
}
