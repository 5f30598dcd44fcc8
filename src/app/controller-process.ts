// SPDX-License-Identifier: Apache-2.0
/**
 * One `signet controller`: from its configuration to everything running, with probes and metrics around the app.
 * @module
 */

import type { ControllerConfig } from '../config/config.ts';
import type { Running } from '../controller/together.ts';
import { ClockSkew } from '../kube/clock-skew.ts';
import { EventRecorder } from '../kube/events.ts';
import { createMetrics } from '../observability/metrics.ts';
import { sampled, WARNINGS } from '../observability/sampling.ts';
import { appObserver } from '../signals/app-observer.ts';
import { controllerLabels } from '../signals/controller-labels.ts';
import { type Duration, SECOND } from '../time.ts';
import { VERSION } from '../version.ts';
import { createApp } from './app.ts';
import { firstCollection } from './first-collection.ts';
import { observability } from './observability-runnable.ts';
import { proberOf } from './prober-runnable.ts';
import { metricSources, readiness } from './readings.ts';
import { openSurroundings, openTransport, outermost, type ProcessOptions, startProcess } from './role-process.ts';

export interface ControllerProcessOptions extends ProcessOptions<ControllerConfig> {
  readonly pid: number;
  /** Collects all garbage at once and gives the memory back. */
  readonly collectGarbage: () => void;
}

/** How long API servers may take to hear of a changed caBundle: their watches tell within a second. */
const LONGEST_UPTAKE: Duration = 15 * SECOND;
/** Runs that end, and a Lease given up to an API server that is slow; less than the chart's grace period. */
const STOP_DEADLINE: Duration = 8 * SECOND;

/**
 * Starts a controller, which stops everything in order, within 8 s; what goes wrong later shows in `stopped`. Rejects
 * with ERR_CONFIG when it cannot start.
 */
export async function startController(options: ControllerProcessOptions): Promise<Running> {
  const { config, pid, readProcess, collectGarbage } = options;
  const { podName: instance } = config;
  const surroundings = await openSurroundings(options, { service: 'signet-controller', instance });
  const { clock, audit, tracing } = surroundings;
  const { tracer } = tracing;
  const logger = sampled(surroundings.logger, { clock, ...WARNINGS, onLeftOut: () => metrics.logLinesLeftOut(1) });
  const metrics = createMetrics(
    controllerLabels({ webhook: config.webhook !== undefined, prober: config.prober !== undefined }),
  );
  tracing.tell({ logger, metrics });
  const skew = new ClockSkew(clock);
  const transport = await openTransport(
    options,
    { clock, logger, tracing, metrics },
    {
      userAgent: `signet/${VERSION}`,
      connections: config.maxWritesInFlight,
      onServerDate: (reading) => skew.observe(reading),
    },
  );
  const events = new EventRecorder({
    transport,
    clock,
    instance,
    // Each costs the API server as much as half an SVID.
    busy: () => (app.term.controller?.queue.length ?? 0) > 0,
    onSent: () => metrics.event('sent'),
    onDropped: (error) => {
      metrics.event('dropped');
      if (error !== undefined) logger.warn('Event could not be written', { err: error });
    },
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
          identity: `${instance}_${pid}_${clock.now()}`,
        }
      : undefined,
    defaultTrustDomain: config.defaultTrustDomain,
    reload: config.reload,
    webhook: config.webhook && { ...config.webhook, uptake: Math.min(LONGEST_UPTAKE, config.webhook.lifetime / 10) },
    observer: appObserver({ logger, metrics, clock, record: (event) => events.record(event), audit, tracer }),
  });
  const sources = metricSources(app, { skew, clock, readProcess, identityLimit: config.identityMetricsLimit });
  const runnables = [
    ...outermost(tracing, transport),
    { name: 'events', start: () => undefined, stop: () => events.stop() },
    // It has rates of its own for its logger.
    observability({
      logger: surroundings.logger,
      clock,
      address: config.metricsAddress,
      ready: readiness(app, skew),
      metrics,
      sources,
    }),
    ...app.runnables,
    firstCollection(clock, collectGarbage),
    ...(config.prober === undefined
      ? []
      : [proberOf(config.prober, { app, transport, clock, metrics, logger, tracer })]),
  ];
  const { namespace, trustDomain } = config;
  return startProcess({ clock, runnables, stopDeadline: STOP_DEADLINE }, logger, { namespace, trustDomain });
}
