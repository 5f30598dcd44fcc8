// SPDX-License-Identifier: Apache-2.0
/**
 * SPIFFE IDs and patterns: what is taken is what one regular expression of the standard takes, is its own formatting,
 * and means to the URL parser of the platform what it means to us.
 * @module
 */
import { formatSPIFFEID, MAX_SPIFFE_ID_LENGTH, parseSPIFFEID, serviceAccountID } from '../../../src/spiffe/id.ts';
import {
  coversPattern,
  formatSPIFFEIDPattern,
  overlapsPattern,
  parseSPIFFEIDPattern,
  type SPIFFEIDPattern,
} from '../../../src/spiffe/pattern.ts';
import { parseTrustDomainName } from '../../../src/spiffe/trust-domain.ts';
import { outcome, promise, promiseSame, type Target } from '../target.ts';

const ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[a-zA-Z0-9._-]+)*$/u;

export const target: Target = {
  tokens: [
    'spiffe://',
    'SPIFFE://',
    '/',
    '//',
    '/.',
    '/..',
    '*',
    '/*',
    '%2f',
    '?',
    '#',
    '@',
    ':8443',
    'ns',
    'sa',
    'ß',
    '\u0000',
  ],
  feed: (input) => {
    // One text a line; patterns of two lines are compared.
    const [first = '', second = first, third = second] = input.toString('utf8').split('\n');
    return [feedID(first), feedPatterns(first, second), feedParts(first, second, third)].join('; ');
  },
};

function feedID(text: string): string {
  const parsed = parseSPIFFEID(text);
  promiseSame(
    'value' in parsed,
    ID.test(text) && text.length <= MAX_SPIFFE_ID_LENGTH,
    'an ID is what the standard says',
  );
  if ('problem' in parsed) return told(parsed.problem);
  const { trustDomain, path } = parsed.value;
  promiseSame(formatSPIFFEID(parsed.value), text, 'an ID is its own formatting');
  const { protocol, host, pathname, search, hash, username, port } = new URL(text);
  promiseSame([protocol, host, pathname], ['spiffe:', trustDomain, path], 'an ID is the URL it looks like');
  promiseSame([search, hash, username, port], ['', '', '', ''], 'an ID has no other parts');
  return outcome('id', path.split('/').length);
}

function feedPatterns(first: string, second: string): string {
  const [a, b] = [parseSPIFFEIDPattern(first), parseSPIFFEIDPattern(second)];
  if ('problem' in a) return told(a.problem);
  promiseSame(formatSPIFFEIDPattern(a.value), first, 'a pattern is its own formatting');
  promise(coversPattern(a.value, a.value), 'a pattern covers itself');
  promiseSame('value' in parseSPIFFEID(first), !first.includes('*'), 'a pattern without a wildcard is an ID');
  if ('problem' in b) return 'pattern';
  const [covers, overlaps] = [coversPattern(a.value, b.value), overlapsPattern(a.value, b.value)];
  promise(!covers || overlaps, 'patterns that cover overlap');
  promiseSame(overlaps, overlapsPattern(b.value, a.value), 'patterns overlap each other');
  promiseSame(
    covers,
    a.value.trustDomain === b.value.trustDomain && expression(a.value).test(segmentsOf(b.value)),
    'covering',
  );
  return outcome('patterns', covers, overlaps);
}

/** A pattern as a regular expression over segments, in which a wildcard takes a wildcard too. */
function expression({ segments }: SPIFFEIDPattern): RegExp {
  const parts = segments.map((part) => (part === '*' ? '/[^/]+' : `/${RegExp.escape(part)}`));
  return new RegExp(`^${parts.join('')}$`, 'u');
}

function segmentsOf({ segments }: SPIFFEIDPattern): string {
  return segments.map((part) => `/${part}`).join('');
}

function feedParts(name: string, namespace: string, account: string): string {
  const domain = parseTrustDomainName(name);
  promiseSame('value' in domain, /^[a-z0-9._-]{1,255}$/u.test(name), 'a trust domain is what the standard says');
  const made = serviceAccountID(name, namespace, account);
  if ('problem' in made) return told(made.problem);
  promiseSame(made.value.path.split('/'), ['', 'ns', namespace, 'sa', account], 'an ID has the parts it was made of');
  return 'made';
}

function told(problem: string): string {
  promise(
    problem.length > 10 && problem.isWellFormed() && !/[\n\r\t]/u.test(problem),
    'a problem is a line that people can read',
  );
  return outcome(problem);
}
