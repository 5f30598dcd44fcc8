// SPDX-License-Identifier: Apache-2.0
/**
 * What the static pass refuses when a policy is written, where it points and what it advises; and what it lets pass.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/cel/compile.ts';

const PEERS = 'identity.spec.mtls.allowedClients';

function problemsOf(source: string): readonly string[] {
  const compiled = compileExpression(source);
  if ('value' in compiled) return [];
  return compiled.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('accepts', () => {
  it.each([
    'true',
    "identity.spec.serviceAccountName == 'checkout'",
    "identity.metadata.name.startsWith(identity.metadata.namespace + '-')",
    'identity.ttlSeconds + 1 == 3601',
    "duration('1h') < duration(identity.spec.ttl)",
    'has(identity.spec.ttl)',
    'has(identity.spec.mtls.allowedClients) ? size(identity.spec.mtls.allowedClients) < 3 : true',
    "identity.spec.privateKey.algorithm in ['Ed25519', 'ECDSA-P256']",
    "'team' in namespaceObject.metadata.labels && namespaceObject.metadata.labels.team == 'pay'",
    "namespaceObject.metadata.labels['team'] != ''",
    "identity.dnsNames.all(n, n.matches('^[a-z.]+$'))",
    "identity.dnsNames.exists(n, n == 'a') || identity.dnsNames.exists_one(n, n == 'b')",
    "identity.dnsNames.map(n, n + '.').filter(n, n != 'a.').size() < 3",
    "identity.dnsNames.map(n, n != '', n.size())[0] > 1",
    "'%s/%d'.format([identity.trustDomain, identity.ttlSeconds]) != ''",
    "identity.spiffeID.split('/').size() == 7 && identity.dnsNames.join(',').lowerAscii() != ''",
    "{'a': 1}['a'] == 1",
    "request.userInfo.groups.exists(g, g == 'admins') && request.operation == 'CREATE' && !request.dryRun",
    'oldIdentity == null || oldIdentity.spec.subject == identity.spec.subject',
    `${PEERS}.all(a, ${PEERS}.all(b, a != b || a == b))`,
    'identity.spec.secret.formats.all(f, f.type == "PEM") && identity.spec.secret.labels.all(k, k != "")',
    'identity.ttlSeconds < 3600.5',
    'int("5") == 5 && string(5) == "5"',
  ])('%s', (source) => {
    expect(problemsOf(source)).toEqual([]);
  });

  it.each([
    ['identity.metadata.name != ""', false, false],
    ['identity.ttlSeconds > 1', false, true],
    ['identity.dnsNames.size() > 1', false, true],
    ['oldIdentity == null', true, false],
    ['request.dryRun', true, false],
    ['oldIdentity.spiffeID == identity.spiffeID', true, true],
  ])('%s and knows when it can be judged', (source, admissionOnly, needsTrustDomain) => {
    expect(compileExpression(source)).toMatchObject({ value: { admissionOnly, needsTrustDomain } });
  });
});

describe('refuses', () => {
  it.each([
    ['user == 1', '1:1 names user, which is not declared; use one of identity, oldIdentity, namespaceObject, request'],
    ['true &&\n  nobody', '2:3 names nobody'],
    ['identity.spec.names == []', '1:14 asks for identity.spec.names, which does not exist; it has serviceAccountName'],
    [
      'identity.metadata.labels == {}',
      'asks for identity.metadata.labels, which does not exist; it has name, namespace',
    ],
    ["identity['spec'] == 1", 'asks for a field of identity by index; write identity.<field>'],
    ['has(identity.spec.nothing)', 'asks for identity.spec.nothing'],
    ['identity.dnsNames.all(n, n.length > 1)', 'asks for the field length of a string, which has none'],
    ['identity.constructor == 1', 'asks for identity.constructor'],
    ['identity.__proto__ == 1', 'asks for identity.__proto__'],
    ['toString == 1', 'names toString, which is not declared'],
    ['identity.ttlSeconds', 'is of type int; a validation must be true or false'],
    ["'yes'", 'is of type string'],
    ['identity.spec.ttl < 3600', 'calls <(string, int), which does not exist; look at types and arguments'],
    ["identity.ttlSeconds + '1' == ''", 'calls +(int, string)'],
    ['!identity.spec.ttl', 'calls !(string)'],
    ['size(1) == 1', 'calls size(int)'],
    ['size() == 1', 'calls size()'],
    ["size('a', 'b') == 1", 'calls size(string, string)'],
    ["identity.spec.ttl.startsWith('a', 'b')", 'calls startsWith(string, string) on a string'],
    ['identity.dnsNames.startsWith("a")', 'calls startsWith(string) on a list'],
    ["identity.spec.ttl.replace('a', 'b') == ''", 'calls replace, which does not exist; there are contains, duration'],
    ["timestamp('2026-01-01T00:00:00Z') == null", 'calls timestamp, which does not exist'],
    ["bytes('a') == b'a'", 'calls bytes'],
    ['1u == 1u', 'bytes and unsigned integers are not supported'],
    ['optional.none() == null', 'calls none'],
    ['google.protobuf.Duration{} == null', 'there are no message types here'],
    ['type(1) == int', 'names int, which is not declared'],
    ['identity.dnsNames.all(1, true)', 'all needs the name of a variable and an expression'],
    ['identity.dnsNames.all(n, true, true)', 'all needs the name of a variable'],
    ['has(identity)', 'has() needs a field, as in has(identity.spec.ttl)'],
    ['identity.spec.ttl.all(c, true)', 'loops over a string; only lists and maps have items'],
    ['identity.dnsNames.all(request, request == "")', 'calls a loop variable request, which is declared already'],
    ['identity.dnsNames.all(n, n.matches(identity.spec.ttl))', 'matches needs a literal pattern'],
    ["identity.spec.ttl.matches('(')", 'is not a regular expression in RE2 syntax: missing closing )'],
    ["identity.spec.ttl.matches('(?=a)')", 'is not a regular expression in RE2 syntax'],
    [String.raw`identity.spec.ttl.matches('(a)\\1')`, 'is not a regular expression in RE2 syntax'],
    [`identity.spec.ttl.matches('${'a'.repeat(257)}')`, 'is a pattern of more than 256 characters'],
    ["identity.spec.ttl.matches('(abcdefghij){1000}')", 'is a pattern that repeats too much'],
    ["identity.spec.ttl.matches('((a{50}){50}){50}')", 'is a pattern that repeats too much'],
    [`${PEERS}.all(a, ${PEERS}.all(b, ${PEERS}.all(c, true)))`, 'is a loop inside 2 others'],
    [`[${'1,'.repeat(64)}1].size() > 1`, '1:1 has more than 64 items'],
    [`{${Array.from({ length: 65 }, (_, at) => `'${at}': 1`).join(', ')}}.size() > 1`, 'has more than 64 entries'],
    [Array.from({ length: 150 }, () => 'true').join(' && '), 'has more than 256 parts'],
    [`'${'a'.repeat(2048)}' == ''`, 'the expression has more than 2048 characters'],
    ['', 'cannot be read as CEL'],
    ['a ==\n b c', '2:4 cannot be read as CEL: found c but expecting end of input'],
    ['identity.spec.ttl ==', 'cannot be read as CEL'],
    ['('.repeat(97), 'the expression has more than 96 brackets'],
    ['['.repeat(1000) + ']'.repeat(1000), 'the expression has more than 96 brackets'],
    [`'${'('.repeat(97)}' == ''`, 'the expression has more than 96 brackets'],
    ['{'.repeat(96), 'cannot be read as CEL'],
    [`true${' ? true : true'.repeat(100)}`, 'has more than 256 parts'],
    ['namespace == "a"', 'cannot be read as CEL'],
  ])('%#: %s', (source, problem) => {
    expect(problemsOf(source).join('\n')).toContain(problem);
  });

  it('tells every fault at once, each at its place', () => {
    expect(problemsOf('one == 1 &&\ntwo == 2')).toEqual([
      expect.stringMatching(/^1:1 names one/),
      expect.stringMatching(/^2:1 names two/),
    ]);
  });
});
