// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root of `signet controller`: builds the adapters, wires caches, reconcilers and servers, and says in
 * which order they start and stop.
 * @module
 */

import { DEFAULT_TRUST_DOMAIN_NAME } from './api/defaults.ts';
import type { ReloadType, ServiceIdentity } from './api/service-identity.ts';
import type { TrustDomainSpec } from './api/trust-domain.ts';
import { createElector } from './app-elector.ts';
import type { AppObserver } from './app-observer.ts';
import { runnablesOf } from './app-runnables.ts';
import { combined } from './authority/propagation.ts';
import type { Clock } from './controller/clock.ts';
import { Controller } from './controller/controller.ts';
import type { Runnable } from './controller/manager.ts';
import type { Result } from './controller/result.ts';
import { WorkQueue } from './controller/work-queue.ts';
import type { Settings } from './identity/observed.ts';
import { longestRetry, workDeadline } from './identity/renewal.ts';
import { factsInStatus } from './identity/stored.ts';
import type { ClockSkew } from './kube/clock-skew.ts';
import type { LeaseElectorOptions } from './kube/lease.ts';
import { SECRETS } from './kube/resources.ts';
import { type Transport, withSignal } from './kube/transport.ts';
import { authoritySecrets, readTrustDomain, writeTrustDomainStatus } from './reconcilers/authority/calls.ts';
import { countSecrets } from './reconcilers/authority/count.ts';
import { Counter } from './reconcilers/authority/counter.ts';
import { type AuthorityReconcilerDeps, glancing, reconcileAuthority } from './reconcilers/authority/reconcile.ts';
import { AuthorityRegistry } from './reconcilers/authority/registry.ts';
import { Verification } from './reconcilers/authority/verification.ts';
import { type Bundles, createBundles } from './reconcilers/bundle/bundles.ts';
import { Caches } from './reconcilers/caches.ts';
import { ensureDefaultTrustDomain } from './reconcilers/default-trust-domain.ts';
import { createPolicies, type Policies } from './reconcilers/policy/policies.ts';
import { createReloads, type Reloads } from './reconcilers/reload/reloads.ts';
import { identityCalls } from './reconcilers/service-identity/calls.ts';
import { IdentityMemory } from './reconcilers/service-identity/memory.ts';
import { reconcileIdentity } from './reconcilers/service-identity/reconcile.ts';
import { SharedPasswords } from './reconcilers/service-identity/shared-passwords.ts';
import { IdentityTriggers } from './reconcilers/service-identity/triggers.ts';
import type { SigningGate } from './reconcilers/signing-gate.ts';
import { SigningTerm } from './reconcilers/signing-term.ts';
import { createWebhookUpkeep, type WebhookUpkeep, type WebhookUpkeepSettings } from './reconcilers/webhook/upkeep.ts';
import type { Instant } from './time.ts';

export interface AppOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly workers: number;
  /** Where identities are served; undefined: everywhere. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Undefined: this process acts without asking anybody. */
  readonly lease:
    | Pick<LeaseElectorOptions, 'name' | 'identity' | 'duration' | 'renewDeadline' | 'retryPeriod'>
    | undefined;
  readonly defaultTrustDomain: TrustDomainSpec;
  /** The types of spec.reload that are switched on. */
  readonly reload: readonly ReloadType[];
  /** Undefined: there is no webhook to look after. */
  readonly webhook: WebhookUpkeepSettings | undefined;
  readonly skew: ClockSkew;
  readonly observer: AppObserver;
}

/** The running controller, for the process edge and for health and metrics. */
export interface App {
  /** In the order in which they start. */
  readonly runnables: readonly Runnable[];
  readonly caches: Caches;
  readonly registry: AuthorityRegistry;
  /** Whether this process may sign, as far as the Lease goes. */
  readonly mayAct: () => boolean;
  readonly term: SigningTerm;
  readonly trustDomainController: Controller;
  readonly policies: Policies;
  readonly bundles: Bundles;
  readonly reloads: Reloads;
  readonly webhook: WebhookUpkeep | undefined;
}

