// SPDX-License-Identifier: Apache-2.0
/**
 * What the pages name between backticks is there: flags, values of the chart, fields of the resources, labels and
 * annotations, variables of the environment, error codes, and every word of ours such as a reason or a condition.
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { envName, FLAGS } from '../../src/config/flags.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { documentsOf, ROOT, readPages } from '../support/docs/pages.ts';
import { nodes, readCustomResource } from './crd-schema.ts';

/** Flags of others, by whose they are. */
const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  Helm: 'set wait take-ownership',
  'Node.js and V8':
    'disable-sigusr1 v8-pool-size no-maglev-destroy-on-background single-threaded-gc max-semi-space-size max-old-space-size expose-gc no-turbofan',
  'the API server and etcd': 'max-mutating-requests-inflight enable-aggregator-routing quota-backend-bytes',
  'npm run demo': 'local',
};
/** Words in two humps that no code of ours has, by whose they are. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  Kubernetes: 'EncryptionConfiguration',
  Go: 'VerifyPeerCertificate',
  Java: 'HttpClient',
};
/** Pages that tell of fields of another's resources. */
const OTHER_FIELDS = ['docs/migrate-from-cert-manager.md'];

/** What runs, and what tests read of the environment beside. */
const OURS = textOf('{src,charts,crds,hack,examples}');
const WORDS = new Set(OURS.match(/[A-Za-z_]\w*/gu));
const VARIABLES = new Set([
  ...Object.values(FLAGS).map(envName),
  ...(`${OURS}${textOf('test')}`.match(/SIGNET_\w+/gu) ?? []),
]);

function textOf(folders: string): string {
  const files = globSync(`${folders}/**/*.{ts,yaml,json,tpl,go,java,mjs}`, { cwd: ROOT });
  return files.map((file) => readFileSync(path.join(ROOT, file), 'utf8')).join('\n');
}

const FIELDS = (['serviceidentities', 'trustdomains', 'identitypolicies'] as const).flatMap((plural) =>
  [...nodes(readCustomResource(plural).schema)].map((node) => node.path.replaceAll(/\[\]|\{\}/gu, '')),
);
const VALUES = parse(readFileSync(path.join(ROOT, 'charts/signet/values.yaml'), 'utf8')) as Record<string, unknown>;

/** The name in front of what it is set to. */
function nameOf(code: string): string {
  return code.replace(/(?:=|: | ).*$/su, '').replaceAll(/\[\]|\{\}/gu, '');
}

function flagProblem(code: string): string | undefined {
  const [, name = '', value] = /^--([\w-]+)(?:=([^[]*))?/u.exec(code) ?? [];
  const flag = Object.values(FLAGS).find((one) => one.name === name);
  if (flag === undefined) return Object.values(FOREIGN_FLAGS).join(' ').split(' ').includes(name) ? undefined : code;
  return value === undefined || value === '' || 'value' in flag.parse(value) ? undefined : code;
}

function isValue(code: string): boolean {
  let at: unknown = VALUES;
  for (const key of nameOf(code).split('.')) {
    if (typeof at !== 'object' || at === null) return false;
    // Maps that are a reader's are empty here.
    if (Object.keys(at).length === 0) return true;
    at = (at as Record<string, unknown>)[key];
    if (at === undefined) return false;
  }
  return true;
}

function isField(code: string): boolean {
  const name = nameOf(code);
  return FIELDS.some((field) => field === name || field.endsWith(`.${name}`));
}

const HEADS = new Set(FIELDS.flatMap((field) => field.split('.').slice(1, 2)).filter((head) => !(head in VALUES)));

it('knows what there is', () => {
  expect(FIELDS.length).toBeGreaterThan(100);
  expect(isValue('webhook.pods.enabled: false') && isField('spec.svid.maxTTL') && isField('svid.maxTTL')).toBe(true);
  expect(isValue('webhook.pod.enabled') || isField('spec.svid.ttl') || isField('svid.ttl')).toBe(false);
  expect(['--audit-log=off', '--audit-log=on', '--workers'].map(flagProblem)).toEqual([
    undefined,
    '--audit-log=on',
    undefined,
  ]);
});

describe.each([...readPages().values()])('$file', ({ file, code }) => {
  const spans = [...new Set(code)];

  it('names flags that there are', () => {
    const flags = spans.filter((span) => span.startsWith('--'));
    expect(flags.map(flagProblem).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('names values of the chart, and fields of the resources', () => {
    const dotted = spans.filter((span) => /^[a-z]\w*(?:\.\w+(?:\[\]|\{\})?)+(?:$|[=:])/u.test(span));
    const values = dotted.filter((span) => (span.split('.')[0] ?? '') in VALUES);
    expect(values.filter((span) => !isValue(span))).toEqual([]);
    if (OTHER_FIELDS.includes(file)) return;
    const fields = dotted.filter((span) => /^(?:spec|status)\./u.test(span) || HEADS.has(span.split('.')[0] ?? ''));
    expect(fields.filter((span) => !isField(span) && !/\.(?:ts|md|json|yaml|crt|p12)$/u.test(span))).toEqual([]);
  });

  it('names labels, variables and codes that there are', () => {
    const keys = spans.flatMap((span) => /^(signet\.dev[/:][a-z-]+)(?:$|[=:])/u.exec(span)?.[1] ?? []);
    expect(keys.filter((key) => !OURS.includes(key))).toEqual([]);
    const variables = spans.flatMap((span) => /^(SIGNET_\w+)/u.exec(span)?.[1] ?? []);
    expect(variables.filter((name) => !VARIABLES.has(name))).toEqual([]);
    const errors = spans.filter((span) => /^ERR_\w+$/u.test(span));
    expect(errors.filter((name) => !(ERROR_CODES as readonly string[]).includes(name))).toEqual([]);
  });

  it('names nothing of ours that is called otherwise', () => {
    const words = spans.filter((span) => /^[A-Z][a-z]+(?:[A-Z]+[a-z]+)+$/u.test(span));
    const foreign = Object.values(FOREIGN_WORDS).join(' ').split(' ');
    expect(words.filter((word) => !WORDS.has(word) && !foreign.includes(word))).toEqual([]);
  });
});

/** Names of all fields in a value, those in lists included. */
function fieldsIn(value: unknown, prefix: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsIn(item, prefix));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${prefix}.${name}`,
    ...fieldsIn(inner, `${prefix}.${name}`),
  ]);
}

it('shows parts of resources with fields that there are', () => {
  const pages = [...readPages().values()].filter(({ file }) => file.startsWith('docs/'));
  const parts = pages.flatMap(documentsOf).filter((one) => Object.keys(one as object).join(' ') === 'spec');
  expect(parts.length).toBeGreaterThan(2);
  expect(
    parts.flatMap((one) => fieldsIn((one as { spec: unknown }).spec, 'spec')).filter((field) => !isField(field)),
  ).toEqual([]);
});
