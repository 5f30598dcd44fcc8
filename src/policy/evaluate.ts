// SPDX-License-Identifier: Apache-2.0
/**
 * Judges a subject by all policies at once. Every one that matches applies, in whatever order they come; the strictest
 * wins because violations only add up.
 * @module
 */

import type { CompiledPolicy, CompiledValidation } from './compile.ts';
import { type AskedNames, askedNames } from './dns-rules.ts';
import { type ExpressionInput, SUBJECT_WORK, type WorkBudget } from './expression.ts';
import { expressionInput } from './expression-input.ts';
import { issuanceViolations } from './identity-rules.ts';
import { matchesNamespace, matchesServiceAccount } from './match.ts';
import { foreignPeers, peerSides, peerViolations, type Side } from './peer-rules.ts';
import { borrowedSVIDs, judgesPods, strictViolations } from './pod-rules.ts';
import { type IdentitySubject, type PodSubject, type Subject, serviceAccountOf } from './subject.ts';
import { type Broken, builtIn, type PolicyViolation, sortedViolations, violationOf } from './violation.ts';

export interface Decision {
  /** No violation denies. */
  readonly allowed: boolean;
  /** A violated policy wants an SVID that was issued before to be withdrawn at once. */
  readonly revoke: boolean;
  /** Names of the policies that match, sorted. */
  readonly matched: readonly string[];
  /** All of them, in a stable order. */
  readonly violations: readonly PolicyViolation[];
}

/** Judges a subject; never throws. */
export function evaluate(policies: readonly CompiledPolicy[], subject: Subject): Decision {
  const account = serviceAccountOf(subject);
  const matching = policies
    .filter((policy) => matchesNamespace(policy, subject.namespace) && matchesServiceAccount(policy, account))
    .toSorted(byWeight);
  const violations =
    subject.kind === 'ServiceIdentity' ? identityViolations(matching, subject) : podViolations(matching, subject);
  const denying = violations.filter(({ effect }) => effect === 'Deny');
  return {
    allowed: denying.length === 0,
    revoke: denying.some(({ onViolation }) => onViolation === 'Revoke'),
    matched: matching.map(({ name }) => name).toSorted(),
    violations: sortedViolations(violations),
  };
}

/** More violations than anybody reads: each further policy is told with one, which is what it is counted by. */
const MANY = 1000;

const WEIGHTS = { Enforce: 1, Warn: 2, Audit: 3 } as const;

/**
 * The order in which policies draw on the work that all of them share: whoever denies comes first, so that one that only
 * warns or counts takes nothing from it, and whatever the cluster says of their order counts for nothing.
 */
function byWeight(a: CompiledPolicy, b: CompiledPolicy): number {
  const weights = weightOf(a) - weightOf(b);
  if (weights !== 0) return weights;
  return a.name < b.name ? -1 : 1;
}

function weightOf({ enforcement, onViolation }: CompiledPolicy): number {
  return enforcement === 'Enforce' && onViolation === 'Revoke' ? 0 : WEIGHTS[enforcement];
}

function identityViolations(policies: readonly CompiledPolicy[], subject: IdentitySubject): PolicyViolation[] {
  const sides = peerSides(subject);
  const context: Context = {
    names: askedNames(subject),
    sides,
    input: lazily(() => expressionInput(subject)),
    budget: { left: SUBJECT_WORK },
  };
  const own: PolicyViolation[] = [];
  for (const policy of policies) {
    const room = Math.max(1, MANY + 1 - own.length);
    for (const broken of brokenBy(policy, subject, context, room)) own.push(violationOf(policy, broken));
  }
  return [...own, ...foreignPeers(subject, sides).map((broken) => builtIn(broken, 'Warn'))];
}

interface Context extends Judging {
  readonly names: AskedNames;
  readonly sides: readonly Side[];
}

/**
 * What the policy has against the identity: as many things as there is room for, and past that only what could not be
 * judged, while work is left to find one that could.
 */
function brokenBy(policy: CompiledPolicy, subject: IdentitySubject, context: Context, room: number): readonly Broken[] {
  const { names, sides, budget } = context;
  const bounds = issuanceViolations(policy, subject, names);
  const broken = [...bounds, ...peerViolations(policy, sides, room)].slice(0, room);
  if (broken.length >= room) return broken;
  for (const validation of policy.validations) {
    const found = validationViolation(validation, subject, context);
    if (found === undefined) continue;
    broken.push(found);
    if (broken.length >= room && (found.unjudged !== true || budget.left === 0)) break;
  }
  return broken;
}

interface Judging {
  readonly input: () => ExpressionInput;
  readonly budget: WorkBudget;
}

function validationViolation(
  { name, message: remedy, expression }: CompiledValidation,
  { request, trustDomain }: IdentitySubject,
  { input, budget }: Judging,
): Broken | undefined {
  if (expression.admissionOnly && request === undefined) return undefined;
  if (expression.needsTrustDomain && trustDomain === undefined) return undefined;
  const result = expression.evaluate(input(), budget);
  if ('value' in result && result.value) return undefined;
  const broken = { rule: `validations[${name}]`, path: 'spec', remedy };
  if ('value' in result) return { ...broken, message: `rule ${name} does not hold` };
  return { ...broken, message: `rule ${name} cannot be judged: ${result.problem}`, unjudged: true };
}

function podViolations(policies: readonly CompiledPolicy[], subject: PodSubject): PolicyViolation[] {
  if (!judgesPods(subject.namespace)) return [];
  const strict = lazily(() => strictViolations(subject));
  const all = [
    ...policies
      .filter(({ mode }) => mode === 'Strict')
      .flatMap((policy) => strict().map((broken) => violationOf(policy, broken))),
    ...borrowedSVIDs(subject).map((broken) => builtIn(broken, 'Deny')),
  ];
  if (subject.kind === 'Pod') return all;
  return all.map((violation) =>
    violation.effect === 'Deny' ? { ...violation, effect: 'Warn', deniesPods: true } : violation,
  );
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
