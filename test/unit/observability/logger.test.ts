// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { createAudit } from '../../../src/observability/audit.ts';
import { gathering } from '../../../src/observability/log-output.ts';
import { createLogger, type Fields, type Logger } from '../../../src/observability/logger.ts';
import { linesTo } from '../../support/log-lines.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function aLogger(format: 'json' | 'text' = 'json', level = 'debug'): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const output = linesTo(
    (line) => void lines.push(line),
    () => void lines.push('flushed'),
  );
  return { logger: createLogger({ level, format, now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), output }), lines };
}

function logged(fields: Fields): Record<string, unknown> {
  const { logger, lines } = aLogger();
  logger.info('Message', fields);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

it('writes one JSON object a line', () => {
  const { logger, lines } = aLogger();
  logger.child({ controller: 'service-identity' }).info('Issuing X509-SVID', { namespace: 'shop' });
  expect(lines).toEqual([
    '{"level":"info","time":"2026-01-02T03:04:05.678Z","controller":"service-identity","namespace":"shop","msg":"Issuing X509-SVID"}\n',
  ]);
});

it('writes text for people', () => {
  const { logger, lines } = aLogger('text');
  logger.warn('Retrying', {
    namespace: 'shop',
    why: 'two words',
    n: 3,
    err: new SignetError('ERR_KUBE_TIMEOUT', 'late'),
  });
  expect(lines[0]).toBe(
    '03:04:05.678 WARN  Retrying namespace=shop why="two words" n=3 err={"type":"SignetError","code":"ERR_KUBE_TIMEOUT","message":"late"}\n',
  );
});

it('keeps to its level', () => {
  const { logger, lines } = aLogger('json', 'error');
  logger.info('Not this');
  logger.warn('Nor this');
  expect(lines.length).toBe(0);
  logger.error('This');
  expect(lines[0]).toContain('This');
});

it('lets news wait for company, and trouble never', () => {
  const { logger, lines } = aLogger();
  logger.info('News');
  expect(lines).not.toContain('flushed');
  logger.child({ controller: 'x' }).warn('Trouble');
  expect(lines.map((line) => /News|Trouble|flushed/.exec(line)?.[0])).toEqual(['News', 'Trouble', 'flushed']);
});

it('tells when and in which trace a line was told, however long it waits', () => {
  const lines: string[] = [];
  const output = gathering((text) => void lines.push(...text.split('\n')), new ManualClock());
  let at = 1000;
  let trace: string | undefined = 'a'.repeat(32);
  const logger = createLogger({ level: 'info', format: 'json', now: () => at, output, traceID: () => trace });
  const audit = createAudit({ output, now: () => at, instance: 'signet-0', traceID: () => trace });
  logger.info('First');
  audit({ code: 'SIGNER_CHANGED', outcome: 'success' });
  at = 2000;
  trace = undefined;
  logger.info('Second');
  expect(lines).toEqual([]);
  at = 3000;
  output.flush();
  const told = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Fields);
  expect(told.map(({ msg, code, time, trace_id }) => [msg ?? code, time, trace_id])).toEqual([
    ['First', '1970-01-01T00:00:01.000Z', 'a'.repeat(32)],
    ['SIGNER_CHANGED', '1970-01-01T00:00:01.000Z', 'a'.repeat(32)],
    ['Second', '1970-01-01T00:00:02.000Z', undefined],
  ]);
});

