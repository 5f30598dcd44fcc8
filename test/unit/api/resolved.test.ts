// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { boundedTTL, boundsErrors } from '../../../src/api/bounds.ts';
import { fieldError, formatFieldErrors } from '../../../src/api/field-error.ts';
import type { ResolvedServiceIdentity, ResolvedTrustDomain } from '../../../src/api/resolved.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { parseServiceIdentitySpec } from '../../../src/api/service-identity-validation.ts';
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { parseTrustDomainSpec, trustDomainWarnings } from '../../../src/api/trust-domain-validation.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';

function identity(more: Partial<ServiceIdentitySpec> = {}): ResolvedServiceIdentity {
  const parsed = parseServiceIdentitySpec({ serviceAccountName: 'checkout', ...more }, 'checkout', 'shop');
  if ('errors' in parsed) throw new Error(formatFieldErrors(parsed.errors));
  return parsed.value;
}

function trustDomain(more: Partial<TrustDomainSpec> = {}): ResolvedTrustDomain {
  const parsed = parseTrustDomainSpec({ trustDomain: 'example.org', ...more }, 'default');
  if ('errors' in parsed) throw new Error(formatFieldErrors(parsed.errors));
  return parsed.value;
}

describe('a resolved ServiceIdentity', () => {
  it('is complete, and says nothing about what only its TrustDomain knows', () => {
    expect(identity()).toEqual({
      serviceAccountName: 'checkout',
      trustDomainRef: 'default',
      services: [],
      dnsNames: [],
      subject: 'Empty',
      keyAlgorithm: 'ECDSA-P256',
      secretName: 'checkout-svid',
      secretLabels: {},
      secretAnnotations: {},
      formats: ['PEM'],
      deletionPolicy: 'Delete',
      suspend: false,
    });
  });

  it('has times in milliseconds, and keeps an empty list of peers apart from an absent one', () => {
    const resolved = identity({ ttl: '1h30m', mtls: { allowedClients: [] }, secret: { name: 'own' } });
    expect(resolved).toMatchObject({ ttl: 90 * MINUTE, allowedClients: [], secretName: 'own' });
    expect(resolved).not.toHaveProperty('allowedServers');
  });
});

describe('a resolved TrustDomain', () => {
  it('is complete, and allows no namespace unless told to', () => {
    expect(trustDomain()).toEqual({
      name: 'default',
      trustDomain: 'example.org',
      source: { type: 'SelfSigned' },
      root: { ttl: 365 * DAY, keyAlgorithm: 'ECDSA-P256' },
      intermediate: { ttl: 7 * DAY, keyAlgorithm: 'ECDSA-P256' },
      defaultTTL: HOUR,
      minTTL: 15 * MINUTE,
      maxTTL: DAY,
      shortNames: false,
      propagationMargin: 5 * MINUTE,
      allowedDNS: [],
      bundle: { configMapName: 'default-trust-bundle', clusterTrustBundle: 'Auto' },
    });
  });

  it('publishes its bundle where identities are allowed, unless told otherwise', () => {
    const allowedNamespaces = { matchLabels: { team: 'shop' } };
    expect(trustDomain({ allowedNamespaces }).bundle).toMatchObject({ namespaceSelector: allowedNamespaces });
    const bundle = { configMapName: 'anchors', namespaceSelector: {}, clusterTrustBundle: 'Never' } as const;
    expect(trustDomain({ allowedNamespaces, bundle }).bundle).toEqual(bundle);
  });

  it('names the Secret of an imported authority, and the root that was acknowledged', () => {
    const secretRef = { name: 'issuing-ca' };
    const acknowledgeSharedRoot = 'ab'.repeat(32);
    const resolved = (member: { acknowledgeSharedRoot?: string }) =>
      trustDomain({ authority: { source: { type: 'Imported', imported: { secretRef, ...member } } } });
    expect(resolved({}).source).toEqual({ type: 'Imported', secretName: 'issuing-ca' });
    expect(resolved({ acknowledgeSharedRoot }).source).toEqual({
      type: 'Imported',
      secretName: 'issuing-ca',
      acknowledgedRoot: acknowledgeSharedRoot,
    });
    expect(resolved({}).root).toEqual(trustDomain().root);
  });

  it('comes with a warning where the propagation margin is smaller than the usual one', () => {
    expect(trustDomainWarnings(trustDomain())).toEqual([]);
    expect(trustDomainWarnings(trustDomain({ propagationMargin: '4m59s' }))).toEqual([
      expect.stringContaining('spec.propagationMargin is 4m59s'),
    ]);
  });

  it.each(['a.', '.a', 'a..b'])('comes with a warning where peers written in Go refuse the name %s', (name) => {
    expect(trustDomainWarnings({ ...trustDomain(), trustDomain: name })).toEqual([
      expect.stringContaining('has an empty label'),
    ]);
  });
});

