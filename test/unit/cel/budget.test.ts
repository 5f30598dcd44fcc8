// SPDX-License-Identifier: Apache-2.0
/**
 * The work of all expressions over one subject is bounded together, counted and not timed: however many policies there
 * are, who runs out is told, whoever denies comes first, and what is cut off counts as broken.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import { compileExpression } from '../../../src/cel/compile.ts';
import { MAX_WORK, NO_WORK_LEFT, TOO_MUCH_WORK } from '../../../src/cel/meter.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { type ExpressionInput, SUBJECT_WORK } from '../../../src/policy/expression.ts';
import { denialMessage } from '../../../src/policy/message.ts';
import { identitySubject, policiesOf } from '../policy/subjects.ts';

/** Close to all that one expression may do. */
const HEAVY =
  "identity.spec.mtls.allowedClients.all(a, identity.spec.mtls.allowedClients.all(b, a.contains(b) || a != 'q'))";
const LIGHT = 'identity.ttlSeconds == 3600';
const NAMESPACE = { name: 'shop', labels: {}, annotations: {} };
const peers = Array.from({ length: 64 }, (_, index) => `spiffe://example.org/ns/n${index}/sa/${'a'.repeat(180)}`);
const SUBJECT = identitySubject({ namespace: NAMESPACE, spec: { mtls: { allowedClients: peers } } });

function compiled(source: string) {
  const result = compileExpression(source);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function rule(expression: string, more: IdentityPolicySpec = {}): IdentityPolicySpec {
  return { validations: [{ name: 'rule', expression, message: 'mend it' }], ...more };
}

function many(count: number, spec: IdentityPolicySpec, prefix = 'p') {
  const names = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
  return policiesOf(Object.fromEntries(names.map((name) => [name, { ...spec }])), names);
}

describe('a budget', () => {
  const input: ExpressionInput = {
    identity: { ttlSeconds: 3600n, spec: { mtls: { allowedClients: peers } } },
    oldIdentity: null,
    namespaceObject: { metadata: { labels: {} } },
    request: null,
  };

  it('goes down by what each expression costs, and each costs something', () => {
    const budget = { left: 1000 };
    expect(compiled(LIGHT).evaluate(input, budget)).toEqual({ value: true });
    const first = 1000 - budget.left;
    expect(first).toBeGreaterThan(10);
    compiled(LIGHT).evaluate(input, budget);
    expect(1000 - budget.left).toBe(2 * first);
  });

  it('ends the expression that would go beyond it, and leaves nothing to the next', () => {
    const budget = { left: 200 };
    expect(compiled(HEAVY).evaluate(input, budget)).toEqual({ problem: NO_WORK_LEFT });
    expect(budget.left).toBe(0);
    expect(compiled(LIGHT).evaluate(input, budget)).toEqual({ problem: NO_WORK_LEFT });
    expect(compiled(LIGHT).evaluate(input, { left: 1000 })).toEqual({ value: true });
  });

  it('lets one expression do no more than one may', () => {
    const budget = { left: 10 * MAX_WORK };
    const twice = `${HEAVY} && ${HEAVY} && ${HEAVY}`;
    expect(compiled(twice).evaluate(input, budget)).toEqual({ problem: TOO_MUCH_WORK });
    expect(budget.left).toBeGreaterThan(8 * MAX_WORK);
  });
});

describe('a thousand policies', () => {
  it('with an expensive expression each do no more work together than one subject is worth', () => {
    const heavy = compiled(HEAVY);
    let work = 0;
    const policies = many(1000, rule(HEAVY)).map((policy) => ({
      ...policy,
      validations: policy.validations.map((validation) => ({
        ...validation,
        expression: {
          ...validation.expression,
          evaluate: (...args: Parameters<typeof heavy.evaluate>) => {
            const before = args[1]?.left ?? 0;
            const result = heavy.evaluate(...args);
            work += before - (args[1]?.left ?? 0);
            return result;
          },
        },
      })),
    }));
    const decision = evaluate(policies, SUBJECT);
    expect(work).toBeLessThanOrEqual(SUBJECT_WORK);
    expect(decision.allowed).toBe(false);
    expect(decision.violations.every(({ unjudged }) => unjudged)).toBe(true);
    const message = denialMessage(decision, 'ServiceIdentity shop/checkout');
    expect(message).toContain(
      '[policy p0999 (validations[rule])]'.replace('p0999', decision.violations[0]?.policy ?? ''),
    );
    expect(message).toContain(NO_WORK_LEFT);
    expect(message.length).toBeLessThan(8192);
  });

  it('with a light one each are all judged', () => {
    expect(evaluate(many(1000, rule(LIGHT)), SUBJECT)).toMatchObject({ allowed: true, violations: [] });
  });

  it('that only warn or count take nothing from one that denies', () => {
    const denies = policiesOf({ z: rule(LIGHT) }, ['z']);
    const mild = (['Warn', 'Audit'] as const).flatMap((enforcement) =>
      many(200, rule(HEAVY, { enforcement }), enforcement.toLowerCase()),
    );
    const decision = evaluate([...mild, ...denies], SUBJECT);
    expect(decision.allowed).toBe(true);
    expect(decision.violations.length).toBeGreaterThan(0);
    expect(decision.violations.some(({ policy }) => policy === 'z')).toBe(false);
  });

  it('of which one revokes: what cannot be judged for want of work denies, and revokes nothing', () => {
    const heavy = many(200, rule(HEAVY, { onViolation: 'Revoke' }));
    const last = policiesOf({ z: rule('identity.ttlSeconds < 0', { onViolation: 'Revoke' }) }, ['z']);
    expect(evaluate([...heavy, ...last], SUBJECT)).toMatchObject({ allowed: false, revoke: false });
    expect(evaluate(last, SUBJECT)).toMatchObject({ allowed: false, revoke: true });
  });

  it('are the same in every order', () => {
    const policies = many(50, rule(HEAVY));
    expect(evaluate(policies.toReversed(), SUBJECT)).toEqual(evaluate(policies, SUBJECT));
  });
});
