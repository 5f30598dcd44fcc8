// SPDX-License-Identifier: Apache-2.0
/**
 * Points on and off the NIST curves, as OpenSSL sees them.
 * @module
 */
import { ECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isOnCurve } from '../../../src/pki/curve.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';

describe('isOnCurve', () => {
  it.each([
    ['ECDSA-P256', 'prime256v1', 65],
    ['ECDSA-P384', 'secp384r1', 97],
  ] as const)('agrees with OpenSSL about points of %s', async (algorithm, curve, size) => {
    for (let round = 0; round < 50; round++) {
      const point = Buffer.from((await generateKeyPair(algorithm)).publicKey.subarray(-size));
      expect(isOnCurve(point, algorithm)).toBe(true);
      const changed = Buffer.from(point);
      const at = 1 + ((round * 7) % (size - 1));
      changed[at] = (changed[at] ?? 0) ^ (1 << (round % 8));
      expect(isOnCurve(changed, algorithm)).toBe(false);
      expect(() => ECDH.convertKey(changed, curve)).toThrow();
      const negated = Buffer.from(ECDH.convertKey(point, curve, undefined, undefined, 'compressed') as Buffer);
      negated[0] = (negated[0] ?? 0) ^ 1;
      expect(isOnCurve(ECDH.convertKey(negated, curve) as Buffer, algorithm)).toBe(true);
      expect(isOnCurve(negated, algorithm)).toBe(false);
    }
  });

  it('takes no coordinate that is not reduced, no other form, no other length', () => {
    expect(isOnCurve(Buffer.from(`04${'ff'.repeat(64)}`, 'hex'), 'ECDSA-P256')).toBe(false);
    expect(isOnCurve(Buffer.alloc(65), 'ECDSA-P256')).toBe(false);
    expect(isOnCurve(Buffer.of(4), 'ECDSA-P256')).toBe(false);
    // x = 0 is on P-256; the same x plus the prime is the same point written wrongly.
    const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const zero = Buffer.from(
      ECDH.convertKey(`02${'00'.repeat(32)}`, 'prime256v1', 'hex', undefined, 'uncompressed') as Buffer,
    );
    expect(isOnCurve(zero, 'ECDSA-P256')).toBe(true);
    zero.set(Buffer.from(prime.toString(16), 'hex'), 1);
    expect(isOnCurve(zero, 'ECDSA-P256')).toBe(false);
  });
});
