// SPDX-License-Identifier: Apache-2.0
/** @module Texts that others choose (users of reviews, messages of API servers) in the log that people read. */
import { expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { createAudit } from '../../../src/observability/audit.ts';
import { gathering } from '../../../src/observability/log-output.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { redact } from '../../../src/observability/redact.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TEXTS: Readonly<Record<string, string>> = {
  'a forged line': 'mallory\n03:04:05.678 INFO  Issuing X509-SVID namespace=shop',
  'a carriage return': 'mallory\r03:04:05.678 INFO  All is well',
  'an escape sequence of terminals': 'mallory\u001b[2J\u001b]0;owned\u0007',
  'an octet of zero, a bell, a backspace': 'mallory\u0000\u0007\u0008',
  'a forged field': 'mallory" msg="All is well',
  'an escape sequence in one character': 'mallory\u009b2J\u009d0;owned\u009c\u0085\u007f',
  'other ends of lines': 'mallory\u2028All is well\u2029',
  'another direction of writing': 'mallory\u202e\u202drotartsinimda\u202c \u2066\u2067\u2068\u2069\u200e\u200f\u061c',
  'what nobody sees': 'mall\u200bory\u00ad\ufeff\u{e0041}\u{e007f}',
};

/** Controls, formats and ends of lines: whatever is not seen, or moves what is. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

it.each(Object.entries(TEXTS))('is one line without control characters, whatever is in it (%s)', (_, text) => {
  for (const format of ['json', 'text'] as const) {
    const written: string[] = [];
    const output = gathering((lines) => void written.push(lines), new ManualClock());
    const logger = createLogger({ level: 'debug', format, now: () => 0, output });
    logger.child({ instance: text }).info('Refused', { user: text, err: new SignetError('ERR_KUBE_FORBIDDEN', text) });
    createAudit({ output, now: () => 0, instance: 'signet-0' })({
      code: 'ADMISSION_DENIED',
      outcome: 'refused',
      user: text,
    });
    output.flush();
    const [line = '', audited = '', ...more] = written.join('').split('\n');
    expect(more).toEqual(['']);
    expect(`${line}${audited}`).not.toMatch(UNSEEN);
    expect(JSON.parse(audited)).toMatchObject({ user: text });
    const shown = /\buser(?:":|=)("(?:[^"\\]|\\.)*")/u.exec(line)?.[1];
    expect(JSON.parse(shown ?? '')).toBe(text);
  }
});

it.each(['mallory', 'Müller', '世界', 'a🔑b'])('is left as it is where it can be read: %s', (text) => {
  const written: string[] = [];
  const output = gathering((lines) => void written.push(lines), new ManualClock());
  createLogger({ level: 'info', format: 'json', now: () => 0, output }).info('Refused', { user: text });
  output.flush();
  expect(written.join('')).toContain(`"user":"${text}"`);
});

it('is cut before anybody looks for secrets in it, however long it takes to look through all of it', () => {
  const whole = 'eyJ'.repeat(2 ** 20);
  const { text } = redact({ text: whole }) as { readonly text: string };
  expect(text).toBe(`${whole.slice(0, 2000)}...`);
  expect(redact({ text: `-----BEGIN PRIVATE KEY-----${whole}` })).toEqual({ text: '[redacted]' });
  expect(JSON.stringify(redact({ text: `${' '.repeat(1990)}-----BEGIN PRIVATE KEY-----MII` }))).not.toMatch(/KEY|MII/u);
});

it.each([
  '-----BEGIN PGP PRIVATE KEY BLOCK-----',
  '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----',
  '-----BEGIN PRIVATE KEY -----',
])('a key of another form is cut out: %s', (text) =>
  expect(redact({ text: `${text}\nMII` })).toEqual({ text: '[redacted]' }),
);
