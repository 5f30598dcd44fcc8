// SPDX-License-Identifier: Apache-2.0
/**
 * PEM (RFC 7468), strict: blocks and white space, no text between, no headers, nothing that OpenSSL does not read. It
 * works on bytes, so that a private key is never a string.
 * @module
 */

import { decodeBase64, encodeBase64 } from '../base64.ts';
import { SignetError } from '../errors.ts';
import { TAG } from './der.ts';
import { cursorOver, enter, expectEnd } from './der-reader.ts';

export type PEMLabel = 'CERTIFICATE' | 'PRIVATE KEY';
/** Key files of one algorithm each, which others write (RFC 8017 A.1.2, RFC 5915). */
export type ForeignKeyLabel = 'RSA PRIVATE KEY' | 'EC PRIVATE KEY';

const LINE_LENGTH = 64;
const NEWLINE = 0x0a;
/** OpenSSL reads so much of a line at once, and takes blanks that fill it for an empty line. */
const CHUNK_LENGTH = 254;
const MAX_SIZE = 1024 * 1024;
/** Of a private key; the largest of ours, RSA-3072, has about 2500. */
const MAX_KEY_SIZE = 8 * 1024;
const MAX_BLOCKS = 100;

function boundary(kind: 'BEGIN' | 'END', label: PEMLabel | ForeignKeyLabel): Buffer {
  return Buffer.from(`-----${kind} ${label}-----`, 'latin1');
}

/** One PEM block, with a newline at its end, in a Buffer of its own that the holder of a key zeroes. */
export function encodePEM(label: PEMLabel, der: Uint8Array): Buffer {
  const begin = boundary('BEGIN', label);
  const end = boundary('END', label);
  const base64 = encodeBase64(der);
  const out = Buffer.alloc(begin.length + end.length + base64.length + Math.ceil(base64.length / LINE_LENGTH) + 2);
  let at = begin.copy(out);
  out[at++] = NEWLINE;
  for (let from = 0; from < base64.length; from += LINE_LENGTH) {
    at += base64.copy(out, at, from, from + LINE_LENGTH);
    out[at++] = NEWLINE;
  }
  at += end.copy(out, at);
  out[at] = NEWLINE;
  base64.fill(0);
  return out;
}

/** The certificates of a PEM file in their order, at least one. Throws ERR_PEM; the DER itself is not looked at. */
export function parseCertificatesPEM(text: string | Buffer): Uint8Array[] {
  return parseBlocks(typeof text === 'string' ? Buffer.from(text, 'utf8') : text, 'CERTIFICATE', MAX_SIZE);
}

/** The PKCS#8 DER of the one private key in a PEM file, in a Buffer the holder zeroes. Throws ERR_PEM. */
export function parsePrivateKeyPEM(text: Buffer): Buffer {
  return parseOneKey(text, 'PRIVATE KEY', 'PKCS#8');
}

/** The same for the DER inside a key file of another form. */
export function parseForeignKeyPEM(text: Buffer, label: ForeignKeyLabel): Buffer {
  return parseOneKey(text, label, label);
}

function parseOneKey(text: Buffer, label: PEMLabel | ForeignKeyLabel, form: string): Buffer {
  const [key, ...others] = parseBlocks(text, label, MAX_KEY_SIZE);
  if (key !== undefined && others.length === 0 && isOneSequence(key)) return key;
  for (const block of [key, ...others]) block?.fill(0);
  throw new SignetError('ERR_PEM', `the private key is not exactly one ${form} key`);
}

function isOneSequence(der: Buffer): boolean {
  try {
    const cursor = cursorOver(der);
    enter(cursor, TAG.SEQUENCE);
    expectEnd(cursor);
    return true;
  } catch {
    // The reader's refusal is the answer.
    return false;
  }
}

