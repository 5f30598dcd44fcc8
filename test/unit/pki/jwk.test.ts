// SPDX-License-Identifier: Apache-2.0
/**
 * Public keys as JSON Web Keys: every algorithm, coordinates of full length, and keys that are none.
 * @module
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publicKeyJWK } from '../../../src/pki/jwk.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';
import type { KeyAlgorithm } from '../../../src/spiffe/svid.ts';

const MEMBERS: Readonly<Record<KeyAlgorithm, readonly string[]>> = {
  'ECDSA-P256': ['crv', 'kty', 'x', 'y'],
  'ECDSA-P384': ['crv', 'kty', 'x', 'y'],
  Ed25519: ['crv', 'kty', 'x'],
  'RSA-2048': ['e', 'kty', 'n'],
  'RSA-3072': ['e', 'kty', 'n'],
};

describe('a public key as JWK', () => {
  it.each(Object.entries(MEMBERS))('%s has its members and is the same key', async (algorithm, members) => {
    const { publicKey } = await generateKeyPair(algorithm as KeyAlgorithm);
    const jwk = publicKeyJWK(publicKey);
    expect(Object.keys(jwk).toSorted()).toEqual(members);
    const back = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    expect(Buffer.compare(back, publicKey)).toBe(0);
  });

  it('keeps leading zero octets of coordinates (RFC 7518 6.2.1.2)', async () => {
    for (let i = 0; i < 600; i += 1) {
      const jwk = publicKeyJWK((await generateKeyPair('ECDSA-P256')).publicKey);
      if (jwk.kty === 'EC') expect([jwk.x.length, jwk.y.length]).toEqual([43, 43]);
    }
  });

  it('takes the larger keys of imported roots', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
    expect(publicKeyJWK(publicKey.export({ format: 'der', type: 'spki' }))).toMatchObject({ kty: 'EC', crv: 'P-521' });
  });

  it('refuses what is no key', () => {
    expect(() => publicKeyJWK(new Uint8Array(32))).toThrow(expect.objectContaining({ code: 'ERR_DER' }));
  });
});
