// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { type Desired, desiredIdentity, filesDigest } from '../../../src/identity/desired.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import { ANCHORS, aResolvedTrustDomain, aServiceIdentity, SETTINGS } from '../../support/builders.ts';

function outcome(spec: Partial<ServiceIdentitySpec>, td: Partial<TrustDomainSpec> = {}, name = 'checkout') {
  const identity = aServiceIdentity({ spec, metadata: { name } });
  return desiredIdentity(identity, aResolvedTrustDomain(td), ANCHORS, SETTINGS);
}

function desired(spec: Partial<ServiceIdentitySpec> = {}, td: Partial<TrustDomainSpec> = {}): Desired {
  const wanted = outcome(spec, td);
  if ('errors' in wanted) throw new Error(JSON.stringify(wanted.errors));
  return wanted.value;
}

describe('the SVID', () => {
  it('follows from the spec and the TrustDomain', () => {
    expect(desired().svid).toMatchObject({
      spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
      dnsNames: ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'],
      subject: 'Empty',
      algorithm: 'ECDSA-P256',
      ttl: HOUR,
      formats: ['PEM'],
    });
  });

  it('takes the default lifetime of the TrustDomain unless the spec has one', () => {
    expect(desired({}, { svid: { defaultTTL: '2h' } }).svid.ttl).toBe(2 * HOUR);
    expect(desired({ ttl: '30m' }, { svid: { defaultTTL: '2h' } }).svid.ttl).toBe(30 * MINUTE);
  });

  it.each([
    ['above', '48h', 24 * HOUR],
    ['below', '5m', 15 * MINUTE],
  ])('takes the nearer bound of the TrustDomain for a lifetime %s, and says so', (_, ttl, issued) => {
    const { svid, bounded } = desired({ ttl });
    expect(svid.ttl).toBe(issued);
    expect(bounded?.bounds).toEqual({ trustDomain: 'default', min: 15 * MINUTE, max: 24 * HOUR });
    expect(desired({ ttl }).svidDigest).not.toBe(desired().svidDigest);
  });

  it.each([{}, { ttl: '15m' }, { ttl: '24h' }])('says nothing of a lifetime within the bounds: %o', (spec) => {
    expect(desired(spec)).not.toHaveProperty('bounded');
  });

  it('carries short names only where the TrustDomain says so', () => {
    expect(desired({}, { svid: { shortNames: true } }).svid.dnsNames).toContain('checkout');
    expect(desired().svid.dnsNames).not.toContain('checkout');
  });
});

describe('refusals', () => {
  it.each<[string, Partial<ServiceIdentitySpec>, string]>([
    ['a DNS name of another namespace', { dnsNames: ['api.bank.svc'] }, 'spec.dnsNames[0]'],
    ['a DNS name of the world', { dnsNames: ['www.example.com'] }, 'spec.dnsNames[0]'],
    [
      'a label key that the operator did not allow',
      { secret: { labels: { 'app.example.com/x': 'y' } } },
      'spec.secret.labels',
    ],
    ['an annotation key without a prefix', { secret: { annotations: { x: 'y' } } }, 'spec.secret.annotations'],
    ['a key of Signet', { secret: { labels: { 'signet.dev/managed': 'no' } } }, 'spec.secret.labels'],
  ])('%s', (_, spec, path) => {
    const wanted = outcome(spec);
    expect('errors' in wanted ? wanted.errors.map((error) => error.path) : []).toContain(path);
  });

  it('allows other names where the TrustDomain does', () => {
    expect(desired({ dnsNames: ['www.example.com'] }, { allowedDNS: ['*.example.com'] }).svid.dnsNames).toContain(
      'www.example.com',
    );
  });
});

