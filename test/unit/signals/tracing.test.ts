// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { NO_TRACER } from '../../../src/controller/tracer.ts';
import { callObserver, openTracing, troubleOf } from '../../../src/signals/tracing.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordingTracer } from '../../support/recording-tracer.ts';

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>> | undefined];

function loggerInto(lines: Line[]) {
  return {
    info: (message: string, fields?: Line[2]) => void lines.push(['info', message, fields]),
    warn: (message: string, fields?: Line[2]) => void lines.push(['warn', message, fields]),
  };
}

it('is nothing at all where nobody asked for it', async () => {
  const clock = new ManualClock();
  const source = { service: 'signet-controller', instance: 'signet-0', namespace: 'signet-system', clock } as const;
  const { tracer, runnables, lines } = await openTracing(undefined, source);
  expect([tracer === NO_TRACER, runnables, lines]).toEqual([true, [], {}]);
});

it('passes work through unchanged without a tracer', async () => {
  expect(await NO_TRACER.span('issue', async (span) => span.set('signet.reason', 'RenewalDue'))).toBeUndefined();
  const failure = Promise.reject(new Error('as it is'));
  expect(NO_TRACER.span('issue', () => failure)).toBe(failure);
  await expect(failure).rejects.toThrow('as it is');
});

it('tells of a collector that is away once, again after a while, and when it is back', async () => {
  const clock = new ManualClock();
  const lines: Line[] = [];
  const trouble = troubleOf(clock, () => loggerInto(lines));
  trouble.over();
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  for (let batch = 0; batch < 5; batch += 1) trouble.dropped(512, away);
  await clock.advance(10 * MINUTE);
  trouble.dropped(1, undefined);
  await clock.advance(MINUTE);
  trouble.over();
  trouble.over();
  trouble.dropped(3, Object.assign(new Error('<html>token</html>'), { code: 503 }));
  const lost = 'Spans do not reach the collector and are dropped';
  expect(lines).toEqual([
    ['warn', lost, { dropped: 512, err: away }],
    ['warn', lost, { dropped: 2561, detail: 'there are more spans than the collector takes' }],
    ['info', 'Spans reach the collector again', { dropped: 2561 }],
    ['warn', lost, { dropped: 3, status: 503 }],
  ]);
});

it('tells once of a collector that takes some spans and not others', async () => {
  const clock = new ManualClock();
  const lines: Line[] = [];
  const trouble = troubleOf(clock, () => loggerInto(lines));
  for (let batch = 0; batch < 120; batch += 1) {
    trouble.dropped(1, undefined);
    trouble.over();
    await clock.advance(SECOND);
  }
  expect(lines.map(([level]) => level)).toEqual(['warn']);
  await clock.advance(MINUTE);
  trouble.over();
  expect(lines.at(-1)).toEqual(['info', 'Spans reach the collector again', { dropped: 120 }]);
});

it('makes a span of each attempt of a call, and counts it', () => {
  const counted: string[] = [];
  const tracer = recordingTracer();
  const observe = callObserver({ apiCall: ({ code }) => void counted.push(code) }, tracer);
  const call = { verb: 'create', resource: 'secrets', duration: 5 } as const;
  observe({ ...call, attempt: 1, code: '429' });
  observe({ ...call, attempt: 2, code: 'ERR_KUBE_TIMEOUT' });
  observe({ ...call, attempt: 3, code: '201' });
  observe({ ...call, resource: 'events', attempt: 1, code: '201' });
  expect(counted).toEqual(['429', 'ERR_KUBE_TIMEOUT', '201', '201']);
  expect(tracer.spans.map(({ name, attributes }) => [name, JSON.parse(JSON.stringify(attributes)) as unknown])).toEqual(
    [
      ['create secrets', { 'http.response.status_code': 429, 'error.type': '429' }],
      ['create secrets', { 'http.request.resend_count': 1, 'error.type': 'ERR_KUBE_TIMEOUT' }],
      ['create secrets', { 'http.response.status_code': 201, 'http.request.resend_count': 2 }],
    ],
  );
});
