// SPDX-License-Identifier: Apache-2.0
/**
 * The bundle document against the rules of the standard: SPIFFE Trust Domain and Bundle 4, X509-SVID 6.1. Rules for
 * whoever reads a document (B-3, B-8, B-13) have nothing to hold here: Signet writes documents and reads none.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { type BundleAuthority, formatBundle, REFRESH_HINT_SECONDS } from '../../../src/spiffe/bundle.ts';

const EC: BundleAuthority = { certificate: 'QkFTRTY0+/==', publicKey: { kty: 'EC', crv: 'P-256', x: 'eHg', y: 'eXk' } };
const OKP: BundleAuthority = { certificate: 'QUFBQQ==', publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'eHg' } };
const RSA: BundleAuthority = { certificate: 'Q0NDQw==', publicKey: { kty: 'RSA', n: 'bm4', e: 'AQAB' } };

interface Document {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly spiffe_sequence: number;
}

function documentOf(authorities: readonly BundleAuthority[], sequence = 1_700_000_000): Document {
  return JSON.parse(formatBundle({ authorities, sequence })) as Document;
}

describe('a bundle document', () => {
  it('is a JWK Set with the members of the standard and no other (B-1), and without the trust domain (B-12)', () => {
    expect(Object.keys(documentOf([EC])).toSorted()).toEqual(['keys', 'spiffe_refresh_hint', 'spiffe_sequence']);
  });

  it('has keys even where there is none (B-2), so that nothing is trusted (B-3)', () => {
    expect(documentOf([]).keys).toEqual([]);
  });

  it.each([0, 1_700_000_000, Number.MAX_SAFE_INTEGER])('has the sequence %d as a whole number (B-4)', (sequence) => {
    expect(formatBundle({ authorities: [EC], sequence })).toMatch(new RegExp(`"spiffe_sequence": ${sequence},`));
  });

  it('has a refresh hint in whole seconds (B-5)', () => {
    expect(documentOf([EC])).toHaveProperty('spiffe_refresh_hint', REFRESH_HINT_SECONDS);
    expect(Number.isInteger(REFRESH_HINT_SECONDS) && REFRESH_HINT_SECONDS > 0).toBe(true);
  });

  it('names type and use of each key (B-6)', () => {
    for (const key of documentOf([EC, OKP, RSA]).keys)
      expect(key).toMatchObject({ kty: expect.any(String), use: 'x509-svid' });
  });

  it('has one entry a root, each with exactly one certificate in base64 and no kid (B-7, B-9, B-10)', () => {
    const { keys } = documentOf([EC, OKP, RSA]);
    expect(keys.map(({ x5c }) => x5c)).toEqual([[RSA.certificate], [OKP.certificate], [EC.certificate]]);
    for (const key of keys) expect(key).not.toHaveProperty('kid');
  });

  it('fills in the public key of every kind', () => {
    const { keys } = documentOf([EC, OKP, RSA]);
    expect(keys).toMatchObject([RSA.publicKey, OKP.publicKey, EC.publicKey]);
    expect(keys.map((key) => Object.keys(key).length)).toEqual([5, 5, 6]);
  });

  it('is the same text in whatever order the roots come, and ends its last line', () => {
    const text = formatBundle({ authorities: [EC, OKP, RSA], sequence: 1 });
    expect(formatBundle({ authorities: [RSA, EC, OKP], sequence: 1 })).toBe(text);
    expect(text.endsWith('}\n')).toBe(true);
  });
});
