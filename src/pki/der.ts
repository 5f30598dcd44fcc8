// SPDX-License-Identifier: Apache-2.0
/**
 * DER writer: just the ASN.1 types that certificates and keys of our profile are made of (X.690).
 * @module
 */
import { SignetError } from '../errors.ts';
import type { Instant } from '../time.ts';

export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** Tag octet of a context-specific type: `[n] IMPLICIT` over a primitive type. */
export function contextPrimitive(n: number): number {
  return 0x80 | n;
}

/** Tag octet of a context-specific type that holds other elements: `[n] EXPLICIT`, or `[n] IMPLICIT` over a SEQUENCE. */
export function contextConstructed(n: number): number {
  return 0xa0 | n;
}

/** One element: tag, shortest length, then the parts one after the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
  // Out of the shared pool, which is many times faster than memory of its own. Nothing secret is written here.
  const out = Buffer.allocUnsafe(header + length);
  out[0] = tag;
  if (header === 2) {
    out[1] = length;
  } else {
    out[1] = 0x80 | (header - 2);
    for (let i = header - 1, rest = length; i > 1; i--, rest >>>= 8) out[i] = rest & 0xff;
  }
  let at = header;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.SEQUENCE, ...parts);
}

export function octetString(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.OCTET_STRING, ...parts);
}

const NO_UNUSED_BITS = Uint8Array.of(0);

/** A BIT STRING of whole octets. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(TAG.BIT_STRING, NO_UNUSED_BITS, bytes);
}

/** A non-negative INTEGER from its big-endian octets, in the shortest form. */
export function unsignedInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  return (digits[0] ?? 0x80) < 0x80 ? element(TAG.INTEGER, digits) : element(TAG.INTEGER, NO_UNUSED_BITS, digits);
}

export const TRUE: Uint8Array = element(TAG.BOOLEAN, Uint8Array.of(0xff));
export const NULL: Uint8Array = element(TAG.NULL);

export function utf8String(text: string): Uint8Array {
  return element(TAG.UTF8_STRING, Buffer.from(text, 'utf8'));
}

/** The octets of text that is known to be ASCII (an IA5String under any tag). */
export function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const base128 = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) base128.unshift(0x80 | (left & 0x7f));
    octets.push(...base128);
  }
  return element(TAG.OID, Uint8Array.from(octets));
}

/**
 * A Time: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). Fractions of a second are cut off.
 * Throws ERR_INVARIANT outside of the years 1950 to 9999.
 */
export function time(instant: Instant): Uint8Array {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  if (!(year >= 1950 && year <= 9999)) {
    throw new SignetError('ERR_INVARIANT', `no certificate can carry the time ${instant}`);
  }
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  const [hour, minute, second] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const rest = [month, day, hour, minute, second];
  if (year < 2050) return element(TAG.UTC_TIME, pairsOfDigits([year % 100, ...rest]));
  return element(TAG.GENERALIZED_TIME, pairsOfDigits([Math.floor(year / 100), year % 100, ...rest]));
}

/** Numbers of two digits and the Z of UTC, in ASCII. */
function pairsOfDigits(numbers: readonly number[]): Uint8Array {
  const text = new Uint8Array(numbers.length * 2 + 1);
  numbers.forEach((number, index) => {
    text[index * 2] = 0x30 + Math.floor(number / 10);
    text[index * 2 + 1] = 0x30 + (number % 10);
  });
  text[numbers.length * 2] = 0x5a;
  return text;
}
