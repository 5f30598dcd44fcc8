// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { ControllerObserver } from '../../../src/controller/controller.ts';
import type { Reconcile } from '../../../src/controller/result.ts';
import { SignetError } from '../../../src/errors.ts';
import { loggingObserver } from '../../../src/observability/controller-log.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { linesTo } from '../../support/log-lines.ts';
import { type RecordingTracer, recordingTracer } from '../../support/recording-tracer.ts';
import { aController } from './controller-bench.ts';

const CONFLICT = new SignetError('ERR_KUBE_CONFLICT', 'changed meanwhile');

function traced(reconcile: Reconcile, tracer: RecordingTracer) {
  const observer: ControllerObserver = { started: () => undefined, finished: () => undefined, tracer };
  return aController(reconcile, { observer, workers: 1 });
}

it('makes each run a span: what waited how long, which try it is, and what came of it', async () => {
  const tracer = recordingTracer();
  let failures = 2;
  const { clock, controller } = traced(async (key) => {
    if (key === 'slow') await new Promise<void>((resolve) => clock.after(50, resolve));
    else if (failures-- > 0) throw CONFLICT;
    return {};
  }, tracer);
  controller.enqueue('slow');
  controller.enqueue('checkout');
  controller.start();
  await clock.advance(1000);
  expect(tracer.spans.every(({ name }) => name === 'reconcile')).toBe(true);
  const common = { 'signet.controller': 'test', 'signet.key': 'checkout' };
  const [slow, ...tries] = tracer.spans.map(({ attributes }) => attributes);
  expect(slow).toMatchObject({ 'signet.key': 'slow', 'signet.retry': 0, 'signet.outcome': 'success' });
  expect(tries).toEqual([
    { ...common, 'signet.queue_wait_ms': 50, 'signet.retry': 0, 'signet.outcome': 'error' },
    { ...common, 'signet.queue_wait_ms': 0, 'signet.retry': 1, 'signet.outcome': 'error' },
    { ...common, 'signet.queue_wait_ms': 0, 'signet.retry': 2, 'signet.outcome': 'success' },
  ]);
  expect(tracer.spans.map(({ failures }) => failures)).toEqual([[], [CONFLICT], [CONFLICT], []]);
});

it('tells of the end of a run within its span, so that the line in the log has the trace', async () => {
  const lines: Record<string, unknown>[] = [];
  let within: string | undefined;
  const output = linesTo((line) => void lines.push(JSON.parse(line)));
  const logger = createLogger({ level: 'info', format: 'json', now: () => 0, output, traceID: () => within });
  const recording = recordingTracer();
  const tracer: RecordingTracer = {
    ...recording,
    span: (name, run) => {
      within = 'a1b2';
      return recording.span(name, run).finally(() => {
        within = undefined;
      });
    },
  };
  const observer = loggingObserver(logger.child({ controller: 'test' }), {
    started: () => undefined,
    finished: () => undefined,
    tracer,
  });
  const { clock, controller } = aController(() => Promise.reject(new SignetError('ERR_ISSUANCE', 'no')), { observer });
  controller.enqueue('checkout');
  controller.start();
  await clock.advance(0);
  logger.info('Outside');
  expect(lines[0]).toMatchObject({ msg: 'Reconcile failed and will be tried again', trace_id: 'a1b2' });
  expect(lines.at(-1)).toEqual({ level: 'info', time: '1970-01-01T00:00:00.000Z', msg: 'Outside' });
});
