// SPDX-License-Identifier: Apache-2.0
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { createOTelTracer, type OTelTracer } from '../../../src/observability/otel-tracer.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  type OTLPReceiver,
  outline,
  type ReceivedSpan,
  type SpanTree,
  startReceiver,
} from '../../support/otlp-receiver.ts';

let receiver: OTLPReceiver;
let clock: ManualClock;

beforeEach(async () => {
  receiver = await startReceiver();
  clock = new ManualClock();
});
afterEach(() => receiver.close());

function tracerWith({
  sampleRatio = 1,
  headers = {},
}: {
  sampleRatio?: number;
  headers?: Record<string, string>;
} = {}) {
  return createOTelTracer({
    endpoint: `${receiver.url}/v1/traces`,
    headers,
    compression: 'none',
    tls: {},
    sampleRatio,
    resource: { 'service.name': 'signet-controller' },
    clock,
    onSent: () => undefined,
    onDropped: () => undefined,
  });
}

async function treeAfter(tracer: OTelTracer): Promise<SpanTree> {
  await tracer.stop();
  return receiver.untilTrace(() => true);
}

const failedRun = (tracer: OTelTracer, error: unknown): Promise<void> =>
  tracer
    .span('issue', () => Promise.reject(error))
    .then(
      () => undefined,
      () => undefined,
    );

it('knows what is a part of what, also of work that goes on side by side', async () => {
  const tracer = tracerWith({ headers: { authorization: 'Bearer abc' } });
  await tracer.span('reconcile', async () => {
    await Promise.all([
      tracer.span('issue', async () => {
        await clock.advance(1);
        tracer.record('create secrets', 1, { 'http.response.status_code': 201 });
      }),
      tracer.span('authority step', async () => {
        await clock.advance(2);
        tracer.record('get secrets', 1, {});
      }),
    ]);
    tracer.record('update serviceidentities', 0.5, {});
  });
  const tree = await treeAfter(tracer);
  expect(outline(tree).split('\n').toSorted()).toEqual(
    [
      'reconcile',
      '  issue',
      '    create secrets',
      '  authority step',
      '    get secrets',
      '  update serviceidentities',
    ].toSorted(),
  );
  expect(outline(tree)).toContain('  issue\n    create secrets');
  expect(receiver.headers[0]?.authorization).toBe('Bearer abc');
  expect(receiver.spans.map(({ name, kind }) => [name, kind])).toContainEqual(['create secrets', 3]);
});

it('answers and throws what the work does, and marks what failed', async () => {
  const tracer = tracerWith();
  expect(await tracer.span('issue', () => Promise.resolve(7))).toBe(7);
  const error = new SignetError('ERR_ISSUANCE', 'no: -----BEGIN PRIVATE KEY-----');
  await expect(tracer.span('mint', () => Promise.reject(error))).rejects.toBe(error);
  await failedRun(tracer, new SyntaxError('Unexpected token "hunter2"'));
  await tracer.stop();
  const failures = receiver.spans.map(({ name, attributes, status }) => [name, attributes, status]);
  expect(failures).toEqual([
    ['issue', {}, { code: 0 }],
    ['mint', { 'error.type': 'ERR_ISSUANCE' }, { code: 2, message: '[redacted]' }],
    ['issue', { 'error.type': 'SyntaxError' }, { code: 2, message: 'SyntaxError' }],
  ]);
});

it('leaves out a run in which nothing was done, and none that failed or did something', async () => {
  const tracer = tracerWith();
  await tracer.span('reconcile', async (span) => span.set('signet.key', 'idle'));
  await tracer.span('reconcile', async (span) => {
    span.set('signet.key', 'failed');
    span.fail(new SignetError('ERR_NOT_SIGNING', 'not now'));
  });
  await tracer.span('reconcile', async (span) => {
    span.set('signet.key', 'busy');
    tracer.record('get secrets', 1, {});
  });
  await tracer.span('reconcile', async (span) => {
    span.set('signet.key', 'told of');
    tracer.traceID();
  });
  await tracer.stop();
  const keys = receiver.spans.map(({ attributes }) => attributes['signet.key']).filter((key) => key !== undefined);
  expect(keys).toEqual(['failed', 'busy', 'told of']);
});

it('leaves out calls that are no part of anything, and those of timers that outlive their span', async () => {
  const tracer = tracerWith();
  tracer.record('watch secrets', 1, {});
  const { promise, resolve } = Promise.withResolvers<void>();
  await tracer.span('issue', async () => {
    void promise.then(() => tracer.record('create events', 1, {}));
  });
  resolve();
  await tracer.stop();
  expect(receiver.spans.map(({ name }) => name)).toEqual(['issue']);
});

it('measures with the monotonic clock, although the wall clock jumps', async () => {
  const tracer = tracerWith();
  const began = clock.now();
  await tracer.span('issue', async () => {
    await clock.advance(10);
    clock.jump(-3600 * SECOND);
    await tracer.span('mint', () => clock.advance(5));
  });
  const tree = await treeAfter(tracer);
  const [mint] = tree.parts;
  const milliseconds = (span: ReceivedSpan | undefined) =>
    span === undefined ? [] : [span.startedAt, span.endedAt].map((at) => Number(at / 1_000_000n) - began);
  expect([milliseconds(tree), milliseconds(mint)]).toEqual([
    [0, 15],
    [10, 15],
  ]);
});

it('tells the ID of a trace only where it is recorded', async () => {
  const seen: (string | undefined)[] = [];
  for (const sampleRatio of [0, 1]) {
    const tracer = tracerWith({ sampleRatio });
    expect(tracer.traceID()).toBeUndefined();
    await tracer.span('issue', () => tracer.span('mint', async () => void seen.push(tracer.traceID())));
    await tracer.stop();
  }
  expect(seen).toEqual([undefined, receiver.spans[0]?.traceID]);
  expect(receiver.spans).toHaveLength(2);
});

it('cuts what others may have made long', async () => {
  const tracer = tracerWith();
  await tracer.span('review', async (span) => span.set('signet.object_name', 'x'.repeat(100_000)));
  expect(String((await treeAfter(tracer)).attributes['signet.object_name'])).toHaveLength(512);
});

it('keeps of a long text what goes out, and not the whole of it for as long as that waits', async () => {
  const tracer = tracerWith();
  const before = heapInUse();
  for (let nth = 0; nth < 64; nth += 1) {
    await tracer.span('review', async (span) => {
      span.set('signet.object_name', Buffer.alloc(1_000_000, `${nth} `).toString());
      span.set('signet.policies', [Buffer.alloc(1_000_000, `${nth} `).toString()]);
    });
  }
  expect(heapInUse() - before).toBeLessThan(16_000_000);
  await tracer.stop();
  expect(receiver.spans).toHaveLength(64);
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return getHeapStatistics().used_heap_size;
}

it('sends nothing secret, whoever put it where', async () => {
  const tracer = tracerWith();
  const secret = '-----BEGIN PRIVATE KEY-----';
  await tracer.span('review', async (span) => {
    span.set('signet.object_name', secret);
    span.set('signet.policies', ['short-lived (maxTTL)', secret]);
    span.set('signet.dry_run', false);
  });
  expect((await treeAfter(tracer)).attributes).toEqual({
    'signet.object_name': '[redacted]',
    'signet.policies': ['short-lived (maxTTL)', '[redacted]'],
    'signet.dry_run': false,
  });
});
