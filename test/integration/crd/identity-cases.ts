// SPDX-License-Identifier: Apache-2.0
/**
 * Valid and invalid ServiceIdentities: whose identity, what certificate, which Secret.
 * @module
 */
import { type Case, invalid, many, manyEntries, valid } from './case.ts';

/** Annotations of 4096 characters each. */
function longAnnotations(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(many(count, (index) => `a${index}`).map((key) => [key, 'x'.repeat(4096)]));
}

const label63 = 'a'.repeat(63);
const longName = `${label63}.${label63}.${label63}.${'b'.repeat(61)}`;

const names: readonly Case[] = [
  valid('the smallest identity', {}),
  valid('a name of 63 characters', {}, { objectName: label63 }),
  valid('a name with dots', {}, { objectName: 'v2.checkout' }),
  invalid('a name of 64 characters', {}, 'metadata.name: 63', { objectName: `${label63}a` }),
  valid('a service account with dots', { serviceAccountName: 'team.checkout' }),
  valid('a service account of 253 characters', { serviceAccountName: longName }),
  invalid('no service account', { serviceAccountName: undefined }, 'spec.serviceAccountName: Required', {
    judge: 'schema',
  }),
  invalid('an empty service account', { serviceAccountName: '' }, 'spec.serviceAccountName: '),
  invalid(
    'a service account with capitals',
    { serviceAccountName: 'Checkout' },
    'spec.serviceAccountName: lowercase letters',
  ),
  invalid(
    'a service account with a slash',
    { serviceAccountName: 'a/b' },
    'spec.serviceAccountName: lowercase letters',
  ),
  invalid('a service account that is too long', { serviceAccountName: `${longName}c` }, 'spec.serviceAccountName: 253'),
  invalid('a service account that is a number', { serviceAccountName: 7 }, 'spec.serviceAccountName: string', {
    judge: 'schema',
  }),
  valid('another trust domain', { trustDomainRef: { name: 'partner' } }),
  valid('an empty reference', { trustDomainRef: {} }),
  valid('a reference that is null', { trustDomainRef: null }, { judge: 'schema' }),
  invalid(
    'a reference with capitals',
    { trustDomainRef: { name: 'Partner' } },
    'spec.trustDomainRef.name: TrustDomain object',
    { judge: 'schema' },
  ),
  invalid('an empty reference name', { trustDomainRef: { name: '' } }, 'spec.trustDomainRef.name: '),
  invalid('a reference that is too long', { trustDomainRef: { name: `${label63}a` } }, 'spec.trustDomainRef.name: 63'),
];

const immutable: readonly Case[] = [
  valid('an update of everything that may change', { ttl: '2h', suspend: true }, { before: { ttl: '1h' } }),
  valid('the default reference written out', { trustDomainRef: { name: 'default' } }, { before: {} }),
  valid('the default reference taken away', {}, { before: { trustDomainRef: { name: 'default' } } }),
  invalid('another service account', { serviceAccountName: 'other' }, 'spec.serviceAccountName: immutable', {
    before: {},
  }),
  invalid('another reference', { trustDomainRef: { name: 'b' } }, 'spec.trustDomainRef.name: immutable', {
    before: { trustDomainRef: { name: 'a' } },
  }),
  invalid('a reference that was added', { trustDomainRef: { name: 'b' } }, 'spec.trustDomainRef.name: immutable', {
    before: {},
  }),
  invalid('a reference that was taken away', {}, 'spec.trustDomainRef.name: immutable', {
    before: { trustDomainRef: { name: 'a' } },
  }),
  invalid('an invalid update of a valid object', { ttl: '1d' }, 'spec.ttl: duration in h, m and s', { before: {} }),
];

