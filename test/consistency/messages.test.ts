// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/messages.md holds what the code says: looked for here by other means than the page is made by, and read
 * as one text, with one word for one thing.
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { logMessages } from '../../hack/messages/log.ts';
import { messagesPage } from '../../hack/messages/page.ts';
import { CALM_REASONS, IDENTITY_REASONS, POLICY_REASONS, TRUST_DOMAIN_REASONS } from '../../src/api/conditions.ts';
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

const TABLES = [IDENTITY_REASONS, TRUST_DOMAIN_REASONS, POLICY_REASONS, ROTATION_EVENTS, ADMISSION_EVENTS, ERRORS];
const ALL_NAMES = [...new Set(TABLES.flatMap((table) => Object.keys(table)))];

/** Reasons that nobody has to do anything about. */
const CALM: ReadonlySet<string> = new Set([...CALM_REASONS, 'InForce']);
const TROUBLE = [
  ...Object.entries({ ...IDENTITY_REASONS, ...TRUST_DOMAIN_REASONS, ...POLICY_REASONS }).filter(
    ([reason]) => !CALM.has(reason),
  ),
  ...Object.entries(ERRORS),
  ...Object.entries({ ...ROTATION_EVENTS, ...ADMISSION_EVENTS })
    .filter(([, { type }]) => type === 'Warning')
    .map(([reason, { meaning }]) => [reason, meaning] as const),
  ...[...logMessages()]
    .filter(([, { level }]) => level === 'warn' || level === 'error')
    .map(([message, { help }]) => [message, help] as const),
];
/** What somebody is asked to do: where a clause begins, for the same words are nouns and verbs of others elsewhere. */
const VERBS =
  'apply|ask for|change|choose|create|delete|find|have (?:it|them)|install|keep|label|look (?:at|for)|lower|mend|name (?:it|the)|replace|report it|restart|restore|see (?:that|the)|set|start|store|use|write';
const NEXT: readonly RegExp[] = [
  new RegExp(`(?:^|[.;:] )(?:Please |(?:Where|After) [^,.;:]+, )?(?:${VERBS})\\b`, 'iu'),
  // Where the rest stands.
  /(?:^|[.;] )(?:The (?:message|note)|`(?:detail|err|err\.code)`) (?:says|has|names) (?:what|which|why|its)\b/iu,
  /(?:^|[.;:] )(?:Runbook: )?\[[\w -]+\]\([^)]*\.md[^)]*\)/u,
  // What happens without anybody.
  /\b(?:tried|asked) again by itself\b|\bthe next try (?:reads|looks)\b|\bnothing has to be done\b|\bthe cache lists anew\b/iu,
];

function asksFor(meaning: string): boolean {
  return NEXT.some((next) => next.test(meaning));
}

it.each(TROUBLE)('says what to do about %s', (_, meaning) => expect(asksFor(meaning), meaning).toBe(true));

it.each([
  'The TrustDomain is not served because an older object has the same trust domain name.',
  'Somebody else may use the store, and sees what must be set at the start.',
  'The name of the Secret must be that in use.',
  'Its message has more.',
  'The message says when the current one ends.',
  'The watch is opened anew.',
])('knows that nothing is asked for by "%s"', (meaning) => expect(asksFor(meaning)).toBe(false));

/** Words that say what another word says already, with that one. */
const OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  byte: /\boctets?\b/iu,
  'cannot, is not': /n't\b/u,
  'is not a, are not': /(?<!there )\b(?:is|are) no (?!longer\b)\w/u,
  'no longer': /\bno more\b/u,
  now: /\bat the moment\b/u,
  'expires, expired': /\b(?:ends|ended) at\b/u,
  'belongs in': /\bbelongs? into\b/u,
  lifetime: /\bremaining life\b/u,
};

it.each(Object.entries(OTHER_WORDS))('says "%s" and not the same otherwise', (_, word) => {
  expect(PAGE.split('\n').filter((line) => word.test(line))).toEqual([]);
});

it('has the rules of schemas and of admission policies', () => {
  expect(LINES).toContain('PEM must be part of secretFormats, because every Secret holds it; add PEM');
  expect(LINES).toContain('this Secret belongs to somebody else; the controller of Signet takes over none');
  expect([...LINES].filter((line) => line.includes('may not use this service account'))).toHaveLength(1);
});

it('says nothing that is secret', () => {
  const filled = [...LINES].flatMap((line) => [...line.matchAll(/<([^<>]+)>/gu)].map(([, name = '']) => name));
  expect(filled.length).toBeGreaterThan(300);
  expect(filled.filter((name) => /password|token|private|secret value|key ?pem|authorization/iu.test(name))).toEqual(
    [],
  );
});

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
  ['IssuerLifetime', 'the SVID expires with its issuer'],
  ['TrustDomainBounds', 'spec.ttl <asked> is outside the bounds of TrustDomain'],
])('puts beside %s what is told with it', (name, text) => {
  expect(textsUnder(name).filter((line) => line.startsWith(text))).toHaveLength(1);
});

it.each([
  ['IssuerLifetime', 'spec.ttl <asked> is outside the bounds of TrustDomain'],
  ['TrustDomainBounds', 'the SVID expires with its issuer'],
  ['ERR_KUBE_NOT_FOUND', 'trust-domain controller'],
])('does not put beside %s what is told with another', (name, text) => {
  expect([...LINES].some((line) => line.startsWith(text))).toBe(true);
  expect(textsUnder(name).filter((line) => line.startsWith(text))).toEqual([]);
});

it.each([
  '<min> to <max>',
  'secret -n <namespace> <secret name>',
  'serviceidentity -n <namespace> <name>',
  'its managedFields (kubectl get <object> -o yaml --show-managed-fields) say',
  'the last valid spec stays in force',
  ', among them <samples>',
  '<action> (request <id>)',
  'in namespace <namespace>',
])('has "%s" among the parts alone', (text) => {
  expect(LINES).toContain(text);
  expect(ALL_NAMES.filter((name) => textsUnder(name).includes(text))).toEqual([]);
});

/** What stands in the blocks below a name, up to the next one: some are reasons of several resources. */
function textsUnder(name: string): string[] {
  const blocks = PAGE.matchAll(new RegExp(`\\n\`${name}\`: [^\\n]+\\n\\n\`\`\`text\\n(.*?)\\n\`\`\``, 'gsu'));
  return [...blocks].flatMap(([, block = '']) => block.split('\n'));
}