describe('errors', () => {
  it('of ours keep code, message and cause, without a stack', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6443'), { code: 'ECONNREFUSED' });
    const { err } = logged({ err: new SignetError('ERR_KUBE_UNAVAILABLE', 'no connection', { cause }) });
    expect(err).toEqual({
      type: 'SignetError',
      code: 'ERR_KUBE_UNAVAILABLE',
      message: 'no connection',
      cause: {
        type: 'Error',
        code: 'ECONNREFUSED',
        message: 'connect ECONNREFUSED 127.0.0.1:6443',
        stack: expect.stringMatching(/^\s+at /) as string,
      },
    });
  });

  it('leave out a cause that only carries data', () => {
    const cause = { status: 403, reason: 'Forbidden', causes: [] };
    expect(logged({ err: new SignetError('ERR_KUBE_FORBIDDEN', 'may not', { cause }) })['err']).toEqual({
      type: 'SignetError',
      code: 'ERR_KUBE_FORBIDDEN',
      message: 'may not',
    });
  });

  it('that are bugs keep their stack', () => {
    expect(logged({ err: new SignetError('ERR_INVARIANT', 'impossible') })['err']).toHaveProperty('stack');
  });

  it('of others do not quote what was being read', () => {
    const record = logged({ err: thrown(), nested: { why: thrown() } });
    expect(JSON.stringify(record)).not.toContain('my-secret');
    expect(record['err']).toMatchObject({ type: 'SyntaxError' });
    const argument = Object.assign(new TypeError("Received 'my-secret'"), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(JSON.stringify(logged({ err: argument }))).not.toContain('my-secret');
  });

  it('may be anything', () => {
    expect(logged({ err: 'text' })).toMatchObject({ err: 'text' });
    expect(logged({ err: new TypeError('my-secret\nmy-secret') })['err']).not.toHaveProperty('message');
  });

  it('with a loop of causes end', () => {
    const error = new SignetError('ERR_ISSUANCE', 'no');
    Object.assign(error, { cause: error });
    expect(() => logged({ err: error })).not.toThrow();
  });
});

describe('secrets', () => {
  const KEY = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI\n-----END PRIVATE KEY-----\n';

  it.each([
    'authorization',
    'Authorization',
    'token',
    'tls.key',
    'tls-combined.pem',
    'privateKey',
    'private_key',
    'data',
    'stringData',
    'body',
    'client-key-data',
  ])('are cut out of the field %s at any depth', (name) => {
    const record = logged({
      [name]: 'my-secret',
      a: { [name]: { deep: 'my-secret' } },
      list: [{ b: { [name]: ['my-secret'] } }],
    });
    expect(JSON.stringify(record)).not.toContain('my-secret');
    expect(record[name]).toBe('[redacted]');
  });

  it('are cut out of bindings too', () => {
    const { logger, lines } = aLogger();
    logger.child({ token: 'my-secret' }).info('Message');
    expect(lines[0]).not.toContain('my-secret');
  });

  it.each([
    { kind: 'PEM', text: KEY },
    { kind: 'base64 of PEM', text: Buffer.from(KEY).toString('base64') },
    { kind: 'EC PEM', text: KEY.replaceAll('PRIVATE', 'EC PRIVATE') },
    { kind: 'token', text: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl' },
  ])('are recognized under a harmless name ($kind)', ({ text }) => {
    expect(logged({ note: `before ${text} after`, err: new SignetError('ERR_PEM', `bad ${text}`) })).toMatchObject({
      note: '[redacted]',
      err: { message: '[redacted]' },
    });
  });

  it('leave a message alone that only names the form of a key', () => {
    const text = 'cannot be read: found no "BEGIN PRIVATE KEY" where a block begins';
    expect(logged({ detail: text, err: new SignetError('ERR_PEM', text) })).toMatchObject({
      detail: text,
      err: { message: text },
    });
  });

  it('in bytes are never shown', () => {
    expect(logged({ bytes: Buffer.from(KEY), view: new Uint8Array(3) })).toMatchObject({
      bytes: `[${KEY.length} bytes]`,
      view: '[3 bytes]',
    });
  });

  it('leave harmless fields alone', () => {
    const fields = { namespace: 'shop', tokenFile: '/path', count: 3, ok: true, none: null, list: [1, 'a'], big: 5n };
    expect(logged(fields)).toMatchObject({ ...fields, big: '5' });
  });
});

it('cuts what is too long or too deep', () => {
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  const record = logged({ long: 'x'.repeat(10_000), loop, many: Array.from({ length: 5000 }, () => 1) });
  expect(JSON.stringify(record).length).toBeLessThan(3000);
});

function thrown(): unknown {
  try {
    return JSON.parse('not-json-but-my-secret');
  } catch (error) {
    return error;
  }
}