const certificate: readonly Case[] = [
  valid('a subject for servers that map one', { subject: 'SPIFFEPath' }),
  invalid('a subject of free text', { subject: 'CN=admin' }, 'spec.subject: Empty'),
  invalid(
    'a subject that does not fit',
    { subject: 'SPIFFEPath', serviceAccountName: label63 },
    'spec.subject: at most 64',
    { judge: 'code' },
  ),
  valid('a lifetime of 20s', { ttl: '20s' }),
  valid('a lifetime in all units', { ttl: '1h30m15s' }),
  valid('a lifetime in minutes only', { ttl: '90m' }),
  invalid('a lifetime of 19s', { ttl: '19s' }, 'spec.ttl: at least 20s'),
  invalid('a lifetime of nothing', { ttl: '' }, 'spec.ttl: '),
  invalid('a lifetime in days', { ttl: '1d' }, 'spec.ttl: duration in h, m and s'),
  invalid('a lifetime with a fraction', { ttl: '1.5h' }, 'spec.ttl: duration in h, m and s'),
  invalid('a lifetime in milliseconds', { ttl: '60000ms' }, 'spec.ttl: duration in h, m and s'),
  invalid('a negative lifetime', { ttl: '-1h' }, 'spec.ttl: duration in h, m and s'),
  invalid('a lifetime with the units turned round', { ttl: '30m1h' }, 'spec.ttl: duration in h, m and s'),
  invalid('a lifetime without a unit', { ttl: '3600' }, 'spec.ttl: duration in h, m and s'),
  invalid('a lifetime that is a number', { ttl: 3600 }, 'spec.ttl: string', { judge: 'schema' }),
  invalid('a lifetime beyond all bounds', { ttl: '99999999h' }, 'spec.ttl: duration in h, m and s'),
  ...['ECDSA-P256', 'ECDSA-P384', 'Ed25519', 'RSA-2048', 'RSA-3072'].map((algorithm) =>
    valid(`a key of type ${algorithm}`, { privateKey: { algorithm } }),
  ),
  invalid(
    'a key that is too short',
    { privateKey: { algorithm: 'RSA-1024' } },
    'spec.privateKey.algorithm: ECDSA-P256',
  ),
  invalid('a key type in lower case', { privateKey: { algorithm: 'ed25519' } }, 'spec.privateKey.algorithm: Ed25519'),
  valid('a request to renew', { renewRequest: '2026-11-22T05:00:00Z' }),
  valid('a request to renew of 128 characters, all of them wide', { renewRequest: '😀'.repeat(128) }),
  invalid('an empty request to renew', { renewRequest: '' }, 'spec.renewRequest: '),
  invalid('a request to renew of 129 characters', { renewRequest: 'x'.repeat(129) }, 'spec.renewRequest: 128'),
  valid('suspended', { suspend: true }),
  invalid('suspended by a word', { suspend: 'yes' }, 'spec.suspend: boolean', { judge: 'schema' }),
];

