// SPDX-License-Identifier: Apache-2.0
/**
 * What the pages tell a reader to type of kubectl: its subcommands and flags are kubectl's, kinds, fields, names, labels
 * and files are there, and what is looked for in a log is something that is logged. test/integration/docs/ runs them.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, helmProgram, runHelm } from '../../hack/chart/helm.ts';
import { obtainKubectl } from '../../hack/controlplane/programs.ts';
import { logMessages } from '../../hack/messages/log.ts';
import { createProgress } from '../../hack/progress.ts';
import {
  IDENTITY_CONDITIONS,
  IDENTITY_REASONS,
  POLICY_CONDITIONS,
  TRUST_DOMAIN_CONDITIONS,
  TRUST_DOMAIN_REASONS,
} from '../../src/api/conditions.ts';
import * as wellKnown from '../../src/api/well-known.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';
import { ADMISSION_EVENTS } from '../../src/signals/upkeep-observer.ts';
import { commandsOf, type Documented } from '../support/docs/commands.ts';
import { isNamespaced, ownKind } from '../support/docs/kinds.ts';
import { type KubectlLine, kubectlReader, type ReadKubectl } from '../support/docs/kubectl.ts';
import { ROOT } from '../support/docs/pages.ts';
import type { Pipeline, Words } from '../support/docs/shell.ts';
import { linesTo } from '../support/log-lines.ts';
import { nodes, readCustomResource } from './crd-schema.ts';

/** A machine that has neither kubectl nor Helm builds them, unless `npm test` did. */
const BUILD_MS = 600_000;
/** These take a kind, or `kind/name`, first. */
const OF_A_KIND = /^(?:get|describe|delete|patch|annotate|label|scale|wait|edit|rollout \w+|logs)$/u;

/** Of an API server. A pod is not asked through it: network policies keep it out, as the chart's do. */
const URLS = /^(?:\/metrics|\/readyz\?verbose|)$/u;
const { metrics } = parse(readFileSync(path.join(CHART, 'values.yaml'), 'utf8')) as { metrics: { port: number } };
const LABELS = new Set<unknown>(Object.values(wellKnown));

type Told = readonly [text: string, words: Words, pipeline: Pipeline];

/** Each line once, with what reads it. */
function told(all: readonly Documented[]): readonly Told[] {
  const lines = all.flatMap(({ pipeline }) =>
    pipeline.filter(([program]) => program === 'kubectl').map((words) => [textOf(words), words, pipeline] as const),
  );
  return [...new Map(lines.map((line) => [line[2].map(textOf).join(' | '), line])).values()];
}

function textOf(words: Words): string {
  return words.join(' ');
}

const DOCUMENTED = commandsOf(['kubectl']);
const LINES = told(DOCUMENTED);
const TYPED = told(DOCUMENTED.filter(({ script }) => script.kind !== 'Sentence'));

let read: ReadKubectl;
let chart = '';
beforeAll(async () => {
  const progress = createProgress();
  read = kubectlReader(await obtainKubectl(process.env, progress));
  const values = ['trustDomain=example.org', 'image.repository=localhost/signet'].map((value) => `--set=${value}`);
  const helm = await helmProgram(progress);
  chart = await runHelm(helm, ['template', 'signet', CHART, '--namespace=signet-system', ...values]);
}, BUILD_MS);

it('finds what there is to type', () => expect(LINES.length).toBeGreaterThan(120));

/** Kinds of a line, without what a reader puts in or a page leaves out. */
function kindsOf({ command, operands: [first = ''] }: KubectlLine): string[] {
  if (!OF_A_KIND.test(command) || ['', '...', '{}'].includes(first)) return [];
  return (first.split('/')[0] ?? '').split(',');
}

function fieldsOf(resource: string): string[] {
  const { plural } = ownKind(resource) ?? {};
  if (plural === undefined) return [];
  return [...nodes(readCustomResource(plural).schema)].map(({ path: field }) => field.replaceAll('[]', ''));
}

it.each(LINES)('%s', async (_, words) => {
  const line = await read(words);
  if (!words.includes('...')) expect(line.command).not.toBe('');
  expectKinds(line);
  expectFields(line);
  expectNames(line);
  expectFiles(line);
  expectPorts(line);
});

function expectKinds(line: KubectlLine): void {
  const awaited = line.command === 'wait';
  const about = awaited ? [] : (line.flags.get('--for') ?? []).map((object) => object.split('/')[0] ?? '');
  for (const kind of [...kindsOf(line), ...about]) expect(isNamespaced(kind), kind).toBeDefined();
}

