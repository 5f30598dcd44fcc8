// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/messages.md holds what the code says: looked for here by other means than the page is made by, and read
 * as one text, with one word for one thing.
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { messagesPage } from '../../hack/messages/page.ts';
import { IDENTITY_REASONS, POLICY_REASONS, TRUST_DOMAIN_REASONS } from '../../src/api/conditions.ts';
import { ROLES } from '../../src/config/flag.ts';
import { FLAGS, flagsOf } from '../../src/config/flags.ts';
import { flagUsage } from '../../src/config/help.ts';
import { ERRORS } from '../../src/errors.ts';
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';
import { ADMISSION_EVENTS } from '../../src/signals/upkeep-observer.ts';

const SRC = path.resolve(import.meta.dirname, '../../src');
const PAGE = messagesPage();
/** What stands in blocks: the words themselves. */
const LINES = new Set([...PAGE.matchAll(/^```text\n(.*?)\n```$/gmsu)].flatMap(([, block = '']) => block.split('\n')));

/** Texts without anything filled in, where the code hands them to somebody who says them. */
const SAID =
  /(?:SignetError\(\s*'ERR_\w+',|\b(?:message|problem|remedy)(?::| =)|\bfieldError\([^,()]+,[^,()]+,)\s*'((?:[^'\\]|\\.)* (?:[^'\\]|\\.)*)'/gu;

const FILES = globSync('**/*.ts', { cwd: SRC });
const said = (file: string): string[] =>
  [...readFileSync(path.join(SRC, file), 'utf8').matchAll(SAID)].map(([, text = '']) => text);

it('finds what there is to say', () => expect(FILES.flatMap(said).length).toBeGreaterThan(100));

it.each(FILES)('has what src/%s says', (file) => {
  const missing = said(file).filter((text) => !LINES.has(text) && !PAGE.includes(`| ${text} |`));
  expect(missing.filter((text) => !isEvent(text))).toEqual([]);
});

function isEvent(text: string): boolean {
  return Object.values({ ...ROTATION_EVENTS, ...ADMISSION_EVENTS }).some(({ message }) => message === text);
}

it.each(Object.entries({ ...IDENTITY_REASONS, ...TRUST_DOMAIN_REASONS, ...POLICY_REASONS, ...ERRORS }))(
  'explains %s',
  (name, meaning) => expect(PAGE).toContain(`\n\`${name}\`: ${meaning}\n`),
);

it.each(Object.entries({ ...ROTATION_EVENTS, ...ADMISSION_EVENTS }))(
  'explains event %s',
  (reason, { type, meaning }) => {
    expect(PAGE).toContain(`\n\`${reason}\`: (${type}) ${meaning}\n`);
  },
);

it('has the help of every role', () => {
  for (const role of ROLES) expect(PAGE).toContain(`Usage: signet ${role} `);
  for (const key of flagsOf('all')) expect(LINES).toContain(`  ${flagUsage(FLAGS[key])}`);
});

it.each([
  ['ServiceAccountNotFound', 'ServiceAccount <serviceAccountName> does not exist'],
  ['SecretConflict', 'Secret <name> belongs to <holder>'],
  ['AuthorityLost', 'both authority Secrets are gone'],
  ['RotationRefused', '<action> (request <id>) is refused'],
  ['ERR_NOT_SIGNING', 'nothing is signed or written: <refusal>'],
])('puts beside %s what is told with it', (name, text) => {
  const block = `\n\`${name}\`: [^\n]+\n\n\`\`\`text\n(?:[^\`\n]+\n)*${RegExp.escape(text)}`;
  expect(PAGE).toMatch(new RegExp(block, 'u'));
});
