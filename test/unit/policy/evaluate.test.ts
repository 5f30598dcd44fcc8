// SPDX-License-Identifier: Apache-2.0
/**
 * What the golden table does not show of the evaluator: what is revoked, and what is only denied.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { IdentityPolicySpec } from '../../../src/api/identity-policy.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { identitySubject, policiesOf } from './subjects.ts';

const WITHOUT_TEAM = { name: 'shop', labels: { stage: 'prod' }, annotations: { list: 'x'.repeat(500) } };
/** A loop over the characters of the annotation. */
const HEAVY = "namespaceObject.metadata.annotations['list'].split('')";

function judged(...expressions: readonly string[]) {
  const validations = expressions.map((expression, index) => ({ name: `r${index}`, expression, message: 'mend it' }));
  const policy: IdentityPolicySpec = { enforcement: 'Enforce', onViolation: 'Revoke', validations };
  return evaluate(policiesOf({ policy }, ['policy']), identitySubject({ spec: {}, namespace: WITHOUT_TEAM }));
}

describe('a rule of a policy that revokes', () => {
  it.each([
    ['a label is not there', "namespaceObject.metadata.labels['team'] == 'pay'"],
    ['a type is wrong', "int(namespaceObject.metadata.labels['stage']) > 0"],
    ['it takes too much work', `${HEAVY}.all(a, ${HEAVY}.all(b, a == b))`],
  ])('denies and does not revoke where it cannot be judged: %s', (_what, expression) => {
    const { allowed, revoke, violations } = judged(expression);
    expect({ allowed, revoke }).toEqual({ allowed: false, revoke: false });
    expect(violations.map(({ message }) => message)).toEqual([expect.stringContaining('cannot be judged')]);
  });

  it('revokes where another rule of it is broken', () => {
    expect(judged("namespaceObject.metadata.labels['team'] == 'pay'", 'false').revoke).toBe(true);
  });
});
