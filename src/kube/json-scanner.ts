// SPDX-License-Identifier: Apache-2.0
/**
 * Finds its way through JSON (RFC 8259) octet by octet, strictly, without making anything of it: where a value begins
 * and ends. For answers of which parts must not become strings.
 * @module
 */
import { SignetError } from '../errors.ts';

/** A place in the octets; every function moves it on. What is not as it should be throws ERR_KUBE_PROTOCOL. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** Deeper than any object of the Kubernetes API; bounds the stack. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LETTER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Below it stand the control characters, which a string must escape. */
const FIRST_PRINTABLE = 0x20;

const SPACES = Buffer.from(' \t\n\r');
const ESCAPES = Buffer.from('"\\/bfnrt');
const EXPONENTS = Buffer.from('eE');
const SIGNS = Buffer.from('+-');
const DIGITS = Buffer.from('0123456789');
const HEX_DIGITS = Buffer.from('0123456789abcdefABCDEF');
const NULL = Buffer.from('null');
const WORDS = [Buffer.from('true'), Buffer.from('false'), NULL];

/** The error for the place the cursor is at. It quotes nothing: what stands there may be a key. */
export function broken(cursor: Cursor, problem: string): SignetError {
  return new SignetError('ERR_KUBE_PROTOCOL', `the answer is not as it should be at byte ${cursor.at}: ${problem}`);
}

/**
 * Goes through the members of the object at the cursor. `visit` is called in front of each value, which it must pass,
 * with the octets of the name, quotes included.
 */
export function eachMember(cursor: Cursor, visit: (name: Buffer) => void): void {
  pass(cursor, OPEN_OBJECT, 'an object was expected');
  skipSpace(cursor);
  if (passed(cursor, CLOSE_OBJECT)) return;
  do {
    skipSpace(cursor);
    const name = stringAt(cursor);
    skipSpace(cursor);
    pass(cursor, COLON, 'a colon was expected');
    skipSpace(cursor);
    visit(name);
    skipSpace(cursor);
  } while (passed(cursor, COMMA));
  pass(cursor, CLOSE_OBJECT, 'an object does not end');
}

/** The octets of the string at the cursor, quotes included; not a copy. */
export function stringAt(cursor: Cursor): Buffer {
  const start = cursor.at;
  skipString(cursor);
  return cursor.bytes.subarray(start, cursor.at);
}

/** The octets of the value at the cursor, of whatever kind; not a copy. JSON.parse takes them. */
export function valueAt(cursor: Cursor): Buffer {
  const start = cursor.at;
  skipValue(cursor, 0);
  return cursor.bytes.subarray(start, cursor.at);
}

export function skipSpace(cursor: Cursor): void {
  while (isOneOf(SPACES, cursor.bytes[cursor.at])) cursor.at += 1;
}

/** Passes `null` where it stands, and tells whether it did. */
export function passedNull(cursor: Cursor): boolean {
  return passedWord(cursor, NULL);
}

function skipValue(cursor: Cursor, depth: number): void {
  if (depth > MAX_DEPTH) throw broken(cursor, 'nested too deep');
  switch (cursor.bytes[cursor.at] ?? 0) {
    case OPEN_OBJECT:
      return eachMember(cursor, () => skipValue(cursor, depth + 1));
    case OPEN_LIST:
      return skipList(cursor, depth);
    case QUOTE:
      return skipString(cursor);
    default:
      if (!WORDS.some((word) => passedWord(cursor, word))) skipNumber(cursor);
  }
}

function skipList(cursor: Cursor, depth: number): void {
  pass(cursor, OPEN_LIST, 'a list was expected');
  skipSpace(cursor);
  if (passed(cursor, CLOSE_LIST)) return;
  do {
    skipSpace(cursor);
    skipValue(cursor, depth + 1);
    skipSpace(cursor);
  } while (passed(cursor, COMMA));
  pass(cursor, CLOSE_LIST, 'a list does not end');
}

function skipString(cursor: Cursor): void {
  pass(cursor, QUOTE, 'a string was expected');
  while (!passed(cursor, QUOTE)) {
    if (passed(cursor, BACKSLASH)) {
      skipEscape(cursor);
      continue;
    }
    if ((cursor.bytes[cursor.at] ?? 0) < FIRST_PRINTABLE) throw broken(cursor, 'a string does not end');
    cursor.at += 1;
  }
}

function skipEscape(cursor: Cursor): void {
  if (!passed(cursor, LETTER_U)) {
    passOneOf(cursor, ESCAPES, 'an unknown escape');
    return;
  }
  for (let digit = 0; digit < 4; digit += 1) passOneOf(cursor, HEX_DIGITS, 'an escape without its four digits');
}

function skipNumber(cursor: Cursor): void {
  passed(cursor, MINUS);
  if (!passed(cursor, ZERO)) skipDigits(cursor);
  if (passed(cursor, POINT)) skipDigits(cursor);
  if (!isOneOf(EXPONENTS, cursor.bytes[cursor.at])) return;
  cursor.at += 1;
  if (isOneOf(SIGNS, cursor.bytes[cursor.at])) cursor.at += 1;
  skipDigits(cursor);
}

function skipDigits(cursor: Cursor): void {
  passOneOf(cursor, DIGITS, 'a value was expected');
  while (isOneOf(DIGITS, cursor.bytes[cursor.at])) cursor.at += 1;
}

function passedWord(cursor: Cursor, word: Buffer): boolean {
  const end = cursor.at + word.length;
  if (!cursor.bytes.subarray(cursor.at, end).equals(word)) return false;
  cursor.at = end;
  return true;
}

function passed(cursor: Cursor, octet: number): boolean {
  if (cursor.bytes[cursor.at] !== octet) return false;
  cursor.at += 1;
  return true;
}

function pass(cursor: Cursor, octet: number, problem: string): void {
  if (!passed(cursor, octet)) throw broken(cursor, problem);
}

function passOneOf(cursor: Cursor, octets: Buffer, problem: string): void {
  if (!isOneOf(octets, cursor.bytes[cursor.at])) throw broken(cursor, problem);
  cursor.at += 1;
}

function isOneOf(octets: Buffer, octet: number | undefined): boolean {
  return octet !== undefined && octets.includes(octet);
}
