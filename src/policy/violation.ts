// SPDX-License-Identifier: Apache-2.0
/**
 * What a policy says against a subject: values with everything a person needs to mend it, in a stable order.
 * @module
 */
import type { ViolationResponse } from '../api/identity-policy.ts';
import type { ResolvedIdentityPolicy } from '../api/resolved.ts';

/** Deny: it is refused and not issued. Warn: told. Audit: counted. */
export type Effect = 'Deny' | 'Warn' | 'Audit';

/** A broken rule, before it is known whose. */
export interface Broken {
  /** The field of the policy that says so, such as `issue.ttl`; of built-in rules a name. */
  readonly rule: string;
  /** The field of the subject. */
  readonly path: string;
  readonly value?: string;
  /** What is wrong; reads on after path and value. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  /** It rests on something not being there, which a cache may not know of yet: look before refusing. */
  readonly absence?: true;
  /** It could not be judged: that denies, but is no reason to withdraw what was issued. */
  readonly unjudged?: true;
}

export interface PolicyViolation extends Broken {
  /** Undefined: a built-in rule. */
  readonly policy: string | undefined;
  readonly effect: Effect;
  readonly onViolation: ViolationResponse;
  /** Only a warning about a template; the Pods made of it will be denied. */
  readonly deniesPods?: true;
}

const EFFECTS = { Enforce: 'Deny', Warn: 'Warn', Audit: 'Audit' } as const;

/** A broken rule as that of a policy. */
export function violationOf(
  { name, enforcement, onViolation }: Pick<ResolvedIdentityPolicy, 'name' | 'enforcement' | 'onViolation'>,
  broken: Broken,
): PolicyViolation {
  const response = broken.unjudged === true ? 'KeepUntilRenewal' : onViolation;
  return { ...broken, policy: name, effect: EFFECTS[enforcement], onViolation: response };
}

/** A broken rule that needs no policy. */
export function builtIn(broken: Broken, effect: Effect): PolicyViolation {
  return { ...broken, policy: undefined, effect, onViolation: 'KeepUntilRenewal' };
}

/** Which rules of whom they are about, each once: `short-lived (issue.ttl)`, `built-in (own-svid)`. */
export function rulesOf(violations: readonly PolicyViolation[]): readonly string[] {
  return [...new Set(violations.map(({ policy, rule }) => `${policy ?? 'built-in'} (${rule})`))];
}

/** By field, then policy, then rule: the same violations always read the same. */
export function sortedViolations(violations: readonly PolicyViolation[]): readonly PolicyViolation[] {
  return violations
    .map((violation) => ({ violation, key: sortKey(violation) }))
    .toSorted((a, b) => compare(a.key, b.key))
    .map(({ violation }) => violation);
}

function sortKey({ path, policy, rule, value, message }: PolicyViolation): readonly string[] {
  // Numbers compare as numbers when they are equally long.
  const padded = path.replaceAll(/\d+/g, (digits) => digits.padStart(6, '0'));
  return [padded, policy ?? '', rule, value ?? '', message];
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
