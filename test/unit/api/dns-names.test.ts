// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  certificateDNSNames,
  coversDNSName,
  type DNSScope,
  refusedDNSNames,
  serviceDNSNames,
} from '../../../src/api/dns-names.ts';

const shop: DNSScope = { namespace: 'shop', clusterDomain: 'cluster.local', shortNames: false, allowedDNS: [] };

function isAllowed(name: string, scope: DNSScope): boolean {
  return refusedDNSNames({ services: [], dnsNames: [name] }, scope).length === 0;
}

describe('expansion', () => {
  it('stands for the three qualified names, and for the bare one only where the TrustDomain says so', () => {
    const qualified = ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'];
    expect(serviceDNSNames('checkout', shop)).toEqual(qualified);
    expect(serviceDNSNames('checkout', { ...shop, shortNames: true })).toEqual(['checkout', ...qualified]);
    expect(serviceDNSNames('checkout', { ...shop, clusterDomain: 'k8s.example' })[2]).toBe(
      'checkout.shop.svc.k8s.example',
    );
  });

  it('gives every name once, in an order that does not depend on the spec', () => {
    const names = { services: ['b', 'a'], dnsNames: ['a.shop.svc', 'z.example.org'] };
    const turned = { services: ['a', 'b'], dnsNames: ['z.example.org', 'a.shop.svc'] };
    expect(certificateDNSNames(names, shop)).toEqual([
      'a.shop',
      'a.shop.svc',
      'a.shop.svc.cluster.local',
      'b.shop',
      'b.shop.svc',
      'b.shop.svc.cluster.local',
      'z.example.org',
    ]);
    expect(certificateDNSNames(turned, shop)).toEqual(certificateDNSNames(names, shop));
  });

  it('refuses a service whose longest name no certificate can carry', () => {
    const scope = { ...shop, clusterDomain: `${'c'.repeat(63)}.${'c'.repeat(63)}.${'c'.repeat(63)}.example` };
    const errors = refusedDNSNames({ services: ['s'.repeat(60)], dnsNames: [] }, scope);
    expect(errors).toMatchObject([{ path: 'spec.services[0]' }]);
  });
});

describe('the names of the own namespace', () => {
  it.each([
    'checkout.shop',
    'checkout.shop.svc',
    'checkout.shop.svc.cluster.local',
    '*.shop.svc',
    '*.shop.svc.cluster.local',
    'db-0.db.shop.svc',
    'db-0.db.shop.svc.cluster.local',
    '*.db.shop.svc.cluster.local',
  ])('include %s', (name) => {
    expect(isAllowed(name, shop)).toBe(true);
  });

  it.each([
    'checkout',
    'shop',
    'shop.svc',
    'shop.svc.cluster.local',
    '*.shop',
    '*.svc',
    '*.svc.cluster.local',
    '*.cluster.local',
    'cluster.local',
    'checkout.bank',
    'checkout.bank.svc',
    'checkout.bank.svc.cluster.local',
    '*.bank.svc',
    'kubernetes.default.svc',
    'a.checkout.shop',
    '*.checkout.shop',
    'a.b.checkout.shop.svc',
    '*.b.checkout.shop.svc',
    'checkout.shop.pod.cluster.local',
    'checkout.shop.cluster.local',
    'checkout.shop.svc.cluster.local.evil.example',
    'checkout.shop.svc.other.local',
    'checkout.xshop',
    'checkout.shop.svcx',
    'api.example.org',
  ])('do not include %s', (name) => {
    expect(isAllowed(name, shop)).toBe(false);
  });

  it('stay apart even for a namespace called svc', () => {
    const svc = { ...shop, namespace: 'svc' };
    expect(isAllowed('a.svc', svc)).toBe(true);
    expect(isAllowed('a.svc.svc', svc)).toBe(true);
    expect(isAllowed('checkout.shop.svc', svc)).toBe(false);
    expect(isAllowed('*.shop.svc', svc)).toBe(false);
  });
});

describe('the other names', () => {
  const scope = { ...shop, allowedDNS: ['api.example.org', '*.shop.example.org', 'localhost'] };

  it.each(['api.example.org', 'a.shop.example.org', '*.shop.example.org', 'localhost'])('are allowed: %s', (name) => {
    expect(isAllowed(name, scope)).toBe(true);
  });

  it.each([
    'example.org',
    '*.example.org',
    'b.api.example.org',
    'shop.example.org',
    'a.b.shop.example.org',
    '*.a.shop.example.org',
    'xshop.example.org',
    'host',
  ])('are refused: %s', (name) => {
    expect(isAllowed(name, scope)).toBe(false);
  });

  it('are reported one by one, with the place and the reason', () => {
    const errors = refusedDNSNames({ services: ['checkout'], dnsNames: ['a.shop', 'bare', 'x.example.net'] }, scope);
    expect(errors).toEqual([
      { path: 'spec.dnsNames[1]', value: 'bare', message: expect.stringContaining('svid.shortNames') },
      {
        path: 'spec.dnsNames[2]',
        value: 'x.example.net',
        message: expect.stringContaining('not a name of namespace shop'),
      },
    ]);
  });

  it('include bare names where the TrustDomain allows them', () => {
    expect(isAllowed('checkout', { ...shop, shortNames: true })).toBe(true);
    expect(isAllowed('checkout.bank', { ...shop, shortNames: true })).toBe(false);
  });
});

it.each([
  ['*.example.org', 'a.example.org', true],
  ['*.example.org', '*.example.org', true],
  ['*.example.org', 'example.org', false],
  ['*.example.org', 'a.b.example.org', false],
  ['*.example.org', '*.a.example.org', false],
  ['*.*', 'a.b', false],
  ['a.example.org', 'a.example.org', true],
  ['a.example.org', '*.example.org', false],
])('pattern %s over %s: %s', (pattern, name, covered) => {
  expect(coversDNSName(pattern, name)).toBe(covered);
});