describe('the digest that re-issues', () => {
  const base = desired().svidDigest;

  it.each<[string, Partial<ServiceIdentitySpec>]>([
    ['services', { services: ['checkout', 'cart'] }],
    ['dnsNames', { dnsNames: ['api.shop.svc'] }],
    ['subject', { subject: 'SPIFFEPath' }],
    ['ttl', { ttl: '2h' }],
    ['key algorithm', { privateKey: { algorithm: 'Ed25519' } }],
    ['formats', { secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } }],
    ['service account', { serviceAccountName: 'other' }],
  ])('changes with %s', (_, spec) => {
    expect(desired(spec).svidDigest).not.toBe(base);
  });

  it.each<[string, Partial<ServiceIdentitySpec>]>([
    ['mtls', { mtls: { allowedClients: ['spiffe://example.org/ns/web/sa/frontend'] } }],
    ['labels', { secret: { labels: { 'example.org/team': 'a' } } }],
    ['annotations', { secret: { annotations: { 'example.org/team': 'a' } } }],
    ['the name of the Secret', { secret: { name: 'other' } }],
    ['deletionPolicy', { secret: { deletionPolicy: 'Retain' } }],
    ['renewRequest, which is compared by itself', { renewRequest: 'now' }],
    ['suspend', { suspend: true }],
    [
      'a default written out',
      { subject: 'Empty', privateKey: { algorithm: 'ECDSA-P256' }, secret: { formats: [{ type: 'PEM' }] } },
    ],
  ])('does not change with %s', (_, spec) => {
    expect(desired(spec).svidDigest).toBe(base);
  });

  it('does not change with the order of a list or the spelling of a duration', () => {
    const one = desired({
      services: ['a', 'b'],
      dnsNames: ['x.shop', 'y.shop'],
      ttl: '90m',
      secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] },
    });
    const other = desired({
      services: ['b', 'a'],
      dnsNames: ['y.shop', 'x.shop'],
      ttl: '1h30m',
      secret: { formats: [{ type: 'CombinedPEM' }, { type: 'PEM' }] },
    });
    expect(one.svidDigest).toBe(other.svidDigest);
  });

  it('does not change with the settings of the TrustDomain, which take effect at the next renewal', () => {
    expect(desired({}, { svid: { defaultTTL: '2h', shortNames: true } }).svidDigest).toBe(base);
  });
});

describe('the digests', () => {
  it('never change from version to version: a new one would issue for every identity of every cluster at once', () => {
    const { svidDigest, filesDigest } = desired({ services: ['b', 'a'], ttl: '2h', mtls: { allowedClients: [] } });
    expect([svidDigest, filesDigest]).toEqual(['515951af63cc2148fd8ee4cd6a79550c', 'ca4b1a10438d44658f2925d095ad6910']);
  });
});

describe('the Secret', () => {
  it('is named after the identity unless the spec names it', () => {
    expect(desired().secret.name).toBe('checkout-svid');
    expect(desired({ secret: { name: 'tls' } }).secret.name).toBe('tls');
  });

  it('carries what the controller needs to find and judge it', () => {
    const { secret, svidDigest, filesDigest } = desired();
    expect(secret.labels).toEqual({ 'signet.dev/managed': 'svid', 'signet.dev/service-identity': 'checkout' });
    expect(secret.annotations).toEqual({
      'signet.dev/spiffe-id': 'spiffe://example.org/ns/shop/sa/checkout',
      'signet.dev/svid-digest': svidDigest,
      'signet.dev/files-digest': filesDigest,
    });
  });

  it('carries labels and annotations of the spec and says which they are', () => {
    const { secret } = desired({ secret: { labels: { 'example.org/a': '1' }, annotations: { 'example.org/b': '2' } } });
    expect(secret.labels).toMatchObject({ 'example.org/a': '1' });
    expect(secret.annotations).toMatchObject({
      'example.org/b': '2',
      'signet.dev/metadata-keys': 'label:example.org/a,annotation:example.org/b',
    });
  });

  it('is marked when it is to be retained', () => {
    const { secret } = desired({ secret: { deletionPolicy: 'Retain' } });
    expect(secret.retain).toBe(true);
    expect(secret.labels).toMatchObject({ 'signet.dev/retain': 'true' });
  });

  it('tells absent peers (no file) from none (an empty file)', () => {
    expect(desired().secret.allowedClients).toBeUndefined();
    expect(desired({ mtls: { allowedClients: [] } }).secret.allowedClients).toBe('');
    const peers = ['spiffe://example.org/ns/a/sa/b', 'spiffe://example.org/ns/*/sa/c'];
    expect(desired({ mtls: { allowedServers: peers } }).secret.allowedServers).toBe(`${peers.join('\n')}\n`);
    expect(desired({ mtls: { allowedClients: [] } }).filesDigest).not.toBe(desired().filesDigest);
  });

  it('has a files digest that stands for the files as stored', () => {
    expect(desired({ mtls: { allowedClients: [] } }).filesDigest).toBe(filesDigest(ANCHORS, '', undefined));
    expect(filesDigest(ANCHORS, undefined, '')).not.toBe(filesDigest(ANCHORS, '', undefined));
  });
});
