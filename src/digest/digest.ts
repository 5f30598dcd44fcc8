// SPDX-License-Identifier: Apache-2.0
/**
 * Recognizes input that is as it was. What somebody else may have stored is recognized by a cryptographic hash: whoever
 * edits a ca.crt must not find another text that counts as ours.
 * @module
 */
import { sha256 } from './sha256.ts';

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