/** Those of our own kinds that are read or written. */
function expectFields({ command, operands, flags }: KubectlLine): void {
  // What `xargs` hands over is of the kind that the line before it gets.
  const kind = operands[0] === '{}' ? 'sid' : (kindsOf({ command, operands, flags })[0] ?? '');
  const written = (flags.get('--patch') ?? []).flatMap((patch) => [...pathsOf(JSON.parse(patch))]);
  if (written.length > 0) expect(flags.get('--type')).toEqual([expect.stringMatching(/^(?:merge|json)$/u)]);
  if (ownKind(kind) === undefined) return;
  const asked = [...(flags.get('--output') ?? []), ...(flags.get('--sort-by') ?? [])].join(' ');
  const fields = [...asked.matchAll(/\.((?:spec|status)(?:\.\w+|\[[^\]]*\])*)/gu)].map(([, field = '']) =>
    field.replaceAll(/\[[^\]]*\]/gu, ''),
  );
  for (const field of [...fields, ...written]) expect(fieldsOf(kind)).toContain(field);
  const awaited = command === 'wait' ? (flags.get('--for') ?? []) : [];
  const conditions = [asked, ...awaited].flatMap((text) =>
    [...text.matchAll(/(?:@\.type=="|^condition=)(\w+)/gu)].map(([, type = '']) => type),
  );
  for (const type of conditions) expect(conditionsOf(kind)).toContain(type);
}

/** Of what the chart installs, and labels of its objects and of ours. */
function expectNames({ operands, flags }: KubectlLine): void {
  const named = operands.flatMap((operand) => operand.split('/')).filter((name) => name.startsWith('signet-'));
  for (const name of named) expect(`${chart} signet-system`).toMatch(new RegExp(`\\b${name}\\b`, 'u'));
  const selected = (flags.get('--selector') ?? []).flatMap((selector) => selector.split(','));
  for (const [key = '', value] of selected.map((one) => one.split('='))) {
    if (key.startsWith('signet.dev/')) expect(LABELS).toContain(key);
    // Kubernetes labels the endpoints of a Service with its name.
    else expect(chart).toContain(`${key === 'kubernetes.io/service-name' ? 'name' : key}: ${value}`);
  }
}

function expectFiles({ flags }: KubectlLine): void {
  const files = [...(flags.get('--filename') ?? []), ...(flags.get('--kustomize') ?? [])];
  for (const file of files.filter((one) => one.includes('/')))
    expect(existsSync(path.join(ROOT, file)), file).toBe(true);
  for (const url of flags.get('--raw') ?? []) expect(url).toMatch(URLS);
}

function expectPorts({ command, operands }: KubectlLine): void {
  if (command === 'port-forward') expect(operands.at(-1)).toMatch(new RegExp(`:${metrics.port}$`, 'u'));
}

describe.each(TYPED)('%s', (_, words, pipeline) => {
  it('says in which namespace', async () => {
    const { command, operands, flags } = await read(words);
    const all = kindsOf({ command, operands, flags });
    if (operands.includes('...') || !(all.some((kind) => isNamespaced(kind)) || command === 'logs')) return;
    expect([...flags.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/^--(?:all-)?namespaces?$/u)]));
  });

  it('reads all of a log, and looks for what is logged', async () => {
    const { command, flags } = await read(words);
    if (command !== 'logs' && command !== 'events') return;
    // Of pods that are selected kubectl shows the last ten lines each.
    if (flags.has('--selector')) expect(flags.get('--tail')).toEqual(['-1']);
    const patterns = pipeline.filter(([program]) => program === 'grep').map(grepOf);
    const told = command === 'logs' ? LOGGED : EVENTS;
    expect(told.filter((line) => patterns.every((pattern) => pattern.test(line)))).not.toEqual([]);
  });
});

/** A line of each message, as of a log in JSON, one of the audit stream, and a warning of a log in text. */
const LOGGED = [
  ...[...logMessages()].map(
    ([message, { level }]) => `{"level":"${level}","msg":"${message}","kind":"Pod","namespace":"shop"}`,
  ),
  '{"channel":"audit","code":"SVID_ISSUED","kind":"ServiceIdentity","namespace":"shop"}',
  asText(),
];
const EVENTS = Object.keys({ ...ROTATION_EVENTS, ...ADMISSION_EVENTS, ...IDENTITY_REASONS, ...TRUST_DOMAIN_REASONS });

function asText(): string {
  const lines: string[] = [];
  const output = linesTo((line) => void lines.push(line));
  createLogger({ level: 'warn', format: 'text', now: () => 0, output }).warn('TrustDomain needs attention');
  return lines.join('');
}

function grepOf(words: Words): RegExp {
  const [, ...rest] = words;
  const pattern = rest.find((word) => !word.startsWith('-')) ?? '';
  const basic = rest.includes('-E') ? pattern : pattern.replaceAll(/[|+?(){}]/gu, '\\$&');
  return new RegExp(basic, rest.includes('-i') ? 'i' : '');
}

/** Names of the fields of a patch, the lists in it aside. */
function* pathsOf(patch: unknown, prefix = ''): Generator<string> {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return;
  for (const [name, value] of Object.entries(patch)) {
    const field = prefix === '' ? name : `${prefix}.${name}`;
    if (field !== 'spec' && field !== 'status') yield field;
    yield* pathsOf(value, field);
  }
}

function conditionsOf(kind: string): string[] {
  const { plural } = ownKind(kind) ?? {};
  if (plural === 'serviceidentities') return Object.keys(IDENTITY_CONDITIONS);
  return Object.keys(plural === 'trustdomains' ? TRUST_DOMAIN_CONDITIONS : POLICY_CONDITIONS);
}