const secret: readonly Case[] = [
  valid('a Secret name', { secret: { name: 'tls.checkout' } }),
  invalid('a Secret name with capitals', { secret: { name: 'TLS' } }, 'spec.secret.name: lowercase letters'),
  invalid('a Secret name that is too long', { secret: { name: `${longName}c` } }, 'spec.secret.name: 253'),
  invalid('an empty Secret name', { secret: { name: '' } }, 'spec.secret.name: '),
  valid('labels and annotations', {
    secret: { labels: { 'example.org/a': 'x', b: '' }, annotations: { 'example.org/c': 'any text\n' } },
  }),
  valid('16 labels', { secret: { labels: manyEntries(16) } }),
  invalid('17 labels', { secret: { labels: manyEntries(17) } }, 'spec.secret.labels: 16'),
  invalid('17 annotations', { secret: { annotations: manyEntries(17) } }, 'spec.secret.annotations: 16'),
  invalid(
    'a label key with a space',
    { secret: { labels: { 'a b': 'x' } } },
    'spec.secret.labels: must be a label key',
  ),
  invalid(
    'a label key with two slashes',
    { secret: { labels: { 'a/b/c': 'x' } } },
    'spec.secret.labels: must be a label key',
  ),
  invalid(
    'a label key with capitals in its prefix',
    { secret: { labels: { 'Example.org/a': 'x' } } },
    'spec.secret.labels: must be a label key',
  ),
  invalid(
    'a label key that is too long',
    { secret: { labels: { [`${label63}a`]: 'x' } } },
    'spec.secret.labels: must be a label key',
  ),
  invalid('an empty label key', { secret: { labels: { '': 'x' } } }, 'spec.secret.labels: must be a label key'),
  invalid('a label value with a space', { secret: { labels: { a: 'x y' } } }, 'spec.secret.labels[a]: label value'),
  invalid('a label value that is too long', { secret: { labels: { a: `${label63}a` } } }, 'spec.secret.labels[a]: 63'),
  invalid('a label of ours', { secret: { labels: { 'signet.dev/managed': 'svid' } } }, 'spec.secret.labels: reserved'),
  invalid(
    'a label of Kubernetes',
    { secret: { labels: { 'app.kubernetes.io/name': 'x' } } },
    'spec.secret.labels: reserved',
  ),
  valid('a label under a domain that only ends alike', { secret: { labels: { 'notsignet.dev/a': 'x' } } }),
  invalid(
    'an annotation key with a space',
    { secret: { annotations: { 'a b': 'x' } } },
    'spec.secret.annotations: must be an annotation key',
  ),
  invalid(
    'an annotation of ours',
    { secret: { annotations: { 'x.signet.dev/a': 'x' } } },
    'spec.secret.annotations: reserved',
  ),
  invalid(
    'an annotation of Kubernetes',
    { secret: { annotations: { 'kubernetes.io/service-account.name': 'x' } } },
    'spec.secret.annotations: reserved',
  ),
  invalid(
    'an annotation of k8s.io',
    { secret: { annotations: { 'node.k8s.io/a': 'x' } } },
    'spec.secret.annotations: reserved',
  ),
  valid('annotations of 16384 characters in all', { secret: { annotations: longAnnotations(4) } }),
  invalid(
    'annotations of more than 16384 characters in all',
    { secret: { annotations: { ...longAnnotations(4), e: 'x' } } },
    'spec.secret.annotations: 16384 characters in all',
  ),
  valid('an annotation of 4096 characters', { secret: { annotations: { a: 'x'.repeat(4096) } } }),
  invalid(
    'an annotation of 4097 characters',
    { secret: { annotations: { a: 'x'.repeat(4097) } } },
    'spec.secret.annotations[a]: 4096',
  ),
  invalid(
    'an annotation that is a number',
    { secret: { annotations: { a: 1 } } },
    'spec.secret.annotations[a]: string',
    { judge: 'schema' },
  ),
  valid('both formats', { secret: { formats: [{ type: 'CombinedPEM' }, { type: 'PEM' }] } }),
  invalid(
    'a format alone that is not PEM',
    { secret: { formats: [{ type: 'CombinedPEM' }] } },
    'spec.secret.formats: PEM must be part',
  ),
  invalid('no formats', { secret: { formats: [] } }, 'spec.secret.formats: '),
  invalid('a format twice', { secret: { formats: [{ type: 'PEM' }, { type: 'PEM' }] } }, 'spec.secret.formats[1]: '),
  invalid(
    'a format nobody knows',
    { secret: { formats: [{ type: 'PEM' }, { type: 'JKS' }] } },
    'spec.secret.formats[1].type: CombinedPEM',
  ),
  invalid('a format without a type', { secret: { formats: [{}] } }, 'spec.secret.formats[0].type: Required', {
    judge: 'schema',
  }),
  valid('a Secret that is retained', { secret: { deletionPolicy: 'Retain' } }),
  invalid(
    'a deletion policy nobody knows',
    { secret: { deletionPolicy: 'Orphan' } },
    'spec.secret.deletionPolicy: Retain',
  ),
];

export const IDENTITY_CASES: readonly Case[] = [...names, ...immutable, ...certificate, ...secret];
