// SPDX-License-Identifier: Apache-2.0
/**
 * DER reader, strict where BER is generous: one way to write a value, no indefinite lengths, no bytes left over.
 * It walks forward only, so its work is bounded by the input; every refusal is a SignetError ERR_DER.
 * @module
 */
import { SignetError } from '../errors.ts';
import type { Instant } from '../time.ts';
import { TAG } from './der.ts';

/** A place in a piece of DER, and where that piece ends. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

export function derError(problem: string): SignetError {
  return new SignetError('ERR_DER', problem);
}

export function cursorOver(bytes: Uint8Array): Cursor {
  return { bytes, at: 0, end: bytes.length };
}

export function atEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.end;
}

/** Throws unless everything was read. */
export function expectEnd(cursor: Cursor): void {
  if (cursor.at !== cursor.end) throw derError('there are bytes left over after a value');
}

/** The tag octet of the next element, undefined at the end. */
export function nextTag(cursor: Cursor): number | undefined {
  return atEnd(cursor) ? undefined : cursor.bytes[cursor.at];
}

/** Steps over the next element, which must have this tag, and returns a cursor over its content. */
export function enter(cursor: Cursor, tag: number): Cursor {
  const found = nextTag(cursor);
  if (found !== tag) {
    throw derError(`found ${found === undefined ? 'the end' : `tag ${hex(found)}`} where tag ${hex(tag)} belongs`);
  }
  return enterAny(cursor);
}

/** Steps over the next element, whatever its tag, and returns a cursor over its content. */
export function enterAny(cursor: Cursor): Cursor {
  if (((cursor.bytes[cursor.at] ?? 0) & 0x1f) === 0x1f) throw derError('a tag has more than one byte');
  const { length, header } = lengthAt(cursor);
  const start = cursor.at + header;
  if (length > cursor.end - start) throw derError('a value is cut short');
  cursor.at = start + length;
  return { bytes: cursor.bytes, at: start, end: cursor.at };
}

function lengthAt(cursor: Cursor): { length: number; header: number } {
  if (cursor.end - cursor.at < 2) throw derError('a value is cut short');
  const first = cursor.bytes[cursor.at + 1] ?? 0;
  if (first < 0x80) return { length: first, header: 2 };
  const count = first & 0x7f;
  if (count === 0) throw derError('a length is indefinite');
  if (count > 3) throw derError('a length is out of bounds');
  if (cursor.end - cursor.at < 2 + count) throw derError('a value is cut short');
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (cursor.bytes[cursor.at + 2 + i] ?? 0);
  if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw derError('a length is not in its shortest form');
  return { length, header: 2 + count };
}

/** The content octets of the next element. */
export function content(cursor: Cursor, tag: number): Uint8Array {
  const inner = enter(cursor, tag);
  return inner.bytes.subarray(inner.at, inner.end);
}

/** The next element as it stands, tag and length included. */
export function whole(cursor: Cursor, tag: number): Uint8Array {
  const start = cursor.at;
  enter(cursor, tag);
  return cursor.bytes.subarray(start, cursor.at);
}

/** A BOOLEAN that stands only where it is true, because its default is false (X.690 11.5). */
export function optionalTrue(cursor: Cursor): boolean {
  if (nextTag(cursor) !== TAG.BOOLEAN) return false;
  const value = content(cursor, TAG.BOOLEAN);
  if (value.length !== 1 || value[0] !== 0xff) throw derError('a boolean is not an explicit TRUE');
  return true;
}

/** The two's complement octets of an INTEGER, in the shortest form. */
export function integer(cursor: Cursor, tag: number = TAG.INTEGER): Uint8Array {
  const value = content(cursor, tag);
  const [first, second = 0] = value;
  if (first === undefined) throw derError('an integer is empty');
  const padded = value.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (padded) throw derError('an integer is not in its shortest form');
  return value;
}

/** A small non-negative INTEGER (at most 2^23 - 1). */
export function smallInteger(cursor: Cursor): number {
  const value = integer(cursor);
  if (value.length > 3 || (value[0] ?? 0x80) >= 0x80) throw derError('an integer is out of bounds');
  return value.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The octets of a BIT STRING without unused bits. */
export function wholeBits(cursor: Cursor): Uint8Array {
  const value = content(cursor, TAG.BIT_STRING);
  if (value[0] !== 0) throw derError('a bit string is not made of whole bytes');
  return value.subarray(1);
}

/** The numbers of the bits that are set in a BIT STRING with named bits: no zero bit at its end (X.690 11.2.2). */
export function namedBits(cursor: Cursor): number[] {
  const value = content(cursor, TAG.BIT_STRING);
  const unused = value[0] ?? 8;
  const last = value.at(-1) ?? 0;
  if (unused > 7 || value.length < 2 || last % 2 ** (unused + 1) !== 2 ** unused) {
    throw derError('a bit string is empty or not in its shortest form');
  }
  const bits: number[] = [];
  for (let bit = 0; bit < (value.length - 1) * 8; bit++) {
    if (((value[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
}

/** The dotted form of an OBJECT IDENTIFIER with arcs below 2^49; larger ones exist and have no place in our certificates. */
export function dottedOID(cursor: Cursor): string {
  const value = content(cursor, TAG.OID);
  if (value.length > 64) throw derError('an object identifier is out of bounds');
  if ((value.at(-1) ?? 0x80) >= 0x80) throw derError('an object identifier is cut short');
  let dotted = '';
  let arc = 0;
  for (const octet of value) {
    if (arc === 0 && octet === 0x80) throw derError('an object identifier is not in its shortest form');
    arc = arc * 128 + (octet & 0x7f);
    if (arc > 2 ** 49) throw derError('an object identifier is out of bounds');
    if (octet >= 0x80) continue;
    dotted += dotted === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  return dotted;
}

/** The first two arcs share one number (X.690 8.19.4). */
function firstArcs(both: number): string {
  const top = Math.min(Math.floor(both / 40), 2);
  return `${top}.${both - top * 40}`;
}

const UTC_TIME = /^\d{12}Z$/u;
const GENERALIZED_TIME = /^\d{14}Z$/u;

/** A Time in whole seconds, Zulu, in the form its year asks for (RFC 5280 4.1.2.5). */
export function time(cursor: Cursor): Instant {
  const short = nextTag(cursor) === TAG.UTC_TIME;
  const text = asciiText(content(cursor, short ? TAG.UTC_TIME : TAG.GENERALIZED_TIME));
  if (!(short ? UTC_TIME : GENERALIZED_TIME).test(text)) throw derError('a time is malformed');
  const digits = short ? `${text < '50' ? '20' : '19'}${text}` : text;
  if (!short && digits < '2050') throw derError('a time before 2050 is not a UTCTime');
  return instantOf(digits);
}

/** Of `YYYYMMDDHHMMSS`. */
function instantOf(digits: string): Instant {
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = [4, 6, 8, 10, 12].map((at) =>
    Number(digits.slice(at, at + 2)),
  );
  const instant = Date.UTC(Number(digits.slice(0, 4)), month - 1, day, hour, minute, second);
  const date = new Date(instant);
  // Date.UTC carries the 31st of June over into July.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!exists || minute > 59 || second > 59) throw derError('a time does not exist');
  return instant;
}

/** Text of octets that must all be ASCII. */
export function asciiText(octets: Uint8Array): string {
  for (const octet of octets) if (octet >= 0x80) throw derError('a string is not ASCII');
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}
