// SPDX-License-Identifier: Apache-2.0
/**
 * Spreads renewals, and recognizes input that is as it was. What somebody else may have stored is recognized by a
 * cryptographic hash: whoever edits a ca.crt must not find another text that counts as ours.
 * @module
 */
import { sha256 } from './sha256.ts';

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

/** Not cryptographic: only the spread matters. A value in [0, 1) that depends on `text` alone: the place of an identity in its renewal window (design rule 8). */
export function unitInterval(text: string): number {
  return hash32(text, 0x811c9dc5) / 2 ** 32;
}

/** 32 hexadecimal digits that stand for the given parts, in order; parts are framed, so ['ab','c'] is not ['a','bc']. */
export function digest(parts: readonly (string | undefined)[]): string {
  const framed = parts.map((part) => (part === undefined ? '-' : `${part.length}:${part}`)).join('|');
  return sha256(codeUnits(framed)).slice(0, 32);
}

/** One octet for each code unit where that is enough, else two; the first octet says which. */
function codeUnits(text: string): Uint8Array {
  const octets = new Uint8Array(1 + text.length);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return wideCodeUnits(text);
    octets[1 + i] = unit;
  }
  return octets;
}

function wideCodeUnits(text: string): Uint8Array {
  const octets = new Uint8Array(1 + text.length * 2);
  octets[0] = 1;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    octets[1 + i * 2] = unit >> 8;
    octets[2 + i * 2] = unit & 0xff;
  }
  return octets;
}
