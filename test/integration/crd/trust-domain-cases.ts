// SPDX-License-Identifier: Apache-2.0
/**
 * Valid and invalid TrustDomains.
 * @module
 */
import { type Case, invalid, many, manyEntries, valid } from './case.ts';
import { IMPORTED_CASES } from './imported-cases.ts';
import { ROTATION_CASES } from './rotation-cases.ts';

const label63 = 'a'.repeat(63);

function selfSigned(root: object, intermediate: object = {}): Case['spec'] {
  return { authority: { source: { type: 'SelfSigned', selfSigned: { root, intermediate } } } };
}

function selector(...matchExpressions: readonly object[]): Case['spec'] {
  return { allowedNamespaces: { matchExpressions } };
}

const SOURCE = 'spec.authority.source';
const ROOT = `${SOURCE}.selfSigned.root`;
const INTERMEDIATE = `${SOURCE}.selfSigned.intermediate`;

const names: readonly Case[] = [
  valid('the smallest trust domain', {}),
  valid('a name of 63 characters', {}, { objectName: label63 }),
  invalid('a name of 64 characters', {}, 'metadata.name: 63', { objectName: `${label63}a` }),
  ...['1.2.3.4', 'a_b', '-a', 'a.', '..', 'x'.repeat(255)].map((trustDomain) =>
    valid(`the trust domain ${trustDomain}, which is no host name`, { trustDomain }),
  ),
  invalid('no trust domain', { trustDomain: undefined }, 'spec.trustDomain: Required', { judge: 'schema' }),
  invalid('an empty trust domain', { trustDomain: '' }, 'spec.trustDomain: '),
  invalid('a trust domain with capitals', { trustDomain: 'Example.org' }, 'spec.trustDomain: lowercase letters'),
  invalid(
    'a trust domain with a scheme',
    { trustDomain: 'spiffe://example.org' },
    'spec.trustDomain: such as "example.org"',
  ),
  invalid('a trust domain with a port', { trustDomain: 'example.org:8080' }, 'spec.trustDomain: such as "example.org"'),
  invalid('a trust domain with a path', { trustDomain: 'example.org/a' }, 'spec.trustDomain: such as "example.org"'),
  invalid('a trust domain that is not ASCII', { trustDomain: 'bücher' }, 'spec.trustDomain: such as "example.org"'),
  invalid('a trust domain of 256 characters', { trustDomain: 'x'.repeat(256) }, 'spec.trustDomain: 255'),
  invalid('another trust domain', { trustDomain: 'b' }, 'spec.trustDomain: immutable', {
    before: { trustDomain: 'a' },
  }),
  valid('an update of everything that may change', { propagationMargin: '1m', allowedDNS: ['a.org'] }, { before: {} }),
];

const namespaces: readonly Case[] = [
  valid('all namespaces', { allowedNamespaces: {} }),
  valid('namespaces by label', {
    allowedNamespaces: { matchLabels: { 'signet.dev/identities': 'enabled', team: '' } },
  }),
  valid(
    'namespaces by every operator',
    selector(
      { key: 'team', operator: 'In', values: ['shop', ''] },
      { key: 'example.org/tier', operator: 'NotIn', values: ['test'] },
      { key: 'a', operator: 'Exists' },
      { key: 'b', operator: 'DoesNotExist', values: [] },
    ),
  ),
  invalid(
    'In without values',
    selector({ key: 'a', operator: 'In' }),
    'spec.allowedNamespaces.matchExpressions[0].values: given for In',
  ),
  invalid(
    'NotIn with no values',
    selector({ key: 'a', operator: 'NotIn', values: [] }),
    'spec.allowedNamespaces.matchExpressions[0].values: given for In',
  ),
  invalid(
    'Exists with values',
    selector({ key: 'a', operator: 'Exists', values: ['x'] }),
    'spec.allowedNamespaces.matchExpressions[0].values: left out for Exists',
  ),
  invalid(
    'an operator nobody knows',
    selector({ key: 'a', operator: 'Like' }),
    'spec.allowedNamespaces.matchExpressions[0].operator: NotIn',
  ),
  invalid(
    'an expression without a key',
    selector({ operator: 'Exists' }),
    'spec.allowedNamespaces.matchExpressions[0].key: Required',
    { judge: 'schema' },
  ),
  invalid(
    'an expression with a bad key',
    selector({ key: 'a b', operator: 'Exists' }),
    'spec.allowedNamespaces.matchExpressions[0].key: label key',
  ),
  invalid(
    'an expression with a bad value',
    selector({ key: 'a', operator: 'In', values: ['ok', '-'] }),
    'spec.allowedNamespaces.matchExpressions[0].values[1]: label value',
  ),
  invalid(
    '17 expressions',
    selector(...many(17, (index) => `k${index}`).map((key) => ({ key, operator: 'Exists' }))),
    'spec.allowedNamespaces.matchExpressions: 16 items',
  ),
  invalid(
    '33 values',
    selector({ key: 'a', operator: 'In', values: many(33, (index) => `v${index}`) }),
    'spec.allowedNamespaces.matchExpressions[0].values: 32 items',
  ),
  invalid(
    '17 labels',
    { allowedNamespaces: { matchLabels: manyEntries(17) } },
    'spec.allowedNamespaces.matchLabels: 16',
  ),
  invalid(
    'a bad label key',
    { allowedNamespaces: { matchLabels: { '-a': 'x' } } },
    'spec.allowedNamespaces.matchLabels: label key',
  ),
  invalid(
    'a label value that is too long',
    { allowedNamespaces: { matchLabels: { a: `${label63}a` } } },
    'spec.allowedNamespaces.matchLabels[a]: 63',
  ),
  invalid(
    'a value that is too long',
    selector({ key: 'a', operator: 'In', values: [`${label63}a`] }),
    'spec.allowedNamespaces.matchExpressions[0].values[0]: 63',
  ),
  valid(
    'a key as long as keys get',
    selector({ key: `${many(4, () => 'p'.repeat(62)).join('.')}.p/${label63}`, operator: 'Exists' }),
  ),
  invalid(
    'a bad label value',
    { allowedNamespaces: { matchLabels: { a: 'x/y' } } },
    'spec.allowedNamespaces.matchLabels[a]: label value',
  ),
];

