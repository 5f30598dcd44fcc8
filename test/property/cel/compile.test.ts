// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever is written as an expression gets an answer: refused with a place and advice, or judged with bounded work.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/cel/compile.ts';
import type { ExpressionInput } from '../../../src/policy/expression.ts';

const INPUT: ExpressionInput = {
  identity: {
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: { dnsNames: ['a', 'b'], mtls: { allowedClients: ['spiffe://example.org/a'] }, ttl: '1h', suspend: false },
    dnsNames: ['a', 'b', 'c'],
    ttlSeconds: 3600n,
    spiffeID: 'spiffe://example.org/a',
    trustDomain: 'example.org',
  },
  oldIdentity: null,
  namespaceObject: { metadata: { name: 'shop', labels: { team: 'pay' }, annotations: {} } },
  request: null,
};

const atom = fc.constantFrom(
  'true',
  'null',
  '1',
  '-7',
  '2.5',
  "'a'",
  "'('",
  'identity.dnsNames',
  'identity.ttlSeconds',
  'identity.spec.ttl',
  'identity.spec.mtls.allowedClients',
  'namespaceObject.metadata.labels',
  'oldIdentity',
  'request',
  'x',
  'y',
  'unknown',
);

/** Expressions that parse, sensible or not. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    atom,
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '==', '<', '&&', '||', 'in'), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('all', 'exists', 'map', 'filter'),
        fc.constantFrom('x', 'y'),
        tie('expression'),
      )
      .map(([range, macro, variable, body]) => `${range}.${macro}(${variable}, ${body})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('size', 'split', 'join', 'format', 'contains'), tie('expression'))
      .map(([target, name, argument]) => `${target}.${name}(${argument})`),
    fc.tuple(tie('expression'), tie('expression')).map(([list, index]) => `${list}[${index}]`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  ),
}));

function answer(source: string): void {
  const compiled = compileExpression(source);
  if ('problems' in compiled) {
    expect(compiled.problems.length).toBeGreaterThan(0);
    for (const { line, column, message } of compiled.problems) {
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
      expect(message.length).toBeGreaterThan(10);
    }
    return;
  }
  const result = compiled.value.evaluate(INPUT);
  if ('problem' in result) expect(result.problem.length).toBeGreaterThan(5);
  else expect(typeof result.value).toBe('boolean');
  expect(compiled.value.evaluate(INPUT)).toEqual(result);
}

describe('an expression', () => {
  it('of any structure gets an answer, twice the same', () => {
    fc.assert(fc.property(expression, answer), { numRuns: 1000 });
  });

  it('of any text gets an answer', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), answer), { numRuns: 300 });
    const tokens = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '?',
      ':',
      '.',
      ',',
      '"',
      "'",
      'a',
      '1',
      '!',
      '-',
      'in',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 60 }), (parts) => answer(parts.join(''))),
      { numRuns: 300 },
    );
  });
});
