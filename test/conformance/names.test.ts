// SPDX-License-Identifier: Apache-2.0
/**
 * Trust domains, SPIFFE IDs and DNS names of every legal shape and size, as certificates that all judges accept.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anAuthority, mint } from './support/authorities.ts';
import { EXCEPTIONS, expectAccepted } from './support/exceptions.ts';
import { Judges } from './support/judges.ts';

const judges = new Judges();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  judges.tally.print('Judged: trust domains, SPIFFE IDs and DNS names (refusals are the known exceptions)');
});

const LABEL = 'l'.repeat(63);
const DNS_253 = [LABEL, LABEL, LABEL, 'l'.repeat(61)].join('.');

const TRUST_DOMAINS: readonly (readonly [name: string, trustDomain: string])[] = [
  ['one letter', 'a'],
  ['underscore', 'a_b'],
  ['underscore in a host name', 'a_b.example.org'],
  ['leading dash', '-a'],
  ['trailing dash', 'a-'],
  ['trailing dot', 'example.org.'],
  ['trailing dot alone', 'a.'],
  ['leading dot', '.a'],
  ['empty label', 'a..b'],
  ['only dots', '...'],
  ['only a dash', '-'],
  ['only an underscore', '_'],
  ['IPv4 literal', '1.2.3.4'],
  ['three numbers', '1.2.3'],
  ['one number', '0'],
  ['no IPv4 address', '999.1.1.1'],
  ['punycode', 'xn--bcher-kva.example'],
  ['cluster domain', 'cluster.local'],
  ['label of 64 bytes', `${'a'.repeat(64)}.org`],
  ['255 bytes in one label', 'a'.repeat(255)],
  ['255 bytes in four labels', [LABEL, LABEL, LABEL, LABEL].join('.')],
];

describe('trust domains', () => {
  test.each(TRUST_DOMAINS)('%s', async (name, trustDomain) => {
    const { issuer } = await anAuthority({ trustDomain });
    const exhibit = await mint(issuer, { spiffeID: `spiffe://${trustDomain}/ns/shop/sa/checkout`, dnsNames: [] });
    expectAccepted(await judges.everybody(exhibit), name);
  });

  test('every exception is about a case of this page', () => {
    const names = TRUST_DOMAINS.map(([name]) => name);
    const unknown = EXCEPTIONS.flatMap(({ cases }) => cases).filter((name) => !names.includes(name));
    expect(unknown).toEqual([]);
  });
});

const SUBJECTS = ['Empty', 'SPIFFEPath'] as const;

describe.each(SUBJECTS)('SPIFFE IDs with the subject %s', (subject) => {
  const authority = anAuthority();

  test.each(['...', '.a', '..a', '-', '_', '0', 'A.b-C_d', 'ns/shop/sa/checkout', 'a/'.repeat(31) + 'aa'])(
    'the path %s',
    async (path) => {
      const { issuer } = await authority;
      const exhibit = await mint(issuer, { spiffeID: `spiffe://example.org/${path}`, subject });
      expectAccepted(await judges.everybody(exhibit));
    },
  );
});

describe('long SPIFFE IDs', () => {
  const authority = anAuthority();
  const prefix = 'spiffe://example.org/';

  test.each([
    ['one segment', 'p'.repeat(2048 - prefix.length)],
    ['a thousand segments', 'p/'.repeat(1013) + 'p'],
    ['uppercase', 'P'.repeat(2048 - prefix.length)],
  ])('2048 bytes, %s', async (_, path) => {
    const { issuer } = await authority;
    const spiffeID = prefix + path;
    expect(spiffeID).toHaveLength(2048);
    expectAccepted(await judges.everybody(await mint(issuer, { spiffeID })));
  });

  test('2048 bytes with a trust domain of 255', async () => {
    const trustDomain = [LABEL, LABEL, LABEL, LABEL].join('.');
    const { issuer } = await anAuthority({ trustDomain });
    const spiffeID = `spiffe://${trustDomain}/`.padEnd(2048, 'p');
    expectAccepted(await judges.everybody(await mint(issuer, { spiffeID, dnsNames: [DNS_253] })));
  });
});

describe.each(SUBJECTS)('DNS names with the subject %s', (subject) => {
  const authority = anAuthority();

  test.each([
    ['none', []],
    ['the three forms of a service', ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local']],
    ['a short name', ['checkout']],
    ['a wildcard', ['*.shop.svc.cluster.local']],
    ['a wildcard over one label', ['*.svc']],
    ['253 characters', [DNS_253]],
    ['a wildcard of 253 characters', [`*.${LABEL}.${LABEL}.${LABEL}.${'l'.repeat(59)}`]],
    ['32 short ones', numbered('checkout.shop.svc.cluster.local')],
    ['32 of 253 characters', numbered(DNS_253)],
    ['a label of 63 characters', [LABEL]],
    ['punycode', ['xn--bcher-kva.example']],
    ['two dashes', ['a--b.example']],
    ['digits', ['0.example', '1-2-3.example']],
  ])('%s', async (_, dnsNames) => {
    const { issuer } = await authority;
    expectAccepted(await judges.everybody(await mint(issuer, { dnsNames, subject })));
  });
});

/** 32 names of the same length that differ in their first characters. */
function numbered(name: string): string[] {
  return Array.from({ length: 32 }, (_, i) => `n${String(i).padStart(2, '0')}${name.slice(3)}`);
}
