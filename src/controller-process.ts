// SPDX-License-Identifier: Apache-2.0
/**
 * One `signet controller`: from its configuration to everything running, with probes and metrics around the app.
 * @module
 */
import { createApp } from './app.ts';
import { appObserver } from './app-observer.ts';
import { openCluster } from './cluster-access.ts';
import type { ControllerConfig } from './config/config.ts';
import { systemClock } from './controller/clock.ts';
import { Manager, type Stopped } from './controller/manager.ts';
import { controllerLabels } from './controller-labels.ts';
import { firstCollection } from './first-collection.ts';
import { ClockSkew } from './kube/clock-skew.ts';
import { EventRecorder } from './kube/events.ts';
import { HTTPTransport } from './kube/http-transport.ts';
import { createAudit, NO_AUDIT } from './observability/audit.ts';
import { standardOutput } from './observability/log-output.ts';
import { createLogger } from './observability/logger.ts';
import type { ProcessReading } from './observability/metric-sources.ts';
import { createMetrics } from './observability/metrics.ts';
import { sampled } from './observability/sampling.ts';
import { observability } from './observability-runnable.ts';
import { proberOf } from './prober-runnable.ts';
import { metricSources, readiness } from './readings.ts';
import { type Duration, SECOND } from './time.ts';
import { callObserver, openTracing } from './tracing.ts';
import { VERSION } from './version.ts';

export interface ControllerProcessOptions {
  readonly config: ControllerConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly readProcess: () => ProcessReading;
  /** Runs before the process ends, however it ends by itself. */
  readonly atExit: (run: () => void) => void;
  /** Collects all garbage at once and gives the memory back. */
  readonly collectGarbage: () => void;
  /** Something the process edge wants logged. */
  readonly warning: string | undefined;
}

export interface RunningController {
  /** Stops everything in order, within 5 s. */
  stop(): Promise<Stopped>;
  readonly stopped: Promise<Stopped>;
}

/** Lines of each message. */
const WARNINGS = { burst: 20, perSecond: 2 } as const;
/** How long API servers may take to hear of a changed caBundle: their watches tell within a second. */
const LONGEST_UPTAKE: Duration = 15 * SECOND;

/** Starts a controller; what goes wrong later shows in `stopped`. Rejects with ERR_CONFIG when it cannot start. */
export async function startController(options: ControllerProcessOptions): Promise<RunningController> {
  const { config, env, pid, warning, readProcess, atExit, collectGarbage } = options;
  const clock = systemClock;
  const output = standardOutput(clock);
  atExit(() => output.flush());
  const now = () => clock.now();
  const { podName: instance, namespace } = config;
  const tracing = await openTracing(config.tracing, { service: 'signet-controller', instance, namespace, clock });
  const { tracer } = tracing;
  const plain = createLogger({ ...config.log, now, output, ...tracing.lines });
  const logger = sampled(plain, { clock, ...WARNINGS, onLeftOut: () => metrics.logLinesLeftOut(1) });
  const audit = config.auditLog === 'off' ? NO_AUDIT : createAudit({ output, now, instance, ...tracing.lines });
  if (warning !== undefined) plain.warn('Process should be started otherwise', { detail: warning });
  const metrics = createMetrics(
    controllerLabels({ webhook: config.webhook !== undefined, prober: config.prober !== undefined }),
  );
  tracing.tell({ logger, metrics });
  const skew = new ClockSkew(clock);
  const transport = new HTTPTransport({
    cluster: await openCluster(config, env),
    clock,
    userAgent: `signet/${VERSION}`,
    connections: config.maxWritesInFlight,
    observer: {
      onCall: callObserver(metrics, tracer),
      onServerDate: (reading) => skew.observe(reading),
      onProblem: (error) => logger.warn('Credentials could not be read again', { err: error }),
    },
  });
  const events = new EventRecorder({
    transport,
    clock,
    instance: config.podName,
    onSent: () => metrics.event('sent'),
    onDropped: () => metrics.event('dropped'),
  });
  const app = createApp({
    transport,
    clock,
    skew,
    settings: {
      ownNamespace: config.namespace,
      clusterDomain: config.clusterDomain,
      allowedKeyPrefixes: config.secretMetadataPrefixes,
    },
    workers: config.workers,
    watchNamespaces: config.watchNamespaces,
    // A restarted container keeps its pod name; its Lease identity must not.
    lease: config.leaderElection.enabled
      ? {
          ...config.leaderElection,
          name: config.leaderElection.leaseName,
          identity: `${config.podName}_${pid}_${clock.now()}`,
        }
      : undefined,
    defaultTrustDomain: config.defaultTrustDomain,
    reload: config.reload,
    webhook: config.webhook && { ...config.webhook, uptake: Math.min(LONGEST_UPTAKE, config.webhook.lifetime / 10) },
    observer: appObserver({ logger, metrics, clock, record: (event) => events.record(event), audit, tracer }),
  });
  metrics.observe(metricSources(app, { skew, clock, readProcess, identityLimit: config.identityMetricsLimit }));
  const manager = new Manager({
    clock,
    runnables: [
      ...tracing.runnables,
      { name: 'transport', start: () => undefined, stop: () => transport.close() },
      { name: 'events', start: () => undefined, stop: () => events.stop() },
      observability({ address: config.metricsAddress, ready: readiness(app, skew), metrics, logger, clock }),
      ...app.runnables,
      firstCollection(clock, collectGarbage),
      ...(config.prober === undefined
        ? []
        : [proberOf(config.prober, { app, transport, clock, metrics, logger, tracer })]),
    ],
  });
  logger.info('Starting', { version: VERSION, namespace: config.namespace, trustDomain: config.trustDomain });
  void manager.start();
  void manager.stopped.then(({ error, unfinished }) => {
    if (error !== undefined) logger.error('Stopped by an error', { err: error });
    else logger.info('Stopped', { unfinished });
  });
  return { stop: () => manager.stop(), stopped: manager.stopped };
}
