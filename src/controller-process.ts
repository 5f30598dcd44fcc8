// SPDX-License-Identifier: Apache-2.0
/**
 * One `signet controller`: from its configuration to everything running, with probes and metrics around the app.
 * @module
 */
import { IDENTITY_REASONS, TRUST_DOMAIN_REASONS } from './api/conditions.ts';
import { ROTATION_ACTIONS } from './api/trust-domain.ts';
import { type App, createApp } from './app.ts';
import { appObserver } from './app-observer.ts';
import type { ControllerConfig } from './config/config.ts';
import { type Clock, systemClock } from './controller/clock.ts';
import { Manager, type Runnable, type Stopped } from './controller/manager.ts';
import { ISSUE_REASONS } from './identity/checks.ts';
import { ClockSkew } from './kube/clock-skew.ts';
import type { Cluster } from './kube/cluster.ts';
import { EventRecorder } from './kube/events.ts';
import { HTTPTransport } from './kube/http-transport.ts';
import { inCluster } from './kube/in-cluster.ts';
import { fromKubeconfig } from './kube/kubeconfig.ts';
import { EventLoopProbe } from './observability/event-loop.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import type { ProcessReading } from './observability/metric-sources.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { ObservabilityServer } from './observability/server.ts';
import { metricSources, readiness } from './readings.ts';
import { VERSION } from './version.ts';

export interface ControllerProcessOptions {
  readonly config: ControllerConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly readProcess: () => ProcessReading;
  /** Something the process edge wants logged. */
  readonly warning: string | undefined;
}

export interface RunningController {
  /** Stops everything in order, within 5 s. */
  stop(): Promise<Stopped>;
  readonly stopped: Promise<Stopped>;
}

/** Starts a controller; what goes wrong later shows in `stopped`. Rejects with ERR_CONFIG when it cannot start. */
export async function startController(options: ControllerProcessOptions): Promise<RunningController> {
  const { config, env, pid, warning, readProcess } = options;
  const clock = systemClock;
  const logger = createLogger({ ...config.log, now: () => clock.now() });
  if (warning !== undefined) logger.warn('Process should be started otherwise', { detail: warning });
  const metrics = createMetrics({
    version: VERSION,
    controllers: ['service-identity', 'trust-domain', 'identity-policy', 'bundle'],
    issuanceReasons: ISSUE_REASONS,
    identityStates: Object.keys(IDENTITY_REASONS),
    trustDomainStates: Object.keys(TRUST_DOMAIN_REASONS),
    rotationActions: ROTATION_ACTIONS,
    reflectors: [
      'namespaces',
      'serviceaccounts',
      'trustdomains',
      'secrets',
      'serviceidentities',
      'identitypolicies',
      'configmaps',
    ],
  });
  const skew = new ClockSkew(clock);
  const transport = new HTTPTransport({
    cluster: await openCluster(config, env),
    clock,
    userAgent: `signet/${VERSION}`,
    connections: config.maxWritesInFlight,
    observer: {
      onCall: (call) => metrics.apiCall(call),
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
    // A restarted container keeps its pod name; its Lease identity must not.
    lease: config.leaderElection.enabled
      ? {
          ...config.leaderElection,
          name: config.leaderElection.leaseName,
          identity: `${config.podName}_${pid}_${clock.now()}`,
        }
      : undefined,
    defaultTrustDomain: config.defaultTrustDomain,
    observer: appObserver({ logger, metrics, clock, record: (event) => events.record(event) }),
  });
  metrics.observe(metricSources(app, { skew, clock, readProcess }));
  const manager = new Manager({
    clock,
    runnables: [
      { name: 'transport', start: () => undefined, stop: () => transport.close() },
      { name: 'events', start: () => undefined, stop: () => events.stop() },
      observability({ config, app, skew, metrics, logger, clock }),
      ...app.runnables,
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

function openCluster(config: ControllerConfig, env: ControllerProcessOptions['env']): Promise<Cluster> {
  if (config.kubeconfig === undefined) return inCluster({ env, directory: config.serviceAccountDirectory });
  const context = config.context === undefined ? {} : { context: config.context };
  return fromKubeconfig({ path: config.kubeconfig, ...context });
}

interface ObservabilityParts {
  readonly config: ControllerConfig;
  readonly app: App;
  readonly skew: ClockSkew;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

function observability({ config, app, skew, metrics, logger, clock }: ObservabilityParts): Runnable {
  const probe = new EventLoopProbe(clock, (lag) => metrics.eventLoopLag(lag));
  const server = new ObservabilityServer({
    ...config.metricsAddress,
    live: {},
    ready: readiness(app, skew),
    metrics,
    onProblem: (error) => logger.warn('Probe or scrape could not be answered', { err: error }),
  });
  return {
    name: 'observability',
    start: async () => {
      probe.start();
      const { address, port } = await server.start();
      logger.info('Serving probes and metrics', { address, port });
    },
    stop: () => {
      probe.stop();
      return server.stop();
    },
  };
}
