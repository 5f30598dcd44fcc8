// SPDX-License-Identifier: Apache-2.0
/**
 * What users write into an IdentityPolicy, good and bad.
 * @module
 */
import { type Case, invalid, many, manyEntries, valid } from './case.ts';

const ID = 'spiffe://example.org/ns/web/sa/frontend';
const rule = { name: 'no-rsa', expression: 'true', message: 'use an elliptic curve' } as const;

function names(list: readonly string[]): Case['spec'] {
  return { match: { namespaces: { names: list } } };
}

function dns(...dnsNames: string[]): Case['spec'] {
  return { issue: { dnsNames } };
}

function ttl(bounds: object): Case['spec'] {
  return { issue: { ttl: bounds } };
}

function clients(bounds: object): Case['spec'] {
  return { mtls: { clients: bounds } };
}

export const POLICY_CASES: readonly Case[] = [
  valid('an empty policy', {}),
  valid('empty parts', { match: { namespaces: { selector: {} } }, issue: { ttl: {} }, mtls: { clients: {} } }),
  valid('a name of 63 characters', {}, { objectName: 'p'.repeat(63) }),
  invalid('a name of 64 characters', {}, 'metadata.name: 63', { objectName: 'p'.repeat(64) }),

  valid('names of namespaces', names(['shop', 'team-*', '*-prod', 'a*b', '*'])),
  valid('64 names', names(many(64, (index) => `ns-${index}`))),
  valid('no names', names([])),
  invalid('65 names', names(many(65, (index) => `ns-${index}`)), 'spec.match.namespaces.names: 64'),
  invalid('a name twice', names(['a', 'a']), 'spec.match.namespaces.names[1]: '),
  invalid('an empty name', names(['']), 'spec.match.namespaces.names[0]: '),
  invalid('a name with two stars', names(['a*b*']), 'spec.match.namespaces.names[0]: one "*"'),
  invalid('an uppercase name', names(['Shop']), 'spec.match.namespaces.names[0]: lowercase'),
  invalid('a name of 254 characters', names(['a'.repeat(254)]), 'spec.match.namespaces.names[0]: 253'),
  valid('labels', { match: { namespaces: { selector: { matchLabels: { 'example.org/team': 'pay', empty: '' } } } } }),
  valid('label expressions', {
    match: { namespaces: { selector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } } },
  }),
  invalid(
    'too many labels',
    { match: { namespaces: { selector: { matchLabels: manyEntries(17) } } } },
    'spec.match.namespaces.selector.matchLabels: 16',
  ),
  invalid(
    'a bad label value',
    { match: { namespaces: { selector: { matchLabels: { a: 'b c' } } } } },
    'spec.match.namespaces.selector.matchLabels[a]: label value',
  ),
  invalid(
    'an expression without values',
    { match: { namespaces: { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } } },
    'spec.match.namespaces.selector.matchExpressions[0].values: In and NotIn',
  ),
  valid('service accounts', { match: { serviceAccounts: ['default', 'web-*'] } }),
  invalid('a bad service account', { match: { serviceAccounts: ['a/b'] } }, 'spec.match.serviceAccounts[0]: name'),

  valid('accounts that may hold identities', { issue: { serviceAccounts: ['a', '*-web'] } }),
  valid('that none may', { issue: { serviceAccounts: [] } }),
  invalid('a bad account', { issue: { serviceAccounts: ['A'] } }, 'spec.issue.serviceAccounts[0]: lowercase'),
  valid(
    'patterns of DNS names',
    dns('*.{namespace}.svc', '{serviceAccount}.{namespace}.svc.{clusterDomain}', 'api.example.org', 'a.*.b', '*'),
  ),
  valid('a placeholder in a label', dns('{serviceAccount}-admin.{namespace}.svc')),
  valid('no DNS names', dns()),
  invalid('an unknown placeholder', dns('{name}.svc'), 'spec.issue.dnsNames[0]: {namespace}'),
  invalid('half a star', dns('a*.svc'), 'spec.issue.dnsNames[0]: whole label'),
  invalid('an empty label', dns('a..b'), 'spec.issue.dnsNames[0]: labels'),
  invalid('an uppercase DNS name', dns('A.b'), 'spec.issue.dnsNames[0]: lowercase'),
  invalid('an empty DNS name', dns(''), 'spec.issue.dnsNames[0]: '),
  invalid('65 DNS names', dns(...many(65, (index) => `a${index}.b`)), 'spec.issue.dnsNames: 64'),
  valid('bounds of lifetimes', ttl({ min: '20s', max: '24h' })),
  valid('equal bounds', ttl({ min: '60m', max: '1h' })),
  valid('a longest lifetime alone', ttl({ max: '1h30m' })),
  invalid('a lifetime that is none', ttl({ max: 'soon' }), 'spec.issue.ttl.max: duration'),
  invalid('a lifetime of 19s', ttl({ min: '19s' }), 'spec.issue.ttl.min: 20s'),
  invalid('an empty lifetime', ttl({ max: '' }), 'spec.issue.ttl.max: '),
  invalid('crossed bounds', ttl({ min: '2h', max: '1h' }), 'spec.issue.ttl: min must not be longer than max'),
  invalid('crossed bounds, one of them bad', ttl({ min: '2h', max: '1d' }), 'spec.issue.ttl.max: duration'),
  valid('key algorithms', { issue: { keyAlgorithms: ['ECDSA-P256', 'Ed25519'] } }),
  valid('no key algorithms', { issue: { keyAlgorithms: [] } }),
  invalid('an unknown algorithm', { issue: { keyAlgorithms: ['DSA'] } }, 'spec.issue.keyAlgorithms[0]: ECDSA-P256'),
  valid('formats', { issue: { secretFormats: ['PEM', 'CombinedPEM'] } }),
  invalid('formats without PEM', { issue: { secretFormats: ['CombinedPEM'] } }, 'spec.issue.secretFormats: add PEM'),
  invalid('no formats', { issue: { secretFormats: [] } }, 'spec.issue.secretFormats: add PEM'),
  invalid('an unknown format', { issue: { secretFormats: ['PEM', 'DER'] } }, 'spec.issue.secretFormats[1]: PEM'),

  valid('Strict', { mtls: { mode: 'Strict' } }),
  invalid('another mode', { mtls: { mode: 'Maybe' } }, 'spec.mtls.mode: Strict'),
  valid('allowed and denied clients', clients({ allowed: [ID], denied: ['spiffe://example.org/ns/*/sa/test'] })),
  valid('no clients', clients({ allowed: [] })),
  valid('servers', { mtls: { servers: { allowed: [ID], denied: [ID] } } }),
  invalid('a client that is no SPIFFE ID', clients({ allowed: ['frontend'] }), 'spec.mtls.clients.allowed[0]: '),
  invalid(
    'a client of any trust domain',
    clients({ denied: ['spiffe://*/ns/a/sa/b'] }),
    'spec.mtls.clients.denied[0]: trust domain',
  ),
  invalid(
    'a server in half a segment',
    { mtls: { servers: { denied: ['spiffe://example.org/ns/a*/sa/b'] } } },
    'spec.mtls.servers.denied[0]: segment',
  ),
  invalid(
    'peers of too many characters',
    clients({ allowed: many(17, (index) => `${ID}${'x'.repeat(1950)}${index}`) }),
    'spec.mtls: 32768',
  ),

  valid('a rule', { validations: [rule] }),
  valid('16 rules', { validations: many(16, (index) => `r${index}`).map((name) => ({ ...rule, name })) }),
  invalid(
    '17 rules',
    { validations: many(17, (index) => `r${index}`).map((name) => ({ ...rule, name })) },
    'spec.validations: 16',
  ),
  invalid('a rule without a name', { validations: [{ ...rule, name: '' }] }, 'spec.validations[0].name: '),
  invalid('a rule with a bad name', { validations: [{ ...rule, name: 'a b' }] }, 'spec.validations[0].name: no-rsa'),
  invalid('two rules of one name', { validations: [rule, rule] }, 'spec.validations[1]: '),
  invalid('an empty expression', { validations: [{ ...rule, expression: '' }] }, 'spec.validations[0].expression: '),
  invalid(
    'an expression of 2049 characters',
    { validations: [{ ...rule, expression: 'a'.repeat(2049) }] },
    'spec.validations[0].expression: 2048',
  ),
  invalid('an empty message', { validations: [{ ...rule, message: '' }] }, 'spec.validations[0].message: '),
  invalid(
    'a rule without a message',
    { validations: [{ name: 'a', expression: 'true' }] },
    'spec.validations[0].message: Required',
    { judge: 'schema' },
  ),
  ...['Enforce', 'Warn', 'Audit'].map((enforcement) => valid(`enforcement ${enforcement}`, { enforcement })),
  invalid('another enforcement', { enforcement: 'Perhaps' }, 'spec.enforcement: Enforce'),
  valid('Revoke', { onViolation: 'Revoke' }),
  invalid('another response', { onViolation: 'Explode' }, 'spec.onViolation: Revoke'),
];
