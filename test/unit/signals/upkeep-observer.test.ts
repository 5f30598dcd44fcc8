// SPDX-License-Identifier: Apache-2.0
/**
 * What is told of the webhook's upkeep: every step is counted, whether admission works is logged when it changes.
 * @module
 */
import { expect, it } from 'vitest';
import type { EventRecord } from '../../../src/kube/events.ts';
import type { Logger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { PROBE_RESULTS } from '../../../src/reconcilers/webhook-upkeep/probe.ts';
import { upkeepObserver } from '../../../src/signals/upkeep-observer.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const ABOUT = { name: 'signet-webhook', uid: 'u' };

function observing() {
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const metrics = createMetrics({ ...NO_LABELS, probeResults: PROBE_RESULTS });
  const events: EventRecord[] = [];
  const record = (event: EventRecord): void => void events.push(event);
  return { logged, metrics, events, observer: upkeepObserver({ logger, metrics, record }) };
}

it('says once that admission works, and that it does not', async () => {
  const { logged, metrics, observer } = observing();
  expect(await metrics.scrape()).not.toMatch(/^signet_admission_works /m);
  observer.probed({ result: 'Refused' }, ABOUT);
  observer.probed({ result: 'Refused' }, ABOUT);
  expect(await metrics.scrape()).toMatch(/^signet_admission_works 1$/m);
  observer.probed({ result: 'Unreachable', detail: 'failed calling webhook' }, ABOUT);
  const text = await metrics.scrape();
  expect(text).toMatch(/^signet_admission_works 0$/m);
  expect(text).toMatch(/^signet_admission_probes_total\{result="Refused"\} 2$/m);
  expect(text).toMatch(/^signet_admission_probes_total\{result="Admitted"\} 0$/m);
  expect(logged).toEqual(['Admission works', 'Admission does not work: the API server cannot reach the webhook']);
  metrics.admissionUnknown();
  expect(await metrics.scrape()).not.toMatch(/^signet_admission_works /m);
});

it('tells of it in an event when it stops working, and when it works again', () => {
  const { observer, events } = observing();
  for (const result of ['Unreachable', 'Refused', 'Admitted'] as const) observer.probed({ result }, ABOUT);
  expect(events).toEqual([]);
  observer.probed({ result: 'Admitted' }, { name: ABOUT.name, uid: undefined });
  observer.probed({ result: 'Admitted' }, ABOUT);
  observer.probed({ result: 'Refused' }, ABOUT);
  expect(events).toMatchObject([
    { type: 'Warning', reason: 'AdmissionNotWorking', regarding: { name: 'signet-webhook' } },
    { type: 'Normal', reason: 'AdmissionWorking', regarding: { kind: 'ValidatingWebhookConfiguration', uid: 'u' } },
  ]);
});

it('counts the steps of the certificate', async () => {
  const { metrics, observer } = observing();
  observer.step({ kind: 'Promote' });
  observer.bundleWritten('signet-webhook');
  observer.looked({ notBefore: 1_699_900_000_000, notAfter: 1_700_000_000_000 });
  const text = await metrics.scrape();
  expect(text).toMatch(/^signet_webhook_certificate_steps_total\{step="Promote"\} 1$/m);
  expect(text).toMatch(/^signet_webhook_certificate_steps_total\{step="Publish"\} 1$/m);
  expect(text).toMatch(/^signet_webhook_certificate_start_timestamp_seconds 1699900000$/m);
  expect(text).toMatch(/^signet_webhook_certificate_expiry_timestamp_seconds 1700000000$/m);
  observer.looked(undefined);
  expect(await metrics.scrape()).not.toMatch(/^signet_webhook_certificate_\w+_timestamp_seconds /m);
});
