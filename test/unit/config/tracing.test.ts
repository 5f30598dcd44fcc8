// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OTLP_VARIABLES } from '../../../src/config/otlp-environment.ts';
import { type Command, parseCommand } from '../../../src/config/parse.ts';

const ROLES = {
  controller: ['controller', '--trust-domain=example.org', '--namespace=signet-system'],
  webhook: ['webhook', '--namespace=signet-system'],
} as const;
const ENDPOINT = '--otlp-endpoint=http://collector:4318';

function parse(role: keyof typeof ROLES, flags: readonly string[], env: Record<string, string> = {}): Command {
  return parseCommand({ argv: [...ROLES[role], ...flags], env, readFile: () => undefined });
}

function problemsOf(flags: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const command = parse('controller', flags, env);
  return command.kind === 'invalid' ? command.problems : [];
}

describe.each(['controller', 'webhook'] as const)('signet %s', (role) => {
  it('traces nothing unless it is told where to', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_EXPORTER_OTLP_HEADERS: 'no header' };
    const command = parse(role, ['--trace-sample-ratio=0.5'], env);
    expect(command).toMatchObject({ kind: role });
    expect(JSON.stringify(command)).not.toContain('"tracing"');
  });

  it.each([
    ['http://collector:4318', 'http://collector:4318/v1/traces'],
    ['http://collector:4318/', 'http://collector:4318/v1/traces'],
    ['https://collector.example.org/otlp/v1/traces', 'https://collector.example.org/otlp/v1/traces'],
    ['http://[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ])('sends traces for %s to %s', (given, endpoint) => {
    expect(parse(role, [`--otlp-endpoint=${given}`])).toMatchObject({
      config: { tracing: { endpoint, sampleRatio: 1, headers: {} } },
    });
  });

  it('takes headers from the environment, percent-decoded', () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a=b, x-tenant = shop ,' };
    expect(parse(role, [ENDPOINT], env)).toMatchObject({
      config: { tracing: { headers: { authorization: 'Bearer a=b', 'x-tenant': 'shop' } } },
    });
  });
});

it('gives both roles of one process the headers', () => {
  const argv = ['all', ...ROLES.controller.slice(1), ENDPOINT];
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' };
  expect(parseCommand({ argv, env, readFile: () => undefined })).toMatchObject({
    kind: 'all',
    controller: { tracing: { headers: { a: 'b' } } },
    webhook: { tracing: { headers: { a: 'b' } } },
  });
});

it.each([
  ['0', 0],
  ['0.25', 0.25],
  ['1e-05', 0.000_01],
  ['0.1234567890123', 0.123_456_789_012_3],
  ['1', 1],
])('takes a ratio of %s', (text, sampleRatio) => {
  expect(parse('controller', [ENDPOINT, `--trace-sample-ratio=${text}`])).toMatchObject({
    config: { tracing: { sampleRatio } },
  });
});

it.each(['1.1', '2', '-1', 'all', '50%', '.5', ''])('refuses a ratio of "%s"', (text) => {
  const [problem] = problemsOf([ENDPOINT, `--trace-sample-ratio=${text}`]);
  expect(problem).toContain('--trace-sample-ratio');
});

it.each([
  ['collector:4318', 'must be an http or https URL'],
  ['grpc://collector:4317', 'must be an http or https URL'],
  ['http://', 'must be an http or https URL'],
  ['http://collector:4318?token=abc', 'must be an http or https URL'],
  ['http://collector:4317', 'OTLP over HTTP is on 4318'],
])('refuses the endpoint %s and says what to write', (text, remedy) => {
  const problems = problemsOf([`--otlp-endpoint=${text}`]);
  expect(problems).toEqual([expect.stringContaining(`--otlp-endpoint "${text}": `) as string]);
  expect(problems[0]).toContain(remedy);
});