const authority: readonly Case[] = [
  valid('a source with all its defaults', { authority: { source: { type: 'SelfSigned', selfSigned: {} } } }),
  valid('an authority with all its defaults', { authority: {} }),
  valid('keys of other types', selfSigned({ keyAlgorithm: 'RSA-3072' }, { keyAlgorithm: 'Ed25519' })),
  invalid(
    'a source without its member',
    { authority: { source: { type: 'SelfSigned' } } },
    `${SOURCE}.selfSigned: write "selfSigned: {}"`,
  ),
  invalid('a source without a type', { authority: { source: { selfSigned: {} } } }, `${SOURCE}.type: Required`, {
    judge: 'schema',
  }),
  invalid(
    'a source nobody knows',
    { authority: { source: { type: 'Vault', selfSigned: {} } } },
    `${SOURCE}.type: SelfSigned`,
  ),
  invalid('a root key nobody knows', selfSigned({ keyAlgorithm: 'DSA' }), `${ROOT}.keyAlgorithm: ECDSA-P256`),
  invalid(
    'an intermediate key nobody knows',
    selfSigned({}, { keyAlgorithm: 'P-256' }),
    `${INTERMEDIATE}.keyAlgorithm: ECDSA-P256`,
  ),
  invalid('a root in years', selfSigned({ ttl: '10y' }), `${ROOT}.ttl: duration in h, m and s`),
  invalid('an intermediate in days', selfSigned({}, { ttl: '7d' }), `${INTERMEDIATE}.ttl: duration in h, m and s`),
  valid('an intermediate that just fits', selfSigned({}, { ttl: '48h5m' })),
  invalid(
    'an intermediate that is a second too short',
    selfSigned({}, { ttl: '48h4m59s' }),
    `${INTERMEDIATE}.ttl: at least 2 * svid.maxTTL + propagationMargin`,
  ),
  valid('a root that just fits', selfSigned({ ttl: '336h5m' })),
  invalid(
    'a root that is a second too short',
    selfSigned({ ttl: '336h4m59s' }),
    `${ROOT}.ttl: at least 2 * intermediate.ttl + propagationMargin`,
  ),
  invalid(
    'SVIDs too long for the intermediate',
    { svid: { maxTTL: '84h' } },
    `${INTERMEDIATE}.ttl: at least 2 * svid.maxTTL`,
  ),
  valid('a root of a hundred years', selfSigned({ ttl: '876000h' }, { ttl: '87600h' })),
];

