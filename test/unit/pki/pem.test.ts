// SPDX-License-Identifier: Apache-2.0
/**
 * PEM and base64: what is written, what is read back, what is refused.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../../src/base64.ts';
import { isSignetError } from '../../../src/errors.ts';
import { encodePEM, parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { watchBuffers } from '../../support/buffer-watch.ts';

const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_PEM'));
const DER = Buffer.concat([Buffer.from([0x30, 99]), Buffer.alloc(99, 7)]);
const KEY = encodePEM('PRIVATE KEY', DER).toString();
const CERTIFICATE = encodePEM('CERTIFICATE', DER).toString();
const EMPTY_LINE = CERTIFICATE.replace('-----\n', '-----\n\n');

describe('encodePEM', () => {
  it('writes lines of 64 characters between its boundaries', () => {
    const lines = CERTIFICATE.split('\n');
    expect(lines[0]).toBe('-----BEGIN CERTIFICATE-----');
    expect(lines.slice(1, -3).every((line) => line.length === 64)).toBe(true);
    expect(lines.slice(-2)).toEqual(['-----END CERTIFICATE-----', '']);
    expect(lines.slice(1, -2).join('')).toBe(DER.toString('base64'));
  });

  it.each([1, 2, 3, 47, 48, 49, 96])('leaves no empty line for %i octets', (length) => {
    const text = encodePEM('CERTIFICATE', Buffer.alloc(length, 1)).toString();
    expect(text).not.toContain('\n\n');
    expect(text).not.toContain('\0');
    expect(parseCertificatesPEM(text)).toEqual([Buffer.alloc(length, 1)]);
  });

  it('answers with memory of its own, so that zeroing it harms nobody', () => {
    const pem = encodePEM('PRIVATE KEY', DER);
    expect(pem.buffer.byteLength).toBe(pem.length);
  });
});

describe('parseCertificatesPEM', () => {
  it('reads a block that begins with one empty line, as OpenSSL does', () => {
    expect(parseCertificatesPEM(EMPTY_LINE)).toEqual([DER]);
    expect(parseCertificatesPEM(EMPTY_LINE.replaceAll('\n', ' \r\n'))).toEqual([DER]);
  });

  it('reads blocks in their order, over any line ends', () => {
    const two = CERTIFICATE + encodePEM('CERTIFICATE', DER.subarray(2)).toString();
    expect(parseCertificatesPEM(two)).toEqual([DER, DER.subarray(2)]);
    expect(parseCertificatesPEM(two.replaceAll('\n', '\r\n'))).toEqual([DER, DER.subarray(2)]);
    expect(parseCertificatesPEM(Buffer.from(`\n\n${two}\n`))).toEqual([DER, DER.subarray(2)]);
    expect(parseCertificatesPEM(two.trimEnd())).toHaveLength(2);
    expect(parseCertificatesPEM(two.replaceAll('\n', ' \t\n'))).toHaveLength(2);
    expect(parseCertificatesPEM(CERTIFICATE.replace('-----\n', '-----\n  '))).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['white space', '\n \n'],
    ['text', 'hello'],
    ['text before', `subject=x\n${CERTIFICATE}`],
    ['text after', `${CERTIFICATE}x`],
    ['a boundary cut short', `${CERTIFICATE}-----BEGIN`],
    ['another label', KEY],
    ['no end', CERTIFICATE.replace('-----END CERTIFICATE-----', '')],
    ['the wrong end', CERTIFICATE.replace('END CERTIFICATE', 'END PRIVATE KEY')],
    ['a misspelled boundary', CERTIFICATE.replace('BEGIN', 'BEGlN')],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['headers', CERTIFICATE.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n')],
    ['padding cut off', CERTIFICATE.replace('=', '')],
    ['a foreign character', CERTIFICATE.replace('-----\n', '-----\n!')],
    ['a zero octet', `${CERTIFICATE}\0`],
    ['a byte order mark', `\uFEFF${CERTIFICATE}`],
    ['a file folded into one line', CERTIFICATE.replaceAll('\n', ' ')],
    ['a file that is indented', CERTIFICATE.replaceAll(/^/gmu, '  ')],
    ['a begin in the line of the base64', CERTIFICATE.replace('-----\n', '-----')],
    ['an end in the line of the base64', CERTIFICATE.replace('\n-----END', '-----END')],
    ['two blocks on one line', CERTIFICATE.trimEnd() + CERTIFICATE],
    ['two empty lines in front of a block', CERTIFICATE.replace('-----\n', '-----\n\n\n')],
    ['an empty line in a block', CERTIFICATE.replace(/(?<=[A-Za-z0-9+/]{64}\n)/u, '\n')],
    ['an empty line at the end of a block', CERTIFICATE.replace('\n-----END', '\n \n-----END')],
    ['a long line behind an empty one', EMPTY_LINE.replace(/([A-Za-z0-9+/]{64})\n/u, '$1')],
    ['a short line behind an empty one', EMPTY_LINE.replace(/([A-Za-z0-9+/]{60})/u, '$1\n')],
    ['white space in a line behind an empty one', EMPTY_LINE.replace(/([A-Za-z0-9+/]{60})/u, '$1\t')],
    ['a boundary with 230 blanks behind it', CERTIFICATE.replace('-----\n', `-----${' '.repeat(230)}\n`)],
    ['a line with 254 blanks before it', CERTIFICATE.replace('-----\n', `-----\n${' '.repeat(254)}`)],
    ['more than a mebibyte', 'x'.repeat(1024 * 1024 + 1)],
    ['more than a hundred blocks', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'.repeat(101)],
  ])('refuses %s', (_name, text) => {
    expect(() => parseCertificatesPEM(text)).toThrow(refusal);
  });
});

describe('parsePrivateKeyPEM', () => {
  it('reads exactly one key into memory of its own', () => {
    const key = parsePrivateKeyPEM(Buffer.from(KEY));
    expect(key).toEqual(DER);
    expect(key.buffer.byteLength).toBe(key.length);
  });

  it.each([
    ['two keys', KEY + KEY],
    ['a certificate', CERTIFICATE],
    ['another kind of key', KEY.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY')],
    ['octets after the key', encodePEM('PRIVATE KEY', Buffer.concat([DER, Buffer.alloc(3)])).toString()],
    ['more than eight kibibytes', KEY + '\n'.repeat(8 * 1024)],
    ['no DER', encodePEM('PRIVATE KEY', Buffer.from('not DER at all')).toString()],
  ])('refuses %s without quoting it', (_name, text) => {
    expect(() => parsePrivateKeyPEM(Buffer.from(text))).toThrow(refusal);
    expect(() => parsePrivateKeyPEM(Buffer.from(text))).not.toThrow(/BwcH/u);
  });

  it.each([
    ['text', 'x'],
    ['another key', KEY],
    ['a key without its end', '-----BEGIN PRIVATE KEY-----\n'],
    ['an empty key', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'],
  ])('leaves no copy of a key that %s follows', (_name, after) => {
    const file = Buffer.from(KEY + after);
    const watch = watchBuffers();
    try {
      expect(() => parsePrivateKeyPEM(file)).toThrow(refusal);
      expect(watch.count).toBeGreaterThan(0);
      expect(watch.holding(DER)).toBe(0);
    } finally {
      watch.stop();
    }
  });
});

describe('base64', () => {
  it.each(['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', '+/+/'])('is read and written as %j', (text) => {
    const bytes = decodeBase64(Buffer.from(text));
    expect(bytes).toEqual(Buffer.from(text, 'base64'));
    expect(encodeBase64(bytes ?? Buffer.from('?')).toString()).toBe(text);
  });

  it.each([
    ['Zg', 'no padding'],
    ['Zg=', 'half a padding'],
    ['Zh==', 'unused bits set'],
    ['Zm9=', 'unused bits set'],
    ['Z===', 'three of padding'],
    ['====', 'padding alone'],
    ['Zg==Zg==', 'padding in the middle'],
    ['Zm9v\n', 'a newline'],
    ['-_-_', 'the URL alphabet'],
    ['Zm9é', 'no ASCII'],
  ])('refuses %j (%s)', (text) => {
    expect(decodeBase64(Buffer.from(text))).toBeUndefined();
  });
});
