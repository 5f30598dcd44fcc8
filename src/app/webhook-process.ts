// SPDX-License-Identifier: Apache-2.0
/**
 * One `signet webhook`: from its configuration to everything running, with probes and metrics around the app.
 * @module
 */

import type { WebhookConfig } from '../config/config.ts';
import type { Running } from '../controller/together.ts';
import { judge } from '../observability/health.ts';
import type { MetricSources } from '../observability/metric-sources.ts';
import { createMetrics } from '../observability/metrics.ts';
import { type Duration, SECOND } from '../time.ts';
import { VERSION } from '../version.ts';
import { JUDGED_KINDS } from '../webhook/judge.ts';
import { observability } from './observability-runnable.ts';
import { controllerReading, reflectorReading } from './readings.ts';
import { openSurroundings, openTransport, outermost, type ProcessOptions, startProcess } from './role-process.ts';
import { CERTIFICATE_CONTROLLER, createWebhookApp } from './webhook-app.ts';

/** For what is left to stop when the server has gone on for as long as it was told to. */
const STOP_AFTERWARDS: Duration = 5 * SECOND;

/**
 * Starts a webhook; what goes wrong later shows in `stopped`. To stop, it answers on until API servers have heard of it.
 * Rejects with ERR_CONFIG when it cannot start.
 */
export async function startWebhook(options: ProcessOptions<WebhookConfig>): Promise<Running> {
  const { config, env, readProcess } = options;
  const instance = env['HOSTNAME'] ?? 'webhook';
  const surroundings = await openSurroundings(options, { service: 'signet-webhook', instance });
  const { clock, logger, audit, tracing } = surroundings;
  const { tracer } = tracing;
  const metrics = createMetrics({
    version: VERSION,
    controllers: [CERTIFICATE_CONTROLLER],
    issuanceReasons: [],
    identityStates: [],
    trustDomainStates: [],
    rotationActions: [],
    reflectors: ['namespaces', 'trustdomains', 'identitypolicies', 'serviceidentities', 'secrets'],
    reviewedKinds: JUDGED_KINDS,
  });
  const userAgent = `signet-webhook/${VERSION}`;
  const transport = await openTransport(options, { ...surroundings, metrics }, { userAgent });
  tracing.tell({ logger, metrics });
  const app = createWebhookApp({ config, transport, clock, metrics, logger, audit, tracer });
  const sources: MetricSources = {
    controllers: () => [controllerReading(app.controller)],
    reflectors: () => app.reflectors.map((reflector) => reflectorReading(reflector, clock)),
    ready: () => judge(app.ready).healthy,
    process: readProcess,
  };
  const runnables = [
    ...outermost(tracing, transport),
    observability({ address: config.metricsAddress, ready: app.ready, metrics, sources, logger, clock }),
    ...app.runnables,
  ];
  const stopDeadline = config.shutdownDelay + STOP_AFTERWARDS;
  return startProcess({ clock, runnables, stopDeadline }, logger, { namespace: config.namespace });
}
