// SPDX-License-Identifier: Apache-2.0
/**
 * What the DER reader refuses that BER allows, and what it makes of the rest.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { objectIdentifier } from '../../../src/pki/der.ts';
import {
  asciiText,
  content,
  cursorOver,
  dottedOID,
  enter,
  expectEnd,
  integer,
  namedBits,
  optionalTrue,
  smallInteger,
  time,
  whole,
  wholeBits,
} from '../../../src/pki/der-reader.ts';

function over(hexText: string): ReturnType<typeof cursorOver> {
  return cursorOver(Buffer.from(hexText, 'hex'));
}

const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_DER'));

describe('lengths', () => {
  it.each([
    ['3080', 'indefinite'],
    ['30800000', 'indefinite'],
    ['308100', 'zero in the long form'],
    ['30817f', 'short length in the long form'],
    ['3082007f', 'a leading zero octet'],
    [`308200ff${'00'.repeat(255)}`, 'a leading zero octet'],
    ['308400000001', 'four length octets'],
    ['30ff', 'reserved'],
    ['30', 'no length'],
    ['3081', 'a length cut short'],
    ['308201', 'a length cut short'],
    ['3001', 'content cut short'],
    ['30820100', 'content cut short'],
    ['', 'nothing'],
  ])('refuses %s (%s)', (bytes) => {
    expect(() => enter(over(bytes), 0x30)).toThrow(refusal);
  });

  it('never reads beyond the element it is in', () => {
    const inner = enter(over('3003040100bbbb'), 0x30);
    expect(content(inner, 0x04)).toHaveLength(1);
    expect(() => content(inner, 0xbb)).toThrow(refusal);
    const lying = enter(over('3003040200aabb'), 0x30);
    expect(() => content(lying, 0x04)).toThrow(refusal);
  });
});

describe('tags', () => {
  it('refuses another tag and a tag of several octets', () => {
    expect(() => enter(over('3100'), 0x30)).toThrow(refusal);
    expect(() => enter(over('1f8101'), 0x1f)).toThrow(refusal);
  });

  it('takes what it was told to and leaves the rest', () => {
    const cursor = over('0401aa0401bb');
    expect(Buffer.from(whole(cursor, 0x04)).toString('hex')).toBe('0401aa');
    expect(Buffer.from(content(cursor, 0x04)).toString('hex')).toBe('bb');
    expect(() => {
      expectEnd(cursor);
    }).not.toThrow();
  });

  it('notices what is left over', () => {
    const cursor = over('0401aa00');
    content(cursor, 0x04);
    expect(() => {
      expectEnd(cursor);
    }).toThrow(refusal);
  });
});

describe('booleans', () => {
  it('takes only an explicit TRUE, or its absence', () => {
    expect(optionalTrue(over('0101ff'))).toBe(true);
    expect(optionalTrue(over('0401ff'))).toBe(false);
    expect(optionalTrue(over(''))).toBe(false);
  });

  it.each(['010100', '010101', '0102ffff', '0100'])('refuses %s', (bytes) => {
    expect(() => optionalTrue(over(bytes))).toThrow(refusal);
  });
});

describe('integers', () => {
  it.each(['0200', '02020000', '0202007f', '0202ff80', '0202ffff'])('refuses %s', (bytes) => {
    expect(() => integer(over(bytes))).toThrow(refusal);
  });

  it.each(['020100', '02020080', '0202ff7f', '020180'])('takes %s', (bytes) => {
    expect(Buffer.from(integer(over(bytes))).toString('hex')).toBe(bytes.slice(4));
  });

  it('bounds small ones', () => {
    expect(smallInteger(over('02037fffff'))).toBe(0x7fffff);
    expect(smallInteger(over('020100'))).toBe(0);
    expect(() => smallInteger(over('0201ff'))).toThrow(refusal);
    expect(() => smallInteger(over('02047fffffff'))).toThrow(refusal);
  });
});

describe('bit strings', () => {
  it('takes named bits in their shortest form', () => {
    expect(namedBits(over('03020780'))).toEqual([0]);
    expect(namedBits(over('03020106'))).toEqual([5, 6]);
    expect(namedBits(over('0303070080'))).toEqual([8]);
    expect(namedBits(over('030200ff'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    ['030100', 'no bits'],
    ['0300', 'no octets'],
    ['03020080', 'zero bits at the end'],
    ['03020800', 'eight unused bits'],
    ['0302ff80', 'unused bits out of range'],
    ['03020700', 'no bit set'],
    ['030207c0', 'a set bit among the unused'],
    ['0303000600', 'a zero octet at the end'],
  ])('refuses %s (%s)', (bytes) => {
    expect(() => namedBits(over(bytes))).toThrow(refusal);
  });

  it('takes whole octets only where it asks for them', () => {
    expect(wholeBits(over('030200aa'))).toEqual(Buffer.from([0xaa]));
    expect(() => wholeBits(over('03020780'))).toThrow(refusal);
    expect(() => wholeBits(over('0300'))).toThrow(refusal);
  });
});

describe('object identifiers', () => {
  it.each(['1.2.840.10045.4.3.2', '2.5.29.15', '0.9.2342', '2.999.3', '1.3.6.1.4.1.311.21.8.16777215', '2.0', '1.39'])(
    'reads %s back',
    (dotted) => {
      expect(dottedOID(cursorOver(objectIdentifier(dotted)))).toBe(dotted);
    },
  );

  it.each([
    ['0600', 'empty'],
    ['060180', 'cut short'],
    ['06022a86', 'cut short'],
    ['06032a8001', 'a padded arc'],
    ['060280 01'.replace(' ', ''), 'a padded first arc'],
    [`0641${'01'.repeat(65)}`, 'too long'],
    [`060a2a${'ff'.repeat(8)}7f`, 'an arc out of bounds'],
  ])('refuses %s (%s)', (bytes) => {
    expect(() => dottedOID(over(bytes))).toThrow(refusal);
  });
});

function timeOf(tag: number, text: string): number {
  return time(cursorOver(Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)])));
}

describe('times', () => {
  it.each([
    [0x17, '260615120000Z', '2026-06-15T12:00:00Z'],
    [0x17, '491231235959Z', '2049-12-31T23:59:59Z'],
    [0x17, '500101000000Z', '1950-01-01T00:00:00Z'],
    [0x17, '000229000000Z', '2000-02-29T00:00:00Z'],
    [0x18, '20500101000000Z', '2050-01-01T00:00:00Z'],
    [0x18, '99991231235959Z', '9999-12-31T23:59:59Z'],
  ])('reads %i %s', (tag, text, iso) => {
    expect(timeOf(tag, text)).toBe(Date.parse(iso));
  });

  it.each([
    [0x17, '2606151200Z', 'no seconds'],
    [0x17, '260615120000', 'no zone'],
    [0x17, '260615120000+0100', 'an offset'],
    [0x17, '261315120000Z', 'month 13'],
    [0x17, '260015120000Z', 'month 0'],
    [0x17, '260600120000Z', 'day 0'],
    [0x17, '260631120000Z', 'the 31st of June'],
    [0x17, '250229000000Z', 'the 29th of February 2025'],
    [0x17, '260615240000Z', 'hour 24'],
    [0x17, '260615126000Z', 'minute 60'],
    [0x17, '260615120060Z', 'second 60'],
    [0x17, '26061512000xZ', 'a letter'],
    [0x17, '20260615120000Z', 'four digits of year'],
    [0x18, '20260615120000Z', 'a GeneralizedTime before 2050'],
    [0x18, '20500101000000.5Z', 'a fraction'],
    [0x18, '500101000000Z', 'two digits of year'],
    [0x16, '260615120000Z', 'another tag'],
    [0x17, '', 'nothing'],
  ])('refuses %i %s (%s)', (tag, text) => {
    expect(() => timeOf(tag, text)).toThrow(refusal);
  });
});

it('refuses text that is not ASCII', () => {
  expect(asciiText(Buffer.from('spiffe://td'))).toBe('spiffe://td');
  expect(() => asciiText(Buffer.from('é'))).toThrow(refusal);
});
