// SPDX-License-Identifier: Apache-2.0
/**
 * Every key algorithm of leaf, intermediate and root, and both kinds of subject: all judges accept every one.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHMS, anAuthority, aRoot, mint, NOW } from './support/authorities.ts';
import { expectAccepted, expectRefused } from './support/exceptions.ts';
import { type Exhibit, Judges } from './support/judges.ts';

const judges = new Judges();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  judges.tally.print('Judged: every key algorithm of leaf, intermediate and root');
});

describe.each(ALGORITHMS)('leaves under an intermediate with an %s key', (intermediate) => {
  const authority = anAuthority({ root: intermediate, intermediate });

  describe.each(['Empty', 'SPIFFEPath'] as const)('with the subject %s', (subject) => {
    test.each(ALGORITHMS)('and an %s key', async (algorithm) => {
      const { issuer } = await authority;
      expectAccepted(await judges.everybody(await mint(issuer, { algorithm, subject })));
    });
  });
});

describe.each(ALGORITHMS)('intermediates under a root with an %s key', (root) => {
  test.each(ALGORITHMS)('and an %s key of their own', async (intermediate) => {
    const { issuer } = await anAuthority({ root, intermediate });
    expectAccepted(await judges.everybody(await mint(issuer)));
  });
});

describe('the judges do judge', () => {
  const exhibit = anAuthority().then(({ issuer }) => mint(issuer));

  test('a chain under a foreign root is refused by all', async () => {
    const { trustDomain } = await exhibit;
    const day = 86_400_000;
    const options = { trustDomain, algorithm: 'ECDSA-P256', notBefore: NOW - day, notAfter: NOW + day } as const;
    const { certificate } = await aRoot(options);
    expectRefused(await judges.everybody({ ...(await exhibit), anchors: [certificate.der] }));
  });

  test('a chain without its intermediate is refused by all', async () => {
    const { chain, ...rest } = await exhibit;
    expectRefused(await judges.everybody({ ...rest, chain: chain.slice(0, 1) }));
  });

  test('a chain with one wrong bit in the signature of the leaf is refused by all', async () => {
    expectRefused(await judges.everybody(withWrongBit(await exhibit, 0)));
  });

  test('a chain with one wrong bit in the signature of the intermediate is refused by all', async () => {
    expectRefused(await judges.everybody(withWrongBit(await exhibit, 1)));
  });

  test('a key of another certificate is not loaded by go-spiffe', async () => {
    const { issuer } = await anAuthority();
    const { key: foreign } = await mint(issuer);
    const { key: _own, ...rest } = await exhibit;
    const verdicts = await judges.go({ ...rest, ...(foreign === undefined ? {} : { key: foreign }) }, ['spiffe']);
    expect(verdicts['spiffe-load']).toMatch(/does not match private key/u);
  });
});

function withWrongBit(exhibit: Exhibit, at: number): Exhibit {
  const chain = exhibit.chain.map((der) => Uint8Array.from(der));
  const der = chain[at] ?? new Uint8Array(1);
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return { ...exhibit, chain };
}
