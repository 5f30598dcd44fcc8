// SPDX-License-Identifier: Apache-2.0
/**
 * Serial numbers: random, so that two replicas never need to agree on one.
 * @module
 */
import { randomFillSync } from 'node:crypto';

const SIZE = 16;

// Drawn ahead, sixty-four at a time: a call to the generator costs a tenth of a whole issuance.
const drawn = new Uint8Array(64 * SIZE);
let used = drawn.length;

/**
 * 16 octets from the CSPRNG, the first between 0x40 and 0x7f: always positive, always the same length, 126 random
 * bits (RFC 5280 4.1.2.2 allows up to 20 octets).
 */
export function randomSerialNumber(): Uint8Array {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const serial = drawn.slice(used, used + SIZE);
  used += SIZE;
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  return serial;
}
