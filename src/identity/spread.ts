// SPDX-License-Identifier: Apache-2.0
/**
 * Spreads what would otherwise happen to many identities at the same time. Not cryptographic: only the spread matters.
 * @module
 */

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hash32(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i += 1) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(h ^ text.length);
}

/** A value in [0, 1) that depends on `text` alone: the place of an identity in its renewal window (design rule 8). */
export function unitInterval(text: string): number {
  return hash32(text, 0x811c9dc5) / 2 ** 32;
}
