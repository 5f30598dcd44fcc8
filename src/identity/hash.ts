// SPDX-License-Identifier: Apache-2.0
/**
 * A small, fast, non-cryptographic hash: spreads renewals and recognises unchanged input. Nothing secret and nothing
 * that an attacker gains from colliding depends on it.
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

/** 16 hexadecimal digits that stand for the given parts, in order; parts are framed, so ['ab','c'] is not ['a','bc']. */
export function digest(parts: readonly (string | undefined)[]): string {
  const framed = parts.map((part) => (part === undefined ? '-' : `${part.length}:${part}`)).join('|');
  return hex(hash32(framed, 0x811c9dc5)) + hex(hash32(framed, 0x3c6ef372));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
