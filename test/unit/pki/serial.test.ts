// SPDX-License-Identifier: Apache-2.0
/**
 * The shape of serial numbers, over more of them than are drawn at a time.
 * @module
 */
import { expect, it } from 'vitest';
import { randomSerialNumber } from '../../../src/pki/serial.ts';

it('are 16 octets, positive, never the same, in memory nobody else writes to', () => {
  const serials = Array.from({ length: 1000 }, randomSerialNumber);
  for (const serial of serials) {
    expect(serial).toHaveLength(16);
    expect((serial[0] ?? 0) >> 6).toBe(1);
  }
  expect(new Set(serials.map((serial) => Buffer.from(serial).toString('hex'))).size).toBe(serials.length);
  // Every one of the 126 free bits takes both values.
  for (let bit = 2; bit < 128; bit++) {
    const ones = serials.filter((serial) => (((serial[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1).length;
    expect(ones).toBeGreaterThan(350);
    expect(ones).toBeLessThan(650);
  }
});
