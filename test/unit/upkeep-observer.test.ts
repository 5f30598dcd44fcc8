// SPDX-License-Identifier: Apache-2.0
/**
 * What is told of the webhook's upkeep: every step is counted, whether admission works is logged when it changes.
 * @module
 */
import { expect, it } from 'vitest';
import type { Logger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { PROBE_RESULTS } from '../../src/reconcilers/webhook/probe.ts';
import { upkeepObserver } from '../../src/upkeep-observer.ts';

const NONE = {
  version: '0',
  controllers: [],
  issuanceReasons: [],
  identityStates: [],
  trustDomainStates: [],
  rotationActions: [],
  reflectors: [],
};

function observing() {
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const metrics = createMetrics({ ...NONE, probeResults: PROBE_RESULTS });
  return { logged, metrics, observer: upkeepObserver({ logger, metrics }) };
}

it('says once that admission works, and that it does not', async () => {
  const { logged, metrics, observer } = observing();
  expect(await metrics.scrape()).not.toMatch(/^signet_admission_works /m);
  observer.probed({ result: 'Refused' });
  observer.probed({ result: 'Refused' });
  expect(await metrics.scrape()).toMatch(/^signet_admission_works 1$/m);
  observer.probed({ result: 'Unreachable', detail: 'failed calling webhook' });
  const text = await metrics.scrape();
  expect(text).toMatch(/^signet_admission_works 0$/m);
  expect(text).toMatch(/^signet_admission_probes_total\{result="Refused"\} 2$/m);
  expect(text).toMatch(/^signet_admission_probes_total\{result="Admitted"\} 0$/m);
  expect(logged).toEqual(['Admission works', 'Admission does not work: the API server cannot reach the webhook']);
  metrics.admissionUnknown();
  expect(await metrics.scrape()).not.toMatch(/^signet_admission_works /m);
});

it('counts the steps of the certificate', async () => {
  const { metrics, observer } = observing();
  observer.step({ kind: 'Promote' });
  observer.bundleWritten('signet-webhook');
  observer.looked(1_700_000_000_000);
  const text = await metrics.scrape();
  expect(text).toMatch(/^signet_webhook_certificate_steps_total\{step="Promote"\} 1$/m);
  expect(text).toMatch(/^signet_webhook_certificate_steps_total\{step="Publish"\} 1$/m);
  expect(text).toMatch(/^signet_webhook_certificate_expiry_timestamp_seconds 1700000000$/m);
  observer.looked(undefined);
  expect(await metrics.scrape()).not.toMatch(/^signet_webhook_certificate_expiry_timestamp_seconds /m);
});
