// SPDX-License-Identifier: Apache-2.0
/**
 * What some judge refuses although the standards allow it, each with its reason. The suite asserts every entry: a judge
 * that starts to accept takes its entry out.
 * @module
 */
import { expect } from 'vitest';
import type { Verdicts } from '../../../hack/judges/judge-process.ts';
import { refusals } from './judges.ts';

interface Exception {
  /** Names of the cases it is about. */
  readonly cases: readonly string[];
  /** Matches the names of the verdicts that are refusals there, all of them. */
  readonly judges: RegExp;
  readonly refusal: RegExp;
  readonly reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    cases: ['trailing dot', 'trailing dot alone', 'leading dot', 'empty label', 'only dots'],
    judges: /^(x509|spiffe)-/u,
    refusal: /cannot parse URI "spiffe:[^"]*": invalid domain/u,
    reason: 'crypto/x509 refuses certificates whose URI host has an empty label; SPIFFE-ID 2.1 allows the name',
  },
  {
    cases: ['trailing dot', 'trailing dot alone'],
    judges: /^java-/u,
    refusal: /invalid URI name/u,
    reason: 'the JDK refuses a critical subject alternative name whose URI host ends in a dot',
  },
  {
    cases: [
      'one letter',
      'underscore',
      'leading dash',
      'trailing dash',
      'trailing dot alone',
      'leading dot',
      'empty label',
      'only dots',
      'only a dash',
      'only an underscore',
      'three numbers',
      'one number',
      'no IPv4 address',
      '255 bytes in one label',
    ],
    judges: /^lint-\d+$/u,
    refusal: /^error:e_ext_san_uri_host_not_fqdn_or_ip$/u,
    reason: 'zlint wants a public host name in every URI (RFC 5280 4.2.1.6); a trust domain is none (SPIFFE-ID 2.1)',
  },
];

/** Asserts that everybody accepts, but for the table above, whose judges must refuse for the reason it knows. */
export function expectAccepted(verdicts: Verdicts, name = ''): void {
  const exceptions = EXCEPTIONS.filter(({ cases }) => cases.includes(name));
  const unexplained = { ...refusals(verdicts) };
  for (const { judges, refusal } of exceptions) {
    const concerned = Object.keys(verdicts).filter((judge) => judges.test(judge));
    expect(concerned).not.toEqual([]);
    for (const judge of concerned) {
      expect(verdicts[judge]).toMatch(refusal);
      delete unexplained[judge];
    }
  }
  expect(unexplained).toEqual({});
}

/** Judges whose answer does not depend on trust and time: a form, and whether a key fits. */
const FORM_ONLY = /^(lint-\d+|spiffe-load)$/u;

/** Asserts that every judge of paths refuses; `but` matches the names of those that are known to accept. */
export function expectRefused(verdicts: Verdicts, but?: RegExp): void {
  const paths = Object.entries(verdicts).filter(([judge]) => !FORM_ONLY.test(judge));
  const accepting = paths.filter(([, reason]) => reason === '').map(([judge]) => judge);
  expect(accepting).toEqual(paths.map(([judge]) => judge).filter((judge) => but?.test(judge) === true));
}
