// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { certificateDNSNames, coversDNSName, refusedDNSNames } from '../../../src/api/dns-names.ts';

/** Few labels, so that namespaces, services and parts of the cluster domain often have the same name. */
const label = fc.constantFrom('a', 'b', 'svc', 'shop', 'cluster', 'local', 'svc-a');
const clusterDomain = fc.constantFrom('cluster.local', 'local', 'a.b.example', 'shop.svc.example', 'svc.svc');
const name = fc
  .tuple(fc.boolean(), fc.array(label, { minLength: 1, maxLength: 6 }))
  .map(([wildcard, labels]) => (wildcard ? ['*', ...labels] : labels).join('.'));

function isOwn(dnsName: string, namespace: string, domain: string): boolean {
  const scope = { namespace, clusterDomain: domain, shortNames: false, allowedDNS: [] };
  return refusedDNSNames({ services: [], dnsNames: [dnsName] }, scope).length === 0;
}

it('no name belongs to two namespaces, and no wildcard reaches into another one', () => {
  fc.assert(
    fc.property(name, name, fc.tuple(label, label), clusterDomain, (first, second, [one, other], domain) => {
      fc.pre(one !== other);
      if (!isOwn(first, one, domain)) return;
      expect(isOwn(first, other, domain)).toBe(false);
      if (coversDNSName(first, second)) expect(isOwn(second, other, domain)).toBe(false);
    }),
    { numRuns: 5000 },
  );
});

it('a service never stands for a name that is refused', () => {
  fc.assert(
    fc.property(fc.array(label), label, clusterDomain, fc.boolean(), (services, namespace, domain, shortNames) => {
      const scope = { namespace, clusterDomain: domain, shortNames, allowedDNS: [] };
      const dnsNames = certificateDNSNames({ services, dnsNames: [] }, scope);
      expect(refusedDNSNames({ services, dnsNames }, scope)).toEqual([]);
    }),
  );
});
