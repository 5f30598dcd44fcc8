// SPDX-License-Identifier: Apache-2.0
/**
 * Leaves minted under imported authorities of every kind we take: every verifier accepts them, and refuses what the
 * name constraints of an authority forbid. Foreign authorities are not linted, only the leaves: their form is not ours.
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verdicts } from '../../hack/judges/judge-process.ts';
import { validateImportedAuthority } from '../../src/pki/imported-authority.ts';
import type { Issuer } from '../../src/pki/mint.ts';
import { FOREIGN_HIERARCHIES, type ForeignName, foreignAuthority } from '../support/foreign-authority.ts';
import { importedIssuer } from '../support/imported-issuer.ts';
import { mint } from './support/authorities.ts';
import { expectAccepted, expectRefused } from './support/exceptions.ts';
import * as x from './support/extensions.ts';
import { type Exhibit, Judges, ourVerdict } from './support/judges.ts';
import { withExtension } from './support/mutations/mutation.ts';
import { exhibitOf, SCENES } from './support/scene.ts';

const judges = new Judges();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  judges.tally.print('Judged: leaves under imported authorities (refusals are broken name constraints)');
});

const trustDomain = 'example.org';
const dnsNames = ['checkout.shop', 'checkout.shop.svc', 'checkout.shop.svc.cluster.local'];

async function anImportedIssuer(name: ForeignName): Promise<Issuer> {
  const files = foreignAuthority(FOREIGN_HIERARCHIES[name]);
  const judged = await validateImportedAuthority({ ...files, trustDomain, dnsNames, now: Date.now() });
  if ('problem' in judged) throw new Error(judged.problem);
  return importedIssuer(judged.value, trustDomain);
}

async function everybody(exhibit: Exhibit): Promise<Verdicts> {
  const answers = await Promise.all([
    judges.go(exhibit, ['x509', 'spiffe']),
    judges.java(exhibit),
    judges.openssl(exhibit),
  ]);
  return Object.assign(judges.tally.count({ signet: ourVerdict(exhibit) }), ...answers);
}

describe.each(Object.keys(FOREIGN_HIERARCHIES) as ForeignName[])('%s', (name) => {
  const issuer = anImportedIssuer(name);

  test.each(['Empty', 'SPIFFEPath'] as const)('a leaf with the subject %s', async (subject) => {
    const exhibit = await mint(await issuer, { dnsNames, subject }, Date.now());
    expectAccepted(await everybody(exhibit));
    expectAccepted(await judges.lint({ ...exhibit, chain: exhibit.chain.slice(0, 1) }));
  });
});

describe('name constraints on the issuing authority', () => {
  const { plain } = SCENES;
  const [leaf, issuing] = plain.chain;

  function constrained(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Exhibit {
    const change = withExtension(x.nameConstraints(permitted, excluded));
    return exhibitOf({ ...plain, chain: [leaf, { ...issuing, ...change(issuing, () => 0) }] });
  }

  test.each([
    ['the trust domain', [x.uriName('example.org')], []],
    ['the trust domain in capitals', [x.uriName('EXAMPLE.org')], []],
    ['the trust domain among others', [x.uriName('other.org'), x.uriName('example.org')], []],
    ['the domain of services', [x.dnsName('svc')], []],
    ['the very name', [x.dnsName('checkout.shop.svc')], []],
    ['addresses and mailboxes only', [x.emailName('example.org'), x.ipName([10, 0, 0, 0, 255, 0, 0, 0])], []],
    ['all but another trust domain', [], [x.uriName('other.org'), x.uriName('.example.org.example')]],
    ['all but other DNS names', [], [x.dnsName('com'), x.dnsName('hop.svc')]],
  ])('that permit %s', async (_, permitted, excluded) => {
    expectAccepted(await everybody(constrained(permitted, excluded)));
  });

  test.each([
    ['permit another trust domain', [x.uriName('other.org')], []],
    ['permit trust domains below only', [x.uriName('.example.org')], []],
    ['permit other DNS names', [x.dnsName('com')], []],
    ['exclude the trust domain', [], [x.uriName('example.org')]],
    ['exclude the domain of services', [], [x.dnsName('svc')]],
    ['permit and exclude the trust domain', [x.uriName('example.org')], [x.uriName('example.org')]],
  ])('that %s', async (_, permitted, excluded) => {
    expectRefused(await everybody(constrained(permitted, excluded)));
  });

  test.each([
    ['a host below the permitted one, which Go takes', [x.uriName('org')], []],
    ['an excluded domain above, which Go alone applies', [], [x.uriName('org')]],
    ['a period before a DNS name', [x.dnsName('.svc')], []],
    ['an empty DNS name', [x.dnsName('')], []],
    ['an address as host', [x.uriName('10.0.0.1')], []],
  ])('that verifiers do not agree on are refused: %s', (_, permitted, excluded) => {
    expect(ourVerdict(constrained(permitted, excluded))).toMatch(/name constraint/u);
  });
});
