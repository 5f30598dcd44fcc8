// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/messages.md: everything that Signet says to people, on one page, so that it can be searched by whoever
 * was told it and edited as one text. Tests hold it against the code.
 * @module
 */
import {
  IDENTITY_CONDITIONS,
  IDENTITY_REASONS,
  POLICY_CONDITIONS,
  POLICY_REASONS,
  TRUST_DOMAIN_CONDITIONS,
  TRUST_DOMAIN_REASONS,
} from '../../src/api/conditions.ts';
import { ROLES, type Role, SECTIONS } from '../../src/config/flag.ts';
import { programHelp, roleHelp } from '../../src/config/help.ts';
import { ERRORS } from '../../src/errors.ts';
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';
import { ADMISSION_EVENTS } from '../../src/signals/upkeep-observer.ts';
import { logMessages, logTables } from './log.ts';
import { ruleMessages } from './manifests.ts';
import { readTexts, type Text } from './texts.ts';
import * as topics from './topics.ts';

const HEAD = `# Messages

Generated from the code by \`npm run generate\`: everything that controller and webhook say to people, so that whoever was told
something finds what it means and what to do.

\`<name>\` stands for what is filled in, \`[words]\` for what may be left out, \`{one|other}\` for one of the two. A message can be put together from
several of these lines, the cause in the last. None holds a key, a password or a token.
`;

const LOG = `## Log messages

A message never varies: what varies is a field, so a search for one finds all of its kind. Errors are under \`err\` with a
\`code\` of [Errors](#errors); \`--log-level\` leaves out what is below it. Of warnings with one message 20 at once and two a second
after that are written ([Logs](../observability.md#logs)). The [audit stream](audit.md) has lines of its own.
`;

const SCHEMAS = `### Rules of the schemas

The API server itself answers, before the webhook is asked.
`;

const GUARDS = `### Admission policies of the chart

As they stand there: what is between quotes is said, the rest filled in. Of the controller of Signet they tell what its account
is kept from: see the runbook [guard-refused](../runbooks/guard-refused.md).
`;

const ERROR_INTRO = `## Errors

Every failed effect has one of these codes, in log lines (\`err.code\`) and as label \`code\` of \`signet_reconcile_errors_total\`. Expected
outcomes, such as a missing ServiceAccount, are conditions and not errors. After any of them the object is tried again in
seconds to minutes, bounded by the remaining lifetime of its SVID.
`;

const EVENTS = { ...ROTATION_EVENTS, ...ADMISSION_EVENTS };
const EVENT_MEANINGS = Object.fromEntries(
  Object.entries(EVENTS).map(([reason, { type, meaning }]) => [reason, `(${type}) ${meaning}`]),
);

/** What names a text can stand beside. */
const NAMES: ReadonlySet<string> = new Set(
  [IDENTITY_REASONS, TRUST_DOMAIN_REASONS, POLICY_REASONS, EVENTS, ERRORS].flatMap((table) => Object.keys(table)),
);

type Meanings = Readonly<Record<string, string>>;

export function messagesPage(): string {
  const texts = listedTexts();
  const errors = texts.filter(({ names }) => names.some((name) => name in ERRORS));
  const of = (topic: topics.Topic): readonly Text[] =>
    texts.filter((text) => !errors.includes(text) && topicOf(text) === topic);
  const section = (topic: topics.Topic, mark = '##'): string => [headed(mark, topic), block(of(topic))].join('\n');
  const conditions = (topic: topics.Topic, types: Meanings, reasons: Meanings): string =>
    [headed('##', topic), table('Condition', types), named(reasons, of(topic))].join('\n');
  return [
    HEAD,
    helpTexts(),
    section(topics.CONFIGURATION),
    conditions(topics.SERVICE_IDENTITY, IDENTITY_CONDITIONS, IDENTITY_REASONS),
    conditions(topics.TRUST_DOMAIN, TRUST_DOMAIN_CONDITIONS, TRUST_DOMAIN_REASONS),
    conditions(topics.IDENTITY_POLICY, POLICY_CONDITIONS, POLICY_REASONS),
    headed('##', topics.EVENTS),
    named(EVENT_MEANINGS, of(topics.EVENTS)),
    '## Admission\n\nWhat the webhook answers, and what conditions with reason `InvalidSpec` or `PolicyViolation` say.\n',
    ...topics.ADMISSION.map((topic) => section(topic, '###')),
    SCHEMAS,
    fenced(ruleMessages('crds/*.yaml').join('\n')),
    GUARDS,
    fenced(ruleMessages('hack/manifests/admission-policies.yaml').join('\n')),
    LOG,
    logTables(),
    section(topics.DETAILS, '###'),
    ERROR_INTRO,
    named(ERRORS, errors),
    section(topics.CAUSES, '###'),
    section(topics.HTTP),
  ].join('\n');
}

/** Every text that is not on the page otherwise, once. */
function listedTexts(): readonly Text[] {
  const told = new Set([
    ...logMessages().keys(),
    ...Object.values(EVENTS).flatMap(({ message, meaning }) => [message, meaning]),
  ]);
  const texts = readTexts(NAMES).filter(
    ({ file, text }) => !topics.ELSEWHERE.includes(file) && !told.has(text) && !topics.NOT_READ.has(text),
  );
  return [...new Map(texts.map((text) => [`${topicOf(text).title} ${text.names.join()} ${text.text}`, text])).values()];
}

function topicOf({ file, text, role }: Text): topics.Topic {
  // Of what is started and stopped.
  if (role === 'name') return topics.DETAILS;
  const fitting = topics.TOPICS.flatMap((topic) => topic.from.map((from) => ({ topic, from })));
  const [best] = fitting.filter(({ from }) => file.startsWith(from)).toSorted((a, b) => b.from.length - a.from.length);
  if (best === undefined) throw new Error(`src/${file} says "${text}": name the file in hack/messages/topics.ts`);
  return best.topic;
}

function helpTexts(): string {
  const helps = [['signet --help', programHelp()], ...ROLES.map((role) => [`signet ${role} --help`, helpOf(role)])];
  const parts = helps.map(([command, text = '']) => `### ${command}\n\n${fenced(text.trimEnd())}`);
  return ['## Help\n', 'The flags as tables: [Flags](flags.md).\n', ...parts].join('\n');
}

/** What takes the flags of the others does not repeat them. */
function helpOf(role: Role): string {
  const text = roleHelp(role);
  return role === 'all' ? text.slice(0, text.indexOf(`\n${SECTIONS[0]}:`)) : text;
}

function headed(mark: string, { title, intro }: topics.Topic): string {
  return `${mark} ${title}\n\n${intro}\n`;
}

function table(title: string, meanings: Meanings): string {
  const rows = Object.entries(meanings).map(([name, meaning]) => `| \`${name}\` | ${meaning} |\n`);
  return `| ${title} | Meaning |\n|---|---|\n${rows.join('')}`;
}

/** Each name with its meaning and the texts beside it, and then those of no name. */
function named(meanings: Meanings, texts: readonly Text[]): string {
  const parts = Object.entries(meanings).map(([name, meaning]) => {
    const own = texts.filter(({ names }) => names.includes(name));
    return `\`${name}\`: ${meaning}\n${own.length === 0 ? '' : `\n${block(own)}`}`;
  });
  const rest = texts.filter(({ names }) => !names.some((name) => name in meanings));
  return [...parts, ...(rest.length === 0 ? [] : [`Parts of these messages:\n\n${block(rest)}`])].join('\n');
}

function block(texts: readonly Text[]): string {
  return fenced(texts.map(({ text }) => text.trim()).join('\n'));
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\`\n`;
}
