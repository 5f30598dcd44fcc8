// SPDX-License-Identifier: Apache-2.0
/** @module What becomes of spans on their way to a collector, whatever that answers and whatever the environment says. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOTelTracer, type OTelTracer, type OTelTracerOptions } from '../../../src/observability/otel-tracer.ts';
import { createServingFiles } from '../../../src/pki/serving-certificate.ts';
import { HOUR, SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type OTLPReceiver, startReceiver } from '../../support/otlp-receiver.ts';

let receiver: OTLPReceiver;
let clock: ManualClock;
let sent: number[];
let dropped: unknown[];

beforeEach(async () => {
  receiver = await startReceiver();
  clock = new ManualClock();
  sent = [];
  dropped = [];
});
afterEach(() => receiver.close());

function tracerWith(settings: Partial<Pick<OTelTracerOptions, 'endpoint' | 'compression' | 'tls'>> = {}): OTelTracer {
  return createOTelTracer({
    endpoint: `${receiver.url}/v1/traces`,
    headers: { 'x-ours': '1' },
    compression: 'none',
    tls: {},
    sampleRatio: 1,
    resource: { 'service.name': 'signet-controller' },
    clock,
    onSent: (count) => void sent.push(count),
    onDropped: (count, error) => void dropped.push([count, error]),
    ...settings,
  });
}

it('gives a collector up that answers a little all the time and never ends', async () => {
  receiver.answerWith('endless');
  const tracer = tracerWith();
  await tracer.span('issue', async () => undefined);
  await clock.advance(2 * SECOND);
  await clock.advance(2 * SECOND);
  expect(dropped).toEqual([[1, expect.objectContaining({ code: 'ETIMEDOUT' }) as unknown]]);
});

it('drops what a collector refuses, with its status', async () => {
  receiver.answerWith(400);
  const tracer = tracerWith();
  await tracer.span('issue', async () => undefined);
  await tracer.stop();
  expect(dropped).toEqual([[1, expect.objectContaining({ code: 400 }) as unknown]]);
});

const rejecting = (rejectedSpans: unknown) => JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: 'no' } });
const rejection: unknown = expect.objectContaining({ code: 'PARTIAL_SUCCESS' });

async function threeSpans(body: string): Promise<void> {
  receiver.answerWith({ body });
  const tracer = tracerWith();
  for (let nth = 0; nth < 3; nth += 1) await tracer.span('issue', async () => undefined);
  await tracer.stop();
}

describe('a collector that takes a batch', () => {
  // 64-bit numbers are texts in JSON (protobuf.dev, ProtoJSON).
  it.each([2, '2'])('but rejects some of its spans (%j) has these counted as dropped', async (count) => {
    await threeSpans(rejecting(count));
    expect([sent, dropped]).toEqual([[1], [[2, rejection]]]);
  });

  it.each([3, '99', 1e9])('but rejects all of its spans (%j) was sent none', async (count) => {
    await threeSpans(rejecting(count));
    expect([sent, dropped]).toEqual([[], [[3, rejection]]]);
  });

  it.each([
    rejecting(0),
    rejecting('0'),
    rejecting(-1),
    rejecting('many'),
    rejecting(null),
    '{"partialSuccess":null}',
    '{"partialSuccess":7}',
    '[]',
    'null',
    '7',
    '',
    '<html>',
  ])('and answers %s has taken all of it', async (body) => {
    await threeSpans(body);
    expect([sent, dropped]).toEqual([[3], []]);
  });

  it('and rejected some of the one before has taken all of it', async () => {
    await threeSpans(rejecting(2));
    await threeSpans('{}');
    expect(sent).toEqual([1, 3]);
  });
});

it('takes no setting out of the environment by itself', async () => {
  const elsewhere = await startReceiver();
  const variables = {
    ENDPOINT: elsewhere.url,
    HEADERS: 'x-stray=1',
    COMPRESSION: 'gzip',
    TIMEOUT: '1',
    CERTIFICATE: '/nowhere',
    PROTOCOL: 'grpc',
  };
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value);
    vi.stubEnv(`OTEL_EXPORTER_OTLP_TRACES_${name}`, name === 'ENDPOINT' ? `${value}/v1/traces` : value);
  }
  const others = {
    OTEL_SDK_DISABLED: 'true',
    OTEL_SERVICE_NAME: 'stray',
    OTEL_RESOURCE_ATTRIBUTES: 'stray=1',
    OTEL_TRACES_SAMPLER: 'always_off',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_ATTRIBUTE_COUNT_LIMIT: '0',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '0',
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1',
  };
  for (const [name, value] of Object.entries(others)) vi.stubEnv(name, value);
  try {
    const tracer = tracerWith();
    await tracer.span('issue', async (span) => span.set('signet.reason', 'RenewalDue'));
    await tracer.stop();
    expect(receiver.spans).toMatchObject([{ name: 'issue', attributes: { 'signet.reason': 'RenewalDue' } }]);
    expect(receiver.spans[0]?.resource).toEqual({ 'service.name': 'signet-controller' });
    const [headers = {}] = receiver.headers;
    expect(headers).toMatchObject({ 'x-ours': '1', 'content-type': 'application/json' });
    expect(Object.keys(headers)).not.toContain('x-stray');
    expect(Object.keys(headers)).not.toContain('content-encoding');
    expect(elsewhere.headers).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    await elsewhere.close();
  }
});

it('compresses where it is told to', async () => {
  const tracer = tracerWith({ compression: 'gzip' });
  await tracer.span('issue', async () => undefined);
  await tracer.stop();
  expect([receiver.headers[0]?.['content-encoding'], receiver.spans.length]).toEqual(['gzip', 1]);
});

it('believes an https endpoint by the roots it was given alone, and shows its own certificate', async () => {
  const period = { dnsNames: ['localhost'], notBefore: Date.now() - HOUR, notAfter: Date.now() + HOUR };
  const [files, others] = await Promise.all([createServingFiles(period), createServingFiles(period)]);
  const shown: (string | undefined)[] = [];
  const server = createServer(
    { cert: files.certificate, key: files.key, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      shown.push((request.socket as TLSSocket).getPeerX509Certificate()?.toString());
      response.end('{}');
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, resolve);
  });
  const endpoint = `https://localhost:${(server.address() as AddressInfo).port}/v1/traces`;
  const [ca, strangers] = [files.authority.toString(), others.authority.toString()];
  const own = { cert: others.certificate.toString(), key: others.key.toString() };
  for (const tls of [{}, { ca: strangers }, { ca }, { ca, ...own }]) {
    const tracer = tracerWith({ endpoint, tls });
    await tracer.span('issue', async () => undefined);
    await tracer.stop();
  }
  server.close();
  server.closeAllConnections();
  expect([sent, dropped.length, shown]).toEqual([[1, 1], 2, [undefined, own.cert]]);
});
