// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root of `signet webhook`: its caches, its judge, its certificate and its server, and the order in which
 * they start and stop.
 * @module
 */

import type { IdentityPolicy } from '../api/identity-policy.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import type { TrustDomain } from '../api/trust-domain.ts';
import { compileExpression } from '../cel/compile.ts';
import type { WebhookConfig } from '../config/config.ts';
import type { Clock } from '../controller/clock.ts';
import { Controller } from '../controller/controller.ts';
import type { Runnable } from '../controller/manager.ts';
import { NO_TRACER, type Tracer } from '../controller/tracer.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import { Reflector } from '../kube/reflector.ts';
import { IDENTITY_POLICIES, NAMESPACES, SECRETS, SERVICE_IDENTITIES, TRUST_DOMAINS } from '../kube/resources.ts';
import { type Transport, withSignal } from '../kube/transport.ts';
import type { Audit } from '../observability/audit.ts';
import type { HealthChecks } from '../observability/health.ts';
import { lineRates } from '../observability/line-rates.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { sampled } from '../observability/sampling.ts';
import { PolicyBook } from '../policy/book.ts';
import type { IdentityFacts } from '../policy/subject.ts';
import { projectNamespace, projectPolicy, projectTrustDomain } from '../reconcilers/caches/projections.ts';
import type { NamespaceFacts } from '../reconcilers/namespace-facts.ts';
import { reflectorObserver } from '../signals/reflector-observer.ts';
import { type Duration, SECOND } from '../time.ts';
import { RARE, REFUSALS } from '../webhook/handler.ts';
import { IdentityIndex, identityFacts } from '../webhook/identity-index.ts';
import { admissionJudge } from '../webhook/judge.ts';
import { WebhookServer } from '../webhook/server.ts';
import { ServingSource } from '../webhook/serving-certificate.ts';
import type { JudgeSources } from '../webhook/sources.ts';
import { liveReads } from './live-reads.ts';
import { missingCaches } from './readings.ts';

export interface WebhookAppOptions {
  readonly config: WebhookConfig;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly tracer: Tracer;
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
/** Watches tell of changes; this is for one that fails without a word. */
const LOAD_AGAIN: Duration = 60 * SECOND;
const LONGEST_LOAD_RETRY: Duration = 5 * SECOND;

/** Wires everything; nothing runs before the manager starts the runnables. */
export function createWebhookApp(options: WebhookAppOptions): WebhookApp {
  const { config, transport, clock, metrics, logger, tracer } = options;
  const observer = reflectorObserver({ logger, metrics });
  const common = { transport, clock, observer };
  const index = new IdentityIndex();
  const book = new PolicyBook(compileExpression);
  const trustDomains = new Reflector<TrustDomain>({ ...common, resource: TRUST_DOMAINS, project: projectTrustDomain });
  const namespaces = new Reflector<NamespaceFacts>({
    ...common,
    resource: NAMESPACES,
    metadataOnly: true,
    project: projectNamespace,
  });
  const policies = new Reflector<IdentityPolicy>({
    ...common,
    resource: IDENTITY_POLICIES,
    project: projectPolicy,
    onEvent: (kind, name, policy) => {
      if (kind === 'deleted') book.deleted(name);
      // Compiled now, and not while somebody waits for an answer.
      else if (book.changed(policy)) book.inForce(name);
    },
  });
  const identities = new Reflector<readonly IdentityFacts[]>({
    ...common,
    resource: SERVICE_IDENTITIES,
    project: (object) => identityFacts(object as ServiceIdentity),
    onEvent: (kind, key, now, before) => index.changed(kind, key, now, before),
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
  const reflectors = [namespaces, trustDomains, policies, identities, secret];
  const notReady = (): string | undefined => missingCaches(reflectors);
  const sources: JudgeSources = {
    trustDomain: (name) => trustDomains.get(name),
    namespace: (name) => namespaces.get(name),
    hasPolicies: () => !book.isEmpty,
    policies: (namespace, facts) => book.about(namespace, facts),
    identities: (namespace, account, secrets) => index.about(namespace, account, secrets),
    ...liveReads(transport, clock),
  };
  const { clusterDomain, secretMetadataPrefixes: allowedKeyPrefixes } = config;
  const server = new WebhookServer({
    ...config.address,
    clock,
    shutdownDelay: config.shutdownDelay,
    handler: {
      judge: admissionJudge({ sources, clusterDomain, allowedKeyPrefixes, compile: compileExpression }),
      clock,
      metrics,
      logger,
      notReady,
      rare: sampled(logger, { clock, ...RARE }),
      lines: lineRates(REFUSALS, clock),
      audit: options.audit,
      tracer,
    },
  });
  const serving = new ServingSource({
    clock,
    namespace: config.namespace,
    secretName: config.secretName,
    take: (certificate) => server.setCertificate(certificate),
    onTaken: ({ notBefore, notAfter, authorityID }) => {
      metrics.servingCertificate({ notBefore, notAfter });
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
      ...(tracer === NO_TRACER ? {} : { tracer }),
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
      caches: notReady,
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
