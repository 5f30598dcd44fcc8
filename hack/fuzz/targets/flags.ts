// SPDX-License-Identifier: Apache-2.0
/**
 * Command lines and the small grammars of flags and specs: everything gets a configuration or problems, and what is
 * taken means what it says: durations and times are read back, and times are those of the platform.
 * @module
 */
import { formatDuration, MAX_DURATION, parseDuration } from '../../../src/api/duration.ts';
import { dnsNameProblem, labelKeyProblem, objectNameProblem, policyDNSProblem } from '../../../src/api/grammar.ts';
import { matchesSelector } from '../../../src/api/label-selector.ts';
import { formatTimestamp, parseTimestamp } from '../../../src/api/timestamp.ts';
import { FLAGS } from '../../../src/config/flags.ts';
import { namespaceChoice } from '../../../src/config/label-selector.ts';
import { parseCommand } from '../../../src/config/parse.ts';
import { outcome, plainWords, promise, promiseSame, type Target } from '../target.ts';

const NAMES = Object.values(FLAGS).map(({ name }) => `--${name}=`);
const VALUES = [
  'all',
  'none',
  '1h30m',
  '999999h',
  ':9402',
  '[::1]:9402',
  '127.0.0.1:0',
  'example.org',
  'a,b',
  'env=prod,tier in (a,b),!legacy',
];
const TIMES = [
  '2026-06-15T12:00:00Z',
  '2024-02-29T23:59:59.999999Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
  '+14:00',
];
/** Stands in the corpus wherever a secret does. */
const SECRET = 'hunter2';

export const target: Target = {
  tokens: [
    ...NAMES,
    ...VALUES,
    ...TIMES,
    'controller',
    'webhook',
    'signet',
    '--help',
    '-h',
    '\n',
    '=',
    ',',
    '%20',
    'OTEL_EXPORTER_OTLP_HEADERS=',
  ].concat([
    'OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20hunter2',
    'SIGNET_NAMESPACE=signet-system',
    'KUBECONFIG=/a:/b',
    '__proto__=',
    '0.000001',
    '1e-7',
  ]),
  feed: (input) => {
    // One argument a line; variables are those without a dash.
    const lines = input.toString('utf8').split('\n');
    return [feedCommand(lines), ...lines.slice(0, 2).map(feedText)].join('; ');
  },
};

function feedCommand([command = '', ...lines]: readonly string[]): string {
  const argv = lines.filter((line) => line.startsWith('-'));
  const variables = lines.filter((line) => !line.startsWith('-')).map((line) => line.split(/=(.*)/su).slice(0, 2));
  const env = Object.fromEntries(variables) as Readonly<Record<string, string>>;
  const parsed = parseCommand({ argv: [command, ...argv], env, readFile: () => undefined });
  if (parsed.kind !== 'invalid') return parsed.kind;
  promise(
    parsed.problems.length > 0 && parsed.problems.every((problem) => problem.length > 10),
    'a problem says what to do',
  );
  const [headers = ''] = variables.filter(([name]) => name?.endsWith('_HEADERS')).map(([, value]) => value);
  const elsewhere = [command, ...lines].join('\n').split(SECRET).length > (headers ?? '').split(SECRET).length;
  promise(elsewhere || !parsed.text.includes(SECRET), 'a problem holds no value of a header');
  return outcome('invalid', ...parsed.problems.map((problem) => plainWords(problem).slice(0, 24)).slice(0, 2));
}

function feedText(text: string): string {
  return outcome(
    feedDuration(text),
    feedTime(text),
    feedSelector(text),
    ...[dnsNameProblem, labelKeyProblem, objectNameProblem, policyDNSProblem].map(
      (problem) => problem(text) === undefined,
    ),
  );
}

function feedDuration(text: string): boolean {
  const parsed = parseDuration(text);
  if ('problem' in parsed) return false;
  const { value } = parsed;
  promise(Number.isSafeInteger(value) && value >= 0 && value <= MAX_DURATION, 'a duration is within its bounds');
  const again = parseDuration(formatDuration(value));
  // Minutes and seconds that are whole hours make more digits of hours than the grammar takes.
  if ('value' in again) promiseSame(again.value, value, 'a duration is read back');
  else promise(value >= 1_000_000 * 3_600_000, 'a duration can be written');
  return true;
}

function feedTime(text: string): boolean {
  const ours = parseTimestamp(text);
  const theirs = Date.parse(text);
  if (ours === undefined) return false;
  promiseSame(ours, theirs, 'a time is that of the platform');
  const second = Math.floor(ours / 1000) * 1000;
  const back = parseTimestamp(formatTimestamp(ours));
  promise(
    back === second || ours < Date.parse('0001-01-01T00:00:00Z') || ours > Date.parse('9999-12-31T23:59:59.999Z'),
    'a time is read back',
  );
  return true;
}

function feedSelector(text: string): string {
  const choice = namespaceChoice(text);
  if ('problem' in choice) return 'no selector';
  const { selector } = choice.value;
  return String(matchesSelector(selector, { env: 'prod', tier: 'a' }));
}