it('never repeats a password', () => {
  const texts = [
    ...problemsOf(['--otlp-endpoint=https://user:hunter2@collector:4318']),
    ...problemsOf(['--otlp-endpoint=gopher://user:hunter2@collector']),
    ...problemsOf(['--otlp-endpoint=http:/user:hunter2@collector:4318']),
    ...problemsOf(['--otlp-endpoint=user:hunter2@collector:4318']),
    ...problemsOf(['--otlp-endpoint=http://user:hun/hunter2@collector:4318']),
    ...problemsOf([ENDPOINT], { OTEL_EXPORTER_OTLP_HEADERS: 'hunter2' }),
    ...problemsOf([ENDPOINT], { OTEL_EXPORTER_OTLP_HEADERS: 'a b=hunter2' }),
    ...problemsOf([ENDPOINT], { OTEL_EXPORTER_OTLP_HEADERS: 'x=1,authorization=hunter2%0Aevil' }),
    ...problemsOf([ENDPOINT], { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2%' }),
  ];
  expect(texts).toHaveLength(9);
  expect(texts.filter((text) => text.includes('hunter2'))).toEqual([]);
  expect(texts[0]).toContain('set OTEL_EXPORTER_OTLP_HEADERS in the environment instead');
  expect(texts[6]).toBe(
    'OTEL_EXPORTER_OTLP_HEADERS: entry 1 names no header; write name=value,name=value with every other character of a value percent-encoded',
  );
  expect(texts[7]).toContain('the value of entry 2 cannot be sent');
});

it('tells of a wrong header along with everything else', () => {
  const problems = problemsOf([ENDPOINT, '--workers=0'], { OTEL_EXPORTER_OTLP_HEADERS: 'x' });
  expect(problems).toHaveLength(2);
});

const OTLP = 'OTEL_EXPORTER_OTLP';
const FILES: Readonly<Record<string, string>> = { '/ca': 'CA', '/cert': 'CERT', '/key': 'KEY', '/other': 'OTHER' };

function readFile(file: string): string {
  const text = FILES[file];
  if (text === undefined) throw new Error('ENOENT');
  return text;
}

/** Of the configuration, or what is wrong with it. */
function tracing(env: Record<string, string>, flags: readonly string[] = [ENDPOINT]): unknown {
  const command = parseCommand({ argv: [...ROLES.controller, ...flags], env, readFile });
  if (command.kind === 'controller') return command.config.tracing;
  return command.kind === 'invalid' ? command.problems : undefined;
}

describe('the standard variables', () => {
  it('say how the collector is spoken to', () => {
    const env = {
      [`${OTLP}_COMPRESSION`]: 'gzip',
      [`${OTLP}_CERTIFICATE`]: '/ca',
      [`${OTLP}_CLIENT_CERTIFICATE`]: ' /cert ',
      [`${OTLP}_CLIENT_KEY`]: '/key',
    };
    expect(tracing(env)).toMatchObject({ compression: 'gzip', tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } });
  });

  it('say nothing where they are empty', () => {
    const env = Object.fromEntries(OTLP_VARIABLES.map((name) => [`${OTLP}_${name}`, ' ']));
    expect(tracing(env)).toMatchObject({ headers: {}, compression: 'none', tls: {} });
  });

  it('of traces win over those of every signal', () => {
    const env = {
      [`${OTLP}_HEADERS`]: 'a=1,b=1',
      [`${OTLP}_TRACES_HEADERS`]: 'b=2',
      [`${OTLP}_COMPRESSION`]: 'gzip',
      [`${OTLP}_TRACES_COMPRESSION`]: 'none',
      [`${OTLP}_CERTIFICATE`]: '/nowhere',
      [`${OTLP}_TRACES_CERTIFICATE`]: '/other',
    };
    expect(tracing(env)).toMatchObject({ headers: { a: '1', b: '2' }, compression: 'none', tls: { ca: 'OTHER' } });
  });

  it.each([
    ['CERTIFICATE', '/nowhere', 'cannot be read'],
    ['TRACES_CLIENT_KEY', '/nowhere', 'cannot be read'],
    ['COMPRESSION', 'zstd', 'must be gzip or none'],
    ['TRACES_HEADERS', 'x', 'entry 1 names no header'],
    ['CLIENT_KEY', '/key', 'need each other'],
    ['CLIENT_CERTIFICATE', '/cert', 'need each other'],
  ])('that cannot be followed end the start: %s=%s', (name, value, problem) => {
    const env = { [`${OTLP}_${name}`]: value };
    expect(tracing(env)).toEqual([expect.stringContaining(problem) as string]);
    expect(JSON.stringify(tracing(env))).toContain(OTLP);
  });

  it.each([
    ['CLIENT_KEY', '-----BEGIN PRIVATE KEY-----\nMIGHhunter2\n-----END PRIVATE KEY-----'],
    ['CLIENT_KEY', 'MIGHhunter2'],
    ['CERTIFICATE', '-----BEGIN PRIVATE KEY-----\nMIGHhunter2\n-----END PRIVATE KEY-----'],
    ['HEADERS', 'authorization=Basic abc,MIGHhunter2=%'],
  ])('never show what was given in place of a path: %s', (name, value) => {
    const told = JSON.stringify(tracing({ [`${OTLP}_${name}`]: value }));
    expect(told).toContain(`${OTLP}_${name}`);
    expect(told).not.toContain('hunter2');
  });

  it('that are of no use without an endpoint are not looked at', () => {
    expect(tracing({ [`${OTLP}_CERTIFICATE`]: '/nowhere' }, [])).toBeUndefined();
  });

  it('for every other setting mean nothing', () => {
    const env = {
      [`${OTLP}_ENDPOINT`]: 'http://elsewhere:4318',
      [`${OTLP}_TRACES_TIMEOUT`]: '1',
      [`${OTLP}_PROTOCOL`]: 'grpc',
      OTEL_TRACES_SAMPLER_ARG: '0',
      OTEL_SDK_DISABLED: 'true',
    };
    expect(tracing(env)).toEqual(tracing({}));
  });

  it('stand in the page, with how they are followed', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/observability.md'), 'utf8');
    for (const name of OTLP_VARIABLES) expect(page).toContain(`| \`${OTLP}_${name}\` |`);
  });
});
