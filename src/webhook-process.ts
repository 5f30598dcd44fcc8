// SPDX-License-Identifier: Apache-2.0
/**
 * One `signet webhook`: from its configuration to everything running, with probes and metrics around the app.
 * @module
 */
import { openCluster } from './cluster-access.ts';
import type { WebhookConfig } from './config/config.ts';
import { systemClock } from './controller/clock.ts';
import { Manager, type Stopped } from './controller/manager.ts';
import { HTTPTransport } from './kube/http-transport.ts';
import { createAudit, NO_AUDIT } from './observability/audit.ts';
import { judge } from './observability/health.ts';
import { standardOutput } from './observability/log-output.ts';
import { createLogger } from './observability/logger.ts';
import type { ProcessReading } from './observability/metric-sources.ts';
import { createMetrics } from './observability/metrics.ts';
import { observability } from './observability-runnable.ts';
import { controllerReading, reflectorReading } from './readings.ts';
import { type Duration, SECOND } from './time.ts';
import { callObserver, openTracing } from './tracing.ts';
import { VERSION } from './version.ts';
import { JUDGED_KINDS } from './webhook/judge.ts';
import { CERTIFICATE_CONTROLLER, createWebhookApp } from './webhook-app.ts';

export interface WebhookProcessOptions {
  readonly config: WebhookConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readProcess: () => ProcessReading;
  /** Runs before the process ends, however it ends by itself. */
  readonly atExit: (run: () => void) => void;
  /** Something the process edge wants logged. */
  readonly warning: string | undefined;
}

export interface RunningWebhook {
  /** Answers on until API servers have heard of it, then stops everything in order. */
  stop(): Promise<Stopped>;
  readonly stopped: Promise<Stopped>;
}

/** For what is left to stop when the server has gone on for as long as it was told to. */
const STOP_AFTERWARDS: Duration = 5 * SECOND;

/** Starts a webhook; what goes wrong later shows in `stopped`. Rejects with ERR_CONFIG when it cannot start. */
export async function startWebhook({
  config,
  env,
  readProcess,
  atExit,
  warning,
}: WebhookProcessOptions): Promise<RunningWebhook> {
  const clock = systemClock;
  const output = standardOutput(clock);
  atExit(() => output.flush());
  const now = () => clock.now();
  const { namespace } = config;
  const instance = env['HOSTNAME'] ?? 'webhook';
  const tracing = await openTracing(config.tracing, { service: 'signet-webhook', instance, namespace, clock });
  const { tracer } = tracing;
  const logger = createLogger({ ...config.log, now, output, ...tracing.lines });
  const audit = config.auditLog === 'off' ? NO_AUDIT : createAudit({ output, now, instance, ...tracing.lines });
  if (warning !== undefined) logger.warn('Process should be started otherwise', { detail: warning });
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
  const transport = new HTTPTransport({
    cluster: await openCluster(config, env),
    clock,
    userAgent: `signet-webhook/${VERSION}`,
    observer: {
      onCall: callObserver(metrics, tracer),
      onProblem: (error) => logger.warn('Credentials could not be read again', { err: error }),
    },
  });
  tracing.tell({ logger, metrics });
  const app = createWebhookApp({ config, transport, clock, metrics, logger, audit, tracer });
  metrics.observe({
    controllers: () => [controllerReading(app.controller)],
    reflectors: () => app.reflectors.map((reflector) => reflectorReading(reflector, clock)),
    ready: () => judge(app.ready).healthy,
    process: readProcess,
  });
  const manager = new Manager({
    clock,
    stopDeadline: config.shutdownDelay + STOP_AFTERWARDS,
    runnables: [
      ...tracing.runnables,
      { name: 'transport', start: () => undefined, stop: () => transport.close() },
      observability({ address: config.metricsAddress, ready: app.ready, metrics, logger, clock }),
      ...app.runnables,
    ],
  });
  logger.info('Starting', { version: VERSION, namespace: config.namespace });
  void manager.start();
  void manager.stopped.then(({ error, unfinished }) => {
    if (error !== undefined) logger.error('Stopped by an error', { err: error });
    else logger.info('Stopped', { unfinished });
  });
  return { stop: () => manager.stop(), stopped: manager.stopped };
}
