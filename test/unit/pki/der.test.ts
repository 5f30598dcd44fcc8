// SPDX-License-Identifier: Apache-2.0
/**
 * The bytes the DER writer puts down, by X.690 and RFC 5280.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import {
  bitString,
  element,
  objectIdentifier,
  sequence,
  time,
  unsignedInteger,
  utf8String,
} from '../../../src/pki/der.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('lengths take their shortest form', () => {
  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_535, '0482ffff'],
    [65_536, '0483010000'],
  ])('%d octets', (length, header) => {
    const bytes = element(0x04, new Uint8Array(length));
    expect(hex(bytes.subarray(0, header.length / 2))).toBe(header);
    expect(bytes).toHaveLength(header.length / 2 + length);
  });
});

describe('integers are positive and shortest', () => {
  it.each([
    ['00', '020100'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['0001', '020101'],
    ['00ff', '020200ff'],
    ['000080', '02020080'],
    ['0100', '02020100'],
  ])('%s', (magnitude, expected) => {
    expect(hex(unsignedInteger(Buffer.from(magnitude, 'hex')))).toBe(expected);
  });
});

describe('object identifiers', () => {
  it.each([
    ['2.5.29.15', '0603551d0f'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['1.3.101.112', '06032b6570'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
  ])('%s', (dotted, expected) => {
    expect(hex(objectIdentifier(dotted))).toBe(expected);
  });
});

describe('times', () => {
  it.each([
    ['2049-12-31T23:59:59Z', `170d${Buffer.from('491231235959Z').toString('hex')}`],
    ['2050-01-01T00:00:00Z', `180f${Buffer.from('20500101000000Z').toString('hex')}`],
    ['1950-01-01T00:00:00Z', `170d${Buffer.from('500101000000Z').toString('hex')}`],
    ['2026-06-15T12:00:00.999Z', `170d${Buffer.from('260615120000Z').toString('hex')}`],
    ['9999-12-31T23:59:59Z', `180f${Buffer.from('99991231235959Z').toString('hex')}`],
  ])('%s is a UTCTime through 2049 and a GeneralizedTime after', (iso, expected) => {
    expect(hex(time(Date.parse(iso)))).toBe(expected);
  });

  it.each([Date.UTC(1949, 11, 31), Date.UTC(9999, 11, 31, 23, 59, 60), Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d, which no certificate can carry',
    (instant) => {
      expect(() => time(instant)).toThrow(expect.toSatisfy((error) => isSignetError(error, 'ERR_INVARIANT')));
    },
  );
});

it('nests parts in their order', () => {
  expect(hex(sequence(utf8String('é'), bitString(Uint8Array.of(0xff))))).toBe('30080c02c3a9030200ff');
});
