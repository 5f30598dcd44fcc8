// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of the SPIFFE parsers: they answer every text, an accepted text is its own formatting, and what they accept is
 * exactly what one regular expression written from the standard accepts.
 * @module
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSPIFFEID, parseSPIFFEID, serviceAccountID } from '../../../src/spiffe/id.ts';
import { pathProblem } from '../../../src/spiffe/path.ts';
import { parseSPIFFEIDPattern } from '../../../src/spiffe/pattern.ts';
import { parseTrustDomainName } from '../../../src/spiffe/trust-domain.ts';
import { matchesSPIFFEID } from '../../support/matches-spiffe-id.ts';

const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[a-zA-Z0-9._-]+)*$/u;

const trustDomain = fc.stringMatching(/^[a-z0-9._-]{1,40}$/u);
const segment = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/u).filter((text) => text !== '.' && text !== '..');
const path = fc.array(segment, { maxLength: 6 }).map((segments) => segments.map((text) => `/${text}`).join(''));
const id = fc.record({ trustDomain, path });
/** Texts that are almost an ID: an ID with a few characters put in, taken out or replaced. */
const nearID = fc
  .tuple(id.map(formatSPIFFEID), fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.string({ maxLength: 2, unit: 'binary' }))))
  .map(([text, edits]) =>
    edits.reduce((now, [at, removed, added]) => {
      const from = at % (now.length + 1);
      return now.slice(0, from) + added + now.slice(from + removed);
    }, text),
  );
const anyText = fc.oneof(
  nearID,
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.stringMatching(/^spiffe:\/\/[a-zA-Z0-9./_%?#@:*-]*$/u),
);

describe('parseSPIFFEID', () => {
  it('takes every well-formed ID and gives it back byte for byte', () => {
    fc.assert(
      fc.property(id, (value) => {
        expect(parseSPIFFEID(formatSPIFFEID(value))).toEqual({ value });
      }),
    );
  });

  it('agrees with the grammar on every text and never throws', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const result = parseSPIFFEID(text);
        expect('value' in result).toBe(SPIFFE_ID.test(text) && text.length <= 2048);
        if ('value' in result) expect(formatSPIFFEID(result.value)).toBe(text);
        else expect(result.problem).not.toBe('');
      }),
      { numRuns: 3000 },
    );
  });

  it('is made of its two halves', () => {
    fc.assert(
      fc.property(fc.oneof(trustDomain, fc.string()), fc.oneof(path, fc.string()), (name, rest) => {
        const halves = 'value' in parseTrustDomainName(name) && pathProblem(rest) === undefined;
        if (halves) expect(parseSPIFFEID(`spiffe://${name}${rest}`)).toHaveProperty('value');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('serviceAccountID', () => {
  it('either says what is wrong or renders an ID of exactly four segments that parses back', () => {
    const text = fc.oneof(segment, fc.string({ unit: 'binary' }), fc.constantFrom('', '/', '..', 'a/b', '%2f'));
    fc.assert(
      fc.property(fc.oneof(trustDomain, text), text, text, (name, namespace, account) => {
        const result = serviceAccountID(name, namespace, account);
        if ('problem' in result) return;
        expect(result.value.path.split('/')).toEqual(['', 'ns', namespace, 'sa', account]);
        expect(parseSPIFFEID(formatSPIFFEID(result.value))).toEqual(result);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('patterns', () => {
  it('never throw, and one without a wildcard is an ID that matches itself alone', () => {
    fc.assert(
      fc.property(anyText, id, (text, other) => {
        const pattern = parseSPIFFEIDPattern(text);
        if ('problem' in pattern || text.includes('*')) return;
        const own = parseSPIFFEID(text);
        if ('problem' in own) throw new Error('a pattern without a wildcard is no ID');
        expect(matchesSPIFFEID(pattern.value, own.value)).toBe(true);
        expect(matchesSPIFFEID(pattern.value, other)).toBe(formatSPIFFEID(other) === text);
      }),
      { numRuns: 1000 },
    );
  });

  it('match what remains an ID when any of its segments is replaced by the wildcard', () => {
    const withPath = id.filter((value) => value.path !== '');
    fc.assert(
      fc.property(withPath, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), withPath, (value, stars, other) => {
        const segments = value.path.split('/').slice(1);
        const starred = segments.map((text, at) => (stars[at] === true ? '*' : text));
        const pattern = parseSPIFFEIDPattern(`spiffe://${value.trustDomain}/${starred.join('/')}`);
        if ('problem' in pattern) throw new Error(pattern.problem);
        expect(matchesSPIFFEID(pattern.value, value)).toBe(true);
        const regular = new RegExp(
          `^${starred.map((text) => (text === '*' ? '/[^/]+' : `/${text.replaceAll('.', String.raw`\.`)}`)).join('')}$`,
          'u',
        );
        const expected = other.trustDomain === value.trustDomain && regular.test(other.path);
        expect(matchesSPIFFEID(pattern.value, other)).toBe(expected);
        expect(matchesSPIFFEID(pattern.value, { ...other, trustDomain: value.trustDomain })).toBe(
          regular.test(other.path),
        );
      }),
    );
  });
});