describe('faults', () => {
  it('are reported all at once, each at its place', () => {
    const spec: ServiceIdentitySpec = {
      serviceAccountName: 'Checkout',
      ttl: '1d',
      dnsNames: ['ok.org', 'Bad.org'],
      secret: { name: '', labels: { 'signet.dev/a': 'x' } },
    };
    const parsed = parseServiceIdentitySpec(spec, 'checkout', 'shop');
    expect('errors' in parsed && parsed.errors.map(({ path }) => path)).toEqual([
      'spec.serviceAccountName',
      'spec.dnsNames[1]',
      'spec.ttl',
      'spec.secret.name',
      'spec.secret.labels',
    ]);
  });

  it('of lifetimes against each other do not hide behind one that is malformed', () => {
    const spec = { trustDomain: 'example.org', svid: { minTTL: '1d', defaultTTL: '48h' } };
    const parsed = parseTrustDomainSpec(spec, 'default');
    expect('errors' in parsed && parsed.errors.map(({ path, value }) => [path, value])).toEqual([
      ['spec.svid.minTTL', '1d'],
      ['spec.svid.defaultTTL', '48h'],
    ]);
  });

  it('read as one line that quotes what was written, cut where it is long', () => {
    const errors = [
      fieldError('spec.ttl', '1d\n', 'must be a duration'),
      fieldError('spec', undefined, 'has too many names'),
      fieldError('spec.renewRequest', 'x'.repeat(500), 'is long'),
    ];
    expect(formatFieldErrors(errors)).toBe(
      `spec.ttl "1d\\n": must be a duration; spec: has too many names; spec.renewRequest "${'x'.repeat(80)}...": is long`,
    );
  });
});

function ttlOf(more: Partial<ServiceIdentitySpec>, bounds: Partial<TrustDomainSpec> = {}): number {
  return boundedTTL(identity(more), trustDomain(bounds));
}

describe('the bounds of a TrustDomain and an operator', () => {
  const scope = { namespace: 'shop', clusterDomain: 'cluster.local', allowedKeyPrefixes: ['example.org', ''] };
  const pathsOf = (more: Partial<ServiceIdentitySpec>, bounds: Partial<TrustDomainSpec> = {}) =>
    boundsErrors(identity(more), trustDomain(bounds), scope).map(({ path, value }) => `${path} ${value}`);

  it('move a lifetime to the nearer of them, and refuse none', () => {
    expect(ttlOf({})).toBe(HOUR);
    expect(ttlOf({ ttl: '15m' })).toBe(15 * MINUTE);
    expect(ttlOf({ ttl: '24h' })).toBe(DAY);
    expect(ttlOf({ ttl: '14m59s' })).toBe(15 * MINUTE);
    expect(ttlOf({ ttl: '24h1s' })).toBe(DAY);
    expect(ttlOf({ ttl: '2h' }, { svid: { maxTTL: '90m' } })).toBe(90 * MINUTE);
    expect(pathsOf({ ttl: '24h1s' })).toEqual([]);
  });

  it('hold for DNS names', () => {
    expect(pathsOf({ services: ['checkout'], dnsNames: ['a.shop.svc'] })).toEqual([]);
    expect(pathsOf({ dnsNames: ['api.example.org'] })).toEqual(['spec.dnsNames[0] api.example.org']);
    expect(pathsOf({ dnsNames: ['api.example.org'] }, { allowedDNS: ['*.example.org'] })).toEqual([]);
    expect(pathsOf({ dnsNames: ['checkout'] }, { svid: { shortNames: true } })).toEqual([]);
  });

  it('hold for keys of labels and annotations, by their whole prefix', () => {
    const labels = { 'example.org/a': 'x', plain: 'x', 'example.org.evil/a': 'x', 'sub.example.org/a': 'x' };
    expect(pathsOf({ secret: { labels, annotations: { 'helm.sh/a': 'x' } } })).toEqual([
      'spec.secret.labels example.org.evil/a',
      'spec.secret.labels sub.example.org/a',
      'spec.secret.annotations helm.sh/a',
    ]);
    const none = { ...scope, allowedKeyPrefixes: [] };
    expect(boundsErrors(identity({ secret: { labels: { plain: 'x' } } }), trustDomain(), none)).toMatchObject([
      { path: 'spec.secret.labels', message: expect.stringContaining('allows none') },
    ]);
  });

  it('leave room between the margin and the shortest lifetime', () => {
    const short = trustDomain({ svid: { minTTL: '30s' }, propagationMargin: '5s' });
    expect(short.minTTL * 0.4).toBeGreaterThan(short.propagationMargin);
    expect(short.minTTL).toBe(30 * SECOND);
  });
});