const lifetimes: readonly Case[] = [
  valid('a margin that just fits', { svid: { minTTL: '12m31s' }, propagationMargin: '5m' }),
  invalid(
    'a margin of exactly 40 %',
    { svid: { minTTL: '12m30s' } },
    'spec.svid.minTTL: must be more than propagationMargin',
  ),
  invalid('a short minTTL without a margin written out', { svid: { minTTL: '30s' } }, 'spec.svid.minTTL: smaller'),
  valid('a short minTTL with a margin written out', { svid: { minTTL: '30s' }, propagationMargin: '5s' }),
  invalid(
    'a margin that is too long',
    { propagationMargin: '6m' },
    'spec.svid.minTTL: must be more than propagationMargin',
  ),
  valid('a margin of a second', { propagationMargin: '1s' }),
  invalid('a margin of nothing', { propagationMargin: '0s' }, 'spec.propagationMargin: at least 1s'),
  invalid('a margin in milliseconds', { propagationMargin: '500ms' }, 'spec.propagationMargin: duration in h, m and s'),
  valid('all lifetimes the same', { svid: { minTTL: '1h', defaultTTL: '1h', maxTTL: '1h' } }),
  valid('lifetimes that are equal in different words', { svid: { minTTL: '60m', defaultTTL: '1h', maxTTL: '3600s' } }),
  invalid('a default below the minimum', { svid: { defaultTTL: '14m' } }, 'spec.svid.defaultTTL: at least'),
  invalid('a default above the maximum', { svid: { defaultTTL: '25h' } }, 'spec.svid.defaultTTL: at most'),
  invalid('a minimum above the default', { svid: { minTTL: '2h' } }, 'spec.svid.defaultTTL: at least'),
  invalid('a maximum below the default', { svid: { maxTTL: '30m' } }, 'spec.svid.defaultTTL: at most'),
  invalid('a minimum of 19s', { svid: { minTTL: '19s' }, propagationMargin: '1s' }, 'spec.svid.minTTL: at least 20s'),
  invalid(
    'a default that is no duration',
    { svid: { defaultTTL: 'soon' } },
    'spec.svid.defaultTTL: duration in h, m and s',
  ),
  invalid('a maximum with a fraction', { svid: { maxTTL: '0.5h' } }, 'spec.svid.maxTTL: duration in h, m and s'),
  invalid('numbers made dishonest by an update', { propagationMargin: '10m' }, 'spec.svid.minTTL: more than', {
    before: {},
  }),
  valid('short names', { svid: { shortNames: true } }),
  invalid('short names by a word', { svid: { shortNames: 'true' } }, 'spec.svid.shortNames: boolean', {
    judge: 'schema',
  }),
];

const dns: readonly Case[] = [
  valid('allowed DNS names', { allowedDNS: ['api.example.org', '*.shop.example.org', 'localhost'] }),
  invalid('a wildcard alone', { allowedDNS: ['*'] }, 'spec.allowedDNS[0]: whole leftmost label'),
  invalid('a wildcard inside', { allowedDNS: ['ok.org', 'a.*.org'] }, 'spec.allowedDNS[1]: whole leftmost label'),
  invalid('a name with capitals', { allowedDNS: ['API.example.org'] }, 'spec.allowedDNS[0]: lowercase DNS name'),
  invalid('an address', { allowedDNS: ['10.0.0.1'] }, 'spec.allowedDNS[0]: IP addresses are not supported'),
  invalid(
    'a name of 254 characters',
    { allowedDNS: [`${many(3, () => label63).join('.')}.${'b'.repeat(62)}`] },
    'spec.allowedDNS[0]: 253',
  ),
  invalid('a name twice', { allowedDNS: ['a.org', 'a.org'] }, 'spec.allowedDNS[1]: '),
  valid('64 names', { allowedDNS: many(64, (index) => `n${index}.org`) }),
  invalid('65 names', { allowedDNS: many(65, (index) => `n${index}.org`) }, 'spec.allowedDNS: 64 items'),
];

const bundle: readonly Case[] = [
  valid('a bundle with all its defaults', { bundle: {} }),
  valid('a bundle of its own name in all namespaces', { bundle: { configMapName: 'a.b-c', namespaceSelector: {} } }),
  valid('no ClusterTrustBundle', { bundle: { clusterTrustBundle: 'Never' } }),
  invalid('a ConfigMap without a name', { bundle: { configMapName: '' } }, 'spec.bundle.configMapName: '),
  invalid(
    'a ConfigMap name with capitals',
    { bundle: { configMapName: 'Anchors' } },
    'spec.bundle.configMapName: lowercase letters, digits',
  ),
  invalid(
    'a ConfigMap name of 254 characters',
    { bundle: { configMapName: 'a'.repeat(254) } },
    'spec.bundle.configMapName: 253',
  ),
  invalid(
    'a ClusterTrustBundle by a word nobody knows',
    { bundle: { clusterTrustBundle: 'Always' } },
    'spec.bundle.clusterTrustBundle: Auto',
  ),
  invalid(
    'a bundle selector that says nothing',
    { bundle: { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } },
    'spec.bundle.namespaceSelector.matchExpressions[0].values: given for In',
  ),
  invalid(
    'a bundle selector with a bad label',
    { bundle: { namespaceSelector: { matchLabels: { a: 'x/y' } } } },
    'spec.bundle.namespaceSelector.matchLabels[a]: label value',
  ),
];

export const TRUST_DOMAIN_CASES: readonly Case[] = [
  ...names,
  ...namespaces,
  ...authority,
  ...IMPORTED_CASES,
  ...ROTATION_CASES,
  ...lifetimes,
  ...dns,
  ...bundle,
];