/** Wires everything; nothing runs before the manager starts the runnables. */
export function createApp(options: AppOptions): App {
  const { transport, clock, settings, observer, skew } = options;
  const memory = new IdentityMemory();
  const verification = new Verification();
  let defaultWanted = false;
  const triggers: IdentityTriggers = new IdentityTriggers({
    memory,
    enqueue: (key) => term.enqueue(key),
    onGone: (key) => policies.identityGone(key),
    onChange: (key, identity, before) => reloads.identityChanged(key, identity, before),
  });
  const registry = new AuthorityRegistry((name) => {
    triggers.trustDomainChanged(name);
    bundles.trustDomainChanged(name);
  });
  const bundles: Bundles = createBundles({
    transport,
    clock,
    scope: options.watchNamespaces && {
      namespaces: options.watchNamespaces,
      isGone: (name) => caches.isGone(name),
    },
    // Not before the authorities are verified: a replica that lags must not publish anchors of yesterday.
    inTerm: () => term.running,
    gate: { refusal: () => (term.running ? gate.refusal() : 'the authorities are not verified yet') },
    sources: () => ({ namespaces: caches.namespaces, trustDomains: caches.trustDomains, registry }),
    onChange: (name) => trustDomainController.enqueue(name),
    onProblem: (error) => observer.problem('ClusterTrustBundles could not be looked for', error),
    observers: {
      reflectors: observer.reflectors,
      controller: observer.controller('bundle'),
      queue: observer.queue('bundle'),
    },
  });
  const policies: Policies = createPolicies({
    transport,
    clock,
    settings,
    gate: { refusal: () => (term.running ? gate.refusal() : 'the term has not begun') },
    admission: () => {
      if (webhook === undefined) return 'Absent';
      return webhook.passedOver ? 'PassedOver' : 'Judged';
    },
    podsUnasked: () => webhook?.podsUnasked,
    sources: () => ({ namespaces: caches.namespaces, identities: caches.identities, registry }),
    identitiesIn: (namespace) => triggers.identitiesIn(namespace),
    enqueueIdentity: (key) => term.enqueue(key),
    observers: {
      reflectors: observer.reflectors,
      controller: observer.controller('identity-policy'),
      queue: observer.queue('identity-policy'),
    },
  });
  const reloads: Reloads = createReloads(options, {
    memory,
    gate: { refusal: () => gate.refusal() },
    inTerm: () => term.running,
    identities: () => caches.identities,
    identitiesIn: (namespace) => triggers.identitiesIn(namespace),
  });
  const caches: Caches = new Caches({
    transport,
    clock,
    triggers,
    onTrustDomain: (name) => trustDomainController.enqueue(name),
    onNamespace: (name) => {
      bundles.namespaceChanged(name);
      policies.namespaceChanged();
    },
    onOwnSecret: (name) => webhook?.secretChanged(name),
    more: [policies.reflector, ...bundles.reflectors],
    ownNamespace: settings.ownNamespace,
    watchNamespaces: options.watchNamespaces,
    observer: {
      ...observer.reflectors,
      onListed: (name, size, namespace) => {
        observer.reflectors.onListed?.(name, size, namespace);
        if (name !== SECRETS.plural) return;
        // A Secret that came and went between two listings was never in the cache, and no event tells of its end.
        memory.relisted(namespace);
        if (namespace === undefined) term.enqueueAll();
        else for (const key of triggers.identitiesIn(namespace)) term.enqueue(key);
      },
    },
  });
  const gate: SigningGate = {
    refusal: () => (mayAct() ? skew.refusal() : 'this replica does not hold the Lease'),
  };
  const { webhook: upkeep } = options;
  const { ownNamespace: namespace } = settings;
  const onChange = (): void => policies.enqueueAll();
  const webhook: WebhookUpkeep | undefined =
    upkeep && createWebhookUpkeep({ transport, clock, namespace, settings: upkeep, gate, observer, onChange });
  const counter = new Counter({
    clock,
    count: (name, document) => {
      const inBundles = bundles.propagation(name, document.sequence);
      if (inBundles === undefined) return undefined;
      const { identities, secrets } = caches;
      const counted = { identities, secrets, content: memory.held.bind(memory) };
      return combined([countSecrets(name, document, counted, clock.now()), inBundles]);
    },
  });
  const authorityDeps = (calls: Transport): AuthorityReconcilerDeps => ({
    trustDomains: caches.trustDomains,
    registry,
    secrets: authoritySecrets(calls, settings.ownNamespace),
    clusterDomain: settings.clusterDomain,
    gate,
    bundle: (name) => bundles.report(name),
    clock,
    leading: () => gate.refusal() === undefined,
    counter,
    writeStatus: async (trustDomain, status) => {
      await writeTrustDomainStatus(calls, trustDomain, status);
      observer.trustDomainWritten(trustDomain, status);
    },
    readTrustDomain: (name) => readTrustDomain(calls, name),
    onStep: (name, step) => observer.authorityStep(name, step),
    tracer: observer.tracer,
  });
  const trustDomainController: Controller = new Controller({
    name: 'trust-domain',
    reconcile: reconcileTrustDomain,
    clock,
    queue: new WorkQueue({ clock, observer: observer.queue('trust-domain') }),
    workers: 4,
    observer: observer.controller('trust-domain'),
  });
  const identityDeps = {
    caches,
    registry,
    memory,
    settings,
    clock,
    gate,
    claimants: (secretKey: string) => triggers.claimants(secretKey),
    verdict: (key: string, identity: ServiceIdentity) => policies.verdict(key, identity),
    observer: observer.identities,
    tracer: observer.tracer,
  };
  const passwords = new SharedPasswords(clock, (key) => caches.passwords.get(key));
  const createIdentityController = () =>
    new Controller({
      name: 'service-identity',
      reconcile: (key, signal) =>
        reloads.alone(key, () =>
          reconcileIdentity(
            key,
            { ...identityDeps, calls: passwords.sharing(identityCalls(withSignal(transport, signal))) },
            signal,
          ),
        ),
      clock,
      queue: new WorkQueue({ clock, observer: observer.queue('service-identity') }),
      workers: options.workers,
      observer: observer.controller('service-identity'),
      retryBounds: (key) => ({ max: longestRetry(notAfterOf(key), clock.now()), urgency: deadlineOf(key) }),
    });
  const term: SigningTerm = new SigningTerm({
    verifyAuthorities: async () => {
      defaultWanted = true;
      await policies.prepared();
      trustDomainController.enqueue(DEFAULT_TRUST_DOMAIN_NAME);
      await verification.of(caches.trustDomainNames(), (name) => trustDomainController.enqueue(name));
    },
    createController: () => {
      policies.termBegins();
      return createIdentityController();
    },
    onRunning: () => {
      bundles.enqueueAll();
      policies.enqueueAll();
      webhook?.enqueueAll();
      reloads.enqueueAll();
    },
    keys: () => caches.identities.keys(),
    deadlineOf,
    onProblem: (error) => observer.problem('A signing term could not begin as it should', error),
  });
  /** As our own writes left it, where the watch is behind. */
  function notAfterOf(key: string): Instant | undefined {
    const identity = memory.identity(key, caches.identities.get(key));
    return identity && factsInStatus(memory.decided(key, identity).status)?.notAfter;
  }
  function deadlineOf(key: string): Instant | undefined {
    return workDeadline(notAfterOf(key));
  }
  async function reconcileTrustDomain(name: string, signal: AbortSignal): Promise<Result> {
    const calls = withSignal(transport, signal);
    const before = registry.get(name);
    return verification.during(
      name,
      async () => {
        await ensureDefault(name, calls);
        const result = await reconcileAuthority(name, authorityDeps(calls));
        return mayAct() && registry.get(name) !== undefined ? glancing(result) : result;
      },
      // Not read in this term, it must not sign; the queue's own retries bring it back.
      () => registry.get(name) === before && registry.unload(name),
    );
  }
  /** Once a term, so that somebody who deletes it is not overruled at once; in the queue, so that it is tried again. */
  async function ensureDefault(name: string, calls: Transport): Promise<void> {
    if (name !== DEFAULT_TRUST_DOMAIN_NAME || !defaultWanted || gate.refusal() !== undefined) return;
    const warning = await ensureDefaultTrustDomain(calls, options.defaultTrustDomain);
    if (warning !== undefined) observer.warning(warning);
    defaultWanted = false;
  }
  const elector =
    options.lease === undefined ? undefined : createElector(options.lease, term, options, () => caches.reconnect());
  const mayAct = (): boolean => elector?.mayAct() ?? true;
  const runnables = runnablesOf({ caches, trustDomainController, policies, bundles, reloads, webhook, term, elector });
  return { runnables, caches, registry, mayAct, term, trustDomainController, policies, bundles, reloads, webhook };
}