function parseBlocks(text: Buffer, label: PEMLabel | ForeignKeyLabel, maxSize: number): Buffer[] {
  if (text.length > maxSize) throw new SignetError('ERR_PEM', `a PEM file is larger than ${maxSize} bytes`);
  const blocks: Buffer[] = [];
  try {
    for (const body of bodies(text, label)) {
      if (blocks.length === MAX_BLOCKS)
        throw new SignetError('ERR_PEM', `a PEM file has more than ${MAX_BLOCKS} blocks`);
      blocks.push(decodeBlock(body));
    }
  } catch (error) {
    for (const block of blocks) block.fill(0);
    throw error;
  }
  if (blocks.length === 0) throw new SignetError('ERR_PEM', `a PEM file holds no ${label}`);
  return blocks;
}

/** What stands between the boundaries of each block, in place. */
function* bodies(text: Buffer, label: PEMLabel | ForeignKeyLabel): Generator<Buffer> {
  const begin = boundary('BEGIN', label);
  const end = boundary('END', label);
  let at = skipWhiteSpace(text, 0);
  while (at < text.length) {
    if (!startsWith(text, begin, at))
      throw new SignetError('ERR_PEM', `found no "BEGIN ${label}" where a block begins`);
    const close = text.indexOf(end, at + begin.length);
    if (close === -1) throw new SignetError('ERR_PEM', `a PEM block has no "END ${label}"`);
    if (!standsAlone(text, at, begin.length) || !standsAlone(text, close, end.length))
      throw new SignetError('ERR_PEM', `"BEGIN ${label}" or "END ${label}" is not a line of its own`);
    yield text.subarray(at + begin.length, close);
    at = skipWhiteSpace(text, close + end.length);
  }
}

/** Whether it begins a line, with nothing but white space behind it. */
function standsAlone(text: Buffer, at: number, length: number): boolean {
  if (at > 0 && text[at - 1] !== NEWLINE) return false;
  const next = text.indexOf(NEWLINE, at + length);
  const rest = text.subarray(at + length, next === -1 ? text.length : next);
  return length + rest.length < CHUNK_LENGTH && rest.every(isWhiteSpace);
}

function decodeBlock(body: Buffer): Buffer {
  const base64 = Buffer.alloc(body.length);
  let length = 0;
  for (const octet of body) if (!isWhiteSpace(octet)) base64[length++] = octet;
  const der = isLaidOut(body) ? decodeBase64(base64.subarray(0, length)) : undefined;
  base64.fill(0);
  if (der === undefined || der.length === 0)
    throw new SignetError(
      'ERR_PEM',
      'a PEM block is empty, has an empty line or uneven lines behind one, or is not base64',
    );
  return der;
}

/**
 * Whether OpenSSL reads such lines. One empty line behind the boundary ends headers that are not there; behind headers each
 * line is full but the last (RFC 1421 4.3.2.4).
 */
function isLaidOut(body: Buffer): boolean {
  const first = body.indexOf(NEWLINE) + 1;
  let hasHeaders = false;
  let before = LINE_LENGTH;
  for (let at = first, end = 0; at < body.length; at = end + 1) {
    end = body.indexOf(NEWLINE, at);
    const length = lineLength(body.subarray(at, end));
    if (at === first && length === 0) {
      hasHeaders = true;
      continue;
    }
    if (length === undefined || length === 0) return false;
    if (hasHeaders && (length > LINE_LENGTH || before < LINE_LENGTH)) return false;
    before = length;
  }
  return true;
}

/** Without the white space at its end; undefined where so much is before it that OpenSSL takes that for an empty line. */
function lineLength(line: Buffer): number | undefined {
  const begin = line.findIndex((octet) => !isWhiteSpace(octet));
  if (begin >= CHUNK_LENGTH) return undefined;
  return line.findLastIndex((octet) => !isWhiteSpace(octet)) + 1;
}

function startsWith(text: Buffer, prefix: Buffer, at: number): boolean {
  return text.compare(prefix, 0, prefix.length, at, Math.min(at + prefix.length, text.length)) === 0;
}

function skipWhiteSpace(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && isWhiteSpace(text[at] ?? 0)) at++;
  return at;
}

function isWhiteSpace(octet: number): boolean {
  return octet === NEWLINE || octet === 0x0d || octet === 0x20 || octet === 0x09;
}
