// SPDX-License-Identifier: Apache-2.0
/** @module Texts that others choose (users of reviews, messages of API servers) in the log that people read. */
import { expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { redact } from '../../../src/observability/redact.ts';
import { linesTo } from '../../support/log-lines.ts';

const TEXTS: Readonly<Record<string, string>> = {
  'a forged line': 'mallory\n03:04:05.678 INFO  Issuing X509-SVID namespace=shop',
  'a carriage return': 'mallory\r03:04:05.678 INFO  All is well',
  'an escape sequence of terminals': 'mallory\u001b[2J\u001b]0;owned\u0007',
  'an octet of zero, a bell, a backspace': 'mallory\u0000\u0007\u0008',
  'a forged field': 'mallory" msg="All is well',
};

it.each(Object.entries(TEXTS))('is one line without control characters, whatever is in it (%s)', (_, text) => {
  for (const format of ['json', 'text'] as const) {
    const lines: string[] = [];
    const output = linesTo((line) => void lines.push(line));
    const logger = createLogger({ level: 'debug', format, now: () => 0, output });
    logger.child({ instance: text }).info('Refused', { user: text, err: new SignetError('ERR_KUBE_FORBIDDEN', text) });
    expect(lines.length).toBe(1);
    const [line = ''] = lines;
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    expect(line).toContain(`user${format === 'json' ? '":' : '='}${JSON.stringify(text)}`);
  }
});

it('is cut before anybody looks for secrets in it, however long it takes to look through all of it', () => {
  const whole = 'eyJ'.repeat(2 ** 20);
  const { text } = redact({ text: whole }) as { readonly text: string };
  expect(text).toBe(`${whole.slice(0, 2000)}...`);
  expect(redact({ text: `-----BEGIN PRIVATE KEY-----${whole}` })).toEqual({ text: '[redacted]' });
  expect(JSON.stringify(redact({ text: `${' '.repeat(1990)}-----BEGIN PRIVATE KEY-----MII` }))).not.toMatch(/KEY|MII/u);
});
