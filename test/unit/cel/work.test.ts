// SPDX-License-Identifier: Apache-2.0
/**
 * The work of the worst expressions that are accepted, counted; over the largest identity the API takes.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { compileExpression, type MeteredExpression } from '../../../src/cel/compile.ts';
import { MAX_WORK, TOO_MUCH_WORK } from '../../../src/cel/meter.ts';
import { regexWeight } from '../../../src/cel/regex-weight.ts';
import type { ExpressionInput } from '../../../src/policy/expression.ts';

const P = 'identity.spec.mtls.allowedClients';
const L = 'namespaceObject.metadata.labels';

function many<T>(count: number, item: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

const peers = many(64, (index) => `spiffe://example.org/ns/${'n'.repeat(200)}${index}/sa/a`);
const names = many(32, (index) => `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}${index}`);
const identity = {
  metadata: { name: 'checkout', namespace: 'shop' },
  spec: {
    serviceAccountName: 'checkout',
    dnsNames: names,
    secret: { name: 'x', annotations: Object.fromEntries(many(16, (index) => [`k${index}`, 'v'.repeat(1000)])) },
    mtls: { allowedClients: peers, allowedServers: peers },
  },
  dnsNames: names,
  ttlSeconds: 3600n,
};
const LARGEST: ExpressionInput = {
  identity,
  oldIdentity: identity,
  namespaceObject: { metadata: { labels: Object.fromEntries(many(1000, (index) => [`l${index}`, 'v'])) } },
  request: null,
};

function compiled(source: string): MeteredExpression {
  const result = compileExpression(source);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

describe('what is accepted', () => {
  it.each([
    `${P}.all(a, ${P}.all(b, a != 'q'))`,
    `${P}.all(a, ${P}.all(b, ${many(15, (index) => `a != 'q${index}'`).join(' && ')}))`,
    `${P}.all(a, ${P}.all(b, a.matches('(a?){60}(b|c)*[a-z]*x') || true))`,
    `${P}.all(a, ${P}.all(b, a.contains(b) || true))`,
    `${P}.map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).all(a, a != 'x')`,
    `${P}.all(a, ${P}.filter(b, a != b).map(c, c + 'x').size() > 0)`,
    `${P}.all(a, ${P}.all(b, ${P} == ${P}))`,
    `${P}.all(a, ${P}.all(b, b in ${P} || true))`,
    `${P}.all(a, ${P}.all(b, '%s%s%s'.format([${P}, ${P}, a]) != 'x'))`,
    `${P}.all(a, ${P}.all(b, a.split('').join('').lowerAscii() != 'x'))`,
    `${P}.all(a, ${P}.all(b, duration('1h2m3s') < duration('2h')))`,
    `${P}.all(a, ${P}.all(b, [1, 2, 3, 4, 5] + [1, 2, 3, 4] != [1]))`,
    `${P}.all(a, ${P}.all(b, {'a': 1, 'b': {'c': 2}}.size() == 2))`,
    `${P}.all(a, ${P}.all(b, a.size() > 0 && string(int('12345')) == '12345'))`,
    `${L}.all(a, ${L}.all(b, a != 'q' || b != a))`,
    `${L}.all(a, ${L}.map(b, b + a).size() > 0)`,
    many(5, () => `${P}.all(a, ${P}.all(b, a != b || true))`).join(' && '),
    many(5, () => `${P}.all(a, ${P}.exists(b, b == ''))`).join(' || '),
    'identity == oldIdentity && [identity, identity] == [oldIdentity, oldIdentity]',
  ])('ends by itself or by the meter: %s', (source) => {
    const expression = compiled(source);
    const result = expression.evaluate(LARGEST);
    // The last step may cost more than what was left; each is bounded by the size of what it reads.
    if ('problem' in result) expect(result.problem).toBe(TOO_MUCH_WORK);
    else expect(expression.lastWork()).toBeLessThanOrEqual(MAX_WORK);
    expect(expression.lastWork()).toBeLessThan(2 * MAX_WORK);
  });

  it.each([
    `${P}.all(a, ${P}.all(b, a.matches('(a?){60}(b|c)*[a-z]*x') || true))`,
    `${P}.all(a, ${P}.all(b, a.contains(b) || true))`,
    `${P}.all(a, ${P}.all(b, ${P} == ${P}))`,
    `${P}.all(a, ${P}.all(b, a.lowerAscii() != ''))`,
  ])('is ended by the meter for what a function reads, not for its turns: %s', (source) => {
    expect(compiled(source).evaluate(LARGEST)).toEqual({ problem: TOO_MUCH_WORK });
  });

  it('does what people write for a small part of what it may', () => {
    for (const source of [
      "identity.dnsNames.all(n, n.matches('^[a-z0-9.-]+[.]svc$') || n.endsWith('.example.org'))",
      `${P}.all(p, p.startsWith('spiffe://example.org/ns/') && !p.contains('*'))`,
      `${P}.all(a, identity.spec.mtls.allowedServers.exists(b, a == b))`,
    ]) {
      const expression = compiled(source);
      expect(expression.evaluate(LARGEST)).toHaveProperty('value');
      expect(expression.lastWork()).toBeLessThan(MAX_WORK / 2);
    }
  });

  it.each([
    [`${many(12, () => '[1]').join(' + ')} == [1]`, { value: false }],
    [
      `[1].map(l, [l, l, l, l])${many(9, () => '.map(l, l + l)').join('')}.size() > 0`,
      { problem: 'it makes a list of more than 1024 items' },
    ],
    [
      `['0123456789']${many(12, () => '.map(t, t + t)').join('')}.size() > 0`,
      { problem: 'it makes a string of more than 20000 characters' },
    ],
    [
      `['%s', '%s%s%s%s%s%s%s%s'].map(t, [${P}.join(',')].map(l, '%s%s'.format([l, l])))[0] != []`,
      { problem: 'it makes a string of more than 20000 characters' },
    ],
    ["identity.spec.secret.name.matches('x') && int('1'.join(['']) + '') == 1", { problem: expect.any(String) }],
    [`${L}.all(a, true)`, { value: true }],
    [`${L}.map(a, a + '').size() == 1000`, { problem: TOO_MUCH_WORK }],
    [`${P}.map(a, a + '').size() == 64`, { value: true }],
    ["identity.dnsNames[99] == ''", { problem: expect.stringContaining('out of bounds') }],
    ["namespaceObject.metadata.labels['none'] == ''", { problem: expect.stringContaining('none') }],
    ['1 / 0 == 1', { problem: expect.stringContaining('divide by zero') }],
    ['9223372036854775807 + 1 == 0', { problem: expect.stringContaining('overflow') }],
  ])('gives an answer: %s', (source, answer) => {
    const result = compileExpression(source);
    if ('problems' in result) expect(answer).toHaveProperty('problem');
    else expect(result.value.evaluate(LARGEST)).toEqual(answer);
  });

  it('is judged anew each time: one that was too much takes nothing from the next', () => {
    const heavy = compiled(`${L}.all(a, ${L}.all(b, a != 'q' || b != a))`);
    const light = compiled('identity.ttlSeconds == 3600');
    expect(heavy.evaluate(LARGEST)).toEqual({ problem: TOO_MUCH_WORK });
    expect(light.evaluate(LARGEST)).toEqual({ value: true });
    expect(heavy.evaluate(LARGEST)).toEqual({ problem: TOO_MUCH_WORK });
  });

  it.each([
    ['the value', `{'a': ${L}.all(a, ${L}.all(b, true))}.size() == 1`],
    ['the key', `{${L}.all(a, ${L}.all(b, true)): 'a'}.size() == 1`],
  ])('cannot hide in %s of a map', (_, source) => {
    expect(compiled(source).evaluate(LARGEST)).toEqual({ problem: TOO_MUCH_WORK });
  });

  it('cannot hide behind an operator that swallows errors', () => {
    const source = `${L}.all(a, ${L}.all(b, a != 'q' || b != a)) || true`;
    expect(compiled(source).evaluate(LARGEST)).toEqual({ problem: TOO_MUCH_WORK });
  });
});

describe('a failure', () => {
  it.each([["int('x') == 1"], ['identity.ttlSeconds / 0 == 1'], ["int(identity.spec.secret.annotations['k1']) == 1"]])(
    'of %s is charged each time, although a loop goes on',
    (body) => {
      const fails = compiled(`${P}.exists(a, ${body})`);
      const turns = compiled(`${P}.exists(a, false)`);
      fails.evaluate(LARGEST);
      turns.evaluate(LARGEST);
      expect(fails.lastWork() - turns.lastWork()).toBeGreaterThan(64 * 25);
    },
  );

  it('takes no stack along, which would cost more than all the rest, and leaves others theirs', () => {
    const limits: number[] = [];
    const usual = Error.stackTraceLimit;
    Object.defineProperty(Error, 'stackTraceLimit', {
      configurable: true,
      get: () => usual,
      set: (limit: number) => limits.push(limit),
    });
    try {
      compiled("int('x') == 1").evaluate(LARGEST);
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', { configurable: true, writable: true, value: usual });
    }
    expect(limits).toEqual([0, usual]);
  });
});

describe('the weight of a regular expression', () => {
  it.each([
    ['abc', 4],
    ['a{100}', 101],
    ['(ab){10}', 31],
    ['((a{10}){10}){10}', 1111],
    ['a{2,5}b+c*', 8],
    ['[]a]b', 3.1],
    [String.raw`\(\{3}`, 5],
    ['a{,5}', 6],
    ['^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', 98.4],
    [String.raw`\Q)\Ea{100}`, 102],
    [String.raw`\Q((\E{10}a`, 22],
    [String.raw`\Qa`, 2],
    [String.raw`\x{41}{100}`, 101],
    [String.raw`\p{Greek}{100}\PL{100}`, 202],
  ])('%s', (pattern, weight) => {
    expect(regexWeight(pattern)).toBeCloseTo(weight, 0);
  });

  it('reads unbalanced and very deep patterns to their end', () => {
    for (const pattern of ['(', ')', '[', '[^]', '\\', '\\Q', '\\x{', 'a{', '('.repeat(5000)]) {
      expect(regexWeight(pattern)).toBeGreaterThan(0);
    }
    expect(regexWeight('('.repeat(5000))).toBeGreaterThan(1000);
  });
});
