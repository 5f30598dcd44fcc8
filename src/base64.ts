// SPDX-License-Identifier: Apache-2.0
/**
 * Base64 from Buffer to Buffer. A private key that was once a string stays in the heap until it is collected and can't
 * be overwritten, so keys never take the way through `toString('base64')`.
 * @module
 */

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PAD = 0x3d;
const INVALID = 0xff;
const VALUES = new Uint8Array(256).fill(INVALID);
ALPHABET.forEach((octet, value) => {
  VALUES[octet] = value;
});

/** The base64 text of some octets, padded, without line breaks, in a Buffer of its own that the holder may zero. */
export function encodeBase64(bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(Math.ceil(bytes.length / 3) * 4);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const left = bytes.length - from;
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    out[to] = ALPHABET[group >> 18] ?? 0;
    out[to + 1] = ALPHABET[(group >> 12) & 63] ?? 0;
    out[to + 2] = left > 1 ? (ALPHABET[(group >> 6) & 63] ?? 0) : PAD;
    out[to + 3] = left > 2 ? (ALPHABET[group & 63] ?? 0) : PAD;
  }
  return out;
}

/**
 * The octets of base64 text, in a Buffer of their own; undefined unless the text is the one canonical encoding of
 * them (RFC 4648 3.5: padded, no foreign characters, unused bits zero).
 */
export function decodeBase64(text: Uint8Array): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.at(-1) !== PAD ? 0 : text.at(-2) !== PAD ? 1 : 2;
  const characters = text.length - padding;
  const out = Buffer.alloc((text.length / 4) * 3 - padding);
  let bits = 0;
  let group = 0;
  let at = 0;
  for (let i = 0; i < characters; i++) {
    const value = VALUES[text[i] ?? 0] ?? INVALID;
    if (value === INVALID) return wiped(out);
    group = (group << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = (group >> bits) & 0xff;
    group &= (1 << bits) - 1;
  }
  return group === 0 ? out : wiped(out);
}

function wiped(out: Buffer): undefined {
  out.fill(0);
  return undefined;
}
