// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root of `signet webhook`: its caches, its judge, its certificate and its server, and the order in which
 * they start and stop.
 * @module
 */
import type { TrustDomain } from './api/trust-domain.ts';
import type { WebhookConfig } from './config/config.ts';
import type { Clock } from './controller/clock.ts';
import { Controller } from './controller/controller.ts';
import type { Runnable } from './controller/manager.ts';
import { WorkQueue } from './controller/work-queue.ts';
import { isSignetError } from './errors.ts';
import { Reflector } from './kube/reflector.ts';
import { getObject, SECRETS, SERVICE_IDENTITIES, TRUST_DOMAINS } from './kube/resources.ts';
import { type Transport, withSignal } from './kube/transport.ts';
import type { Audit } from './observability/audit.ts';
import type { HealthChecks } from './observability/health.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';
import { projectTrustDomain } from './reconcilers/projections.ts';
import { reflectorObserver } from './reflector-observer.ts';
import { type Duration, SECOND } from './time.ts';
import { bounded } from './webhook/bounded.ts';
import { builtInJudge, type JudgeSources } from './webhook/judge.ts';
import { RareWarnings } from './webhook/rare-warnings.ts';
import { WebhookServer } from './webhook/server.ts';
import { ServingSource } from './webhook/serving.ts';
import { SVIDIndex, type SVIDSecret, svidSecret } from './webhook/svid-index.ts';

export interface WebhookAppOptions {
  readonly config: WebhookConfig;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly audit: Audit;
}

export interface WebhookApp {
  /** In the order in which they start. */
  readonly runnables: readonly Runnable[];
  readonly reflectors: readonly Reflector<unknown>[];
  readonly ready: HealthChecks;
  /** Loads the serving certificate. */
  readonly controller: Controller;
}

export const CERTIFICATE_CONTROLLER = 'serving-certificate';
/** API servers wait for a few seconds in all. */
const LIVE_READ_DEADLINE: Duration = 2 * SECOND;
/** At a time; a folder of identities is applied faster than that only by a program. */
const MAX_LIVE_READS = 16;
/** Watches tell of changes; this is for one that fails without a word. */
const LOAD_AGAIN: Duration = 60 * SECOND;
const LONGEST_LOAD_RETRY: Duration = 5 * SECOND;

/** Wires everything; nothing runs before the manager starts the runnables. */
export function createWebhookApp(options: WebhookAppOptions): WebhookApp {
  const { config, transport, clock, metrics, logger } = options;
  const observer = reflectorObserver({ logger, metrics });
  const common = { transport, clock, observer };
  const svids = new SVIDIndex();
  const trustDomains = new Reflector<TrustDomain>({ ...common, resource: TRUST_DOMAINS, project: projectTrustDomain });
  const identities = new Reflector<SVIDSecret>({
    ...common,
    resource: SERVICE_IDENTITIES,
    project: (object) => svidSecret(object as Parameters<typeof svidSecret>[0]),
    onEvent: (kind, key, now, before) => svids.changed(kind, key, now, before),
  });
  const secret = new Reflector<true>({
    ...common,
    resource: SECRETS,
    namespace: config.namespace,
    fieldSelector: `metadata.name=${config.secretName}`,
    metadataOnly: true,
    project: () => true,
    onEvent: () => controller.enqueue(config.secretName),
  });
  const reflectors = [trustDomains, identities, secret];
  const missingCaches = (): string | undefined => {
    const missing = reflectors.filter((reflector) => !reflector.hasSynced).map(({ name }) => name);
    return missing.length === 0 ? undefined : `not yet synced: ${missing.join(', ')}`;
  };
  const sources: JudgeSources = {
    trustDomain: (name) => trustDomains.get(name),
    liveTrustDomain: bounded(MAX_LIVE_READS, (name) => liveTrustDomain(transport, name)),
    svidAccount: (namespace, name) => svids.accountOf(namespace, name),
  };
  const { clusterDomain, secretMetadataPrefixes: allowedKeyPrefixes } = config;
  const server = new WebhookServer({
    ...config.address,
    clock,
    shutdownDelay: config.shutdownDelay,
    handler: {
      judge: builtInJudge({ sources, clusterDomain, allowedKeyPrefixes }),
      clock,
      metrics,
      logger,
      notReady: missingCaches,
      rare: new RareWarnings(clock, logger),
      audit: options.audit,
    },
  });
  const serving = new ServingSource({
    clock,
    namespace: config.namespace,
    secretName: config.secretName,
    take: (certificate) => server.setCertificate(certificate),
    onTaken: ({ notAfter, authorityID }) => {
      metrics.servingCertificate(notAfter);
      metrics.servingLoaded('success');
      logger.info('Took up a serving certificate', { authorityID, notAfter: new Date(notAfter).toISOString() });
    },
  });
  const counting = metrics.controllerObserver(CERTIFICATE_CONTROLLER);
  const controller: Controller = new Controller({
    name: CERTIFICATE_CONTROLLER,
    clock,
    workers: 1,
    queue: new WorkQueue({ clock, observer: metrics.queueObserver(CERTIFICATE_CONTROLLER) }),
    retryBounds: () => ({ max: LONGEST_LOAD_RETRY }),
    observer: {
      started: (key) => counting.started(key),
      finished: (run) => {
        counting.finished(run);
        if (run.error === undefined) return;
        metrics.servingLoaded('error');
        logger.warn('Serving certificate could not be taken up', { err: run.error });
      },
    },
    reconcile: async (_key, signal) => {
      await serving.load(withSignal(transport, signal));
      return { requeueAfter: LOAD_AGAIN };
    },
  });
  return {
    reflectors,
    controller,
    ready: {
      caches: missingCaches,
      certificate: () => serving.refusal(),
      running: () => (server.draining ? 'shutting down' : undefined),
    },
    runnables: [
      {
        name: 'caches',
        start: () => reflectors.forEach((reflector) => reflector.start()),
        stop: () => Promise.all(reflectors.map((reflector) => reflector.stop())),
      },
      {
        name: 'serving certificate',
        start: () => {
          controller.enqueue(config.secretName);
          controller.start();
        },
        stop: () => controller.stop(),
      },
      {
        name: 'webhook server',
        start: async () => {
          const { address, port } = await server.start();
          logger.info('Serving admission reviews', { address, port });
        },
        stop: () => server.stop(),
      },
    ],
  };
}

async function liveTrustDomain(transport: Transport, name: string): Promise<TrustDomain | undefined> {
  try {
    return await getObject<TrustDomain>(transport, TRUST_DOMAINS, { name, deadline: LIVE_READ_DEADLINE });
  } catch (error) {
    if (isSignetError(error, 'ERR_KUBE_NOT_FOUND')) return undefined;
    throw error;
  }
}
