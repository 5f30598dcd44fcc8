// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root of `signet controller`: joins the caches, the parts that work on them, the signing term and the
 * election. What a part consists of is its own affair.
 * @module
 */
import type { ReloadType, ServiceIdentity } from '../api/service-identity.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import type { Clock } from '../controller/clock.ts';
import type { Controller } from '../controller/controller.ts';
import type { Runnable } from '../controller/manager.ts';
import type { Settings } from '../identity/observed.ts';
import type { ClockSkew } from '../kube/clock-skew.ts';
import { SECRETS } from '../kube/resources.ts';
import { type Transport, withPermit } from '../kube/transport.ts';
import { type Authorities, createAuthorities } from '../reconcilers/authority/authorities.ts';
import { AuthorityRegistry } from '../reconcilers/authority/registry.ts';
import { type Bundles, createBundles } from '../reconcilers/bundle/bundles.ts';
import { Caches } from '../reconcilers/caches/caches.ts';
import { createPolicies, type Policies } from '../reconcilers/policy/policies.ts';
import { createReloads, type Reloads } from '../reconcilers/reload/reloads.ts';
import { createIdentities } from '../reconcilers/service-identity/identities.ts';
import { IdentityMemory } from '../reconcilers/service-identity/memory.ts';
import { IdentityTriggers } from '../reconcilers/service-identity/triggers.ts';
import { assertMaySign, type SigningGate } from '../reconcilers/signing-gate.ts';
import { SigningTerm } from '../reconcilers/signing-term.ts';
import {
  createWebhookUpkeep,
  type WebhookUpkeep,
  type WebhookUpkeepSettings,
} from '../reconcilers/webhook-upkeep/upkeep.ts';
import type { AppObserver } from '../signals/app-observer.ts';
import { createElector, type LeaseSettings } from './elector.ts';
import { runnablesOf } from './runnables.ts';

export interface AppOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly workers: number;
  /** Where identities are served; undefined: everywhere. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Undefined: this process acts without asking anybody. */
  readonly lease: LeaseSettings | undefined;
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
  /** As status should say of what this replica has stored, also where it could not be written. */
  readonly identities: () => Iterable<ServiceIdentity>;
  readonly registry: AuthorityRegistry;
  /** Whether this process may sign, as far as the Lease goes. */
  readonly mayAct: () => boolean;
  readonly term: SigningTerm;
  readonly authorities: Authorities;
  readonly policies: Policies;
  readonly bundles: Bundles;
  readonly reloads: Reloads;
  readonly webhook: WebhookUpkeep | undefined;
}

/** Wires everything; nothing runs before the manager starts the runnables. */
export function createApp(options: AppOptions): App {
  const { clock, settings, observer, skew } = options;
  const gate: SigningGate = {
    refusal: () => (mayAct() ? skew.refusal() : 'this replica does not hold the Lease'),
  };
  // A write that was throttled or queued is asked about again before it goes out: the Lease may be lost by then.
  const transport = withPermit(options.transport, () => assertMaySign(gate));
  const memory = new IdentityMemory();
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
    onChange: (name) => authorities.controller.enqueue(name),
    onProblem: (error) => observer.problem('ClusterTrustBundles could not be looked for', error),
    observer,
  });
  const policies: Policies = createPolicies({
    transport,
    clock,
    settings,
    gate: { refusal: () => (term.running ? gate.refusal() : 'the signing term has not begun') },
    admission: () => {
      if (webhook === undefined) return 'Absent';
      return webhook.passedOver ? 'PassedOver' : 'Judged';
    },
    podsUnasked: () => webhook?.podsUnasked,
    sources: () => ({ namespaces: caches.namespaces, identities: caches.identities, registry }),
    identitiesIn: (namespace) => triggers.identitiesIn(namespace),
    enqueueIdentity: (key) => term.enqueue(key),
    observer,
  });
  const reloads: Reloads = createReloads(
    { ...options, transport },
    {
      memory,
      gate,
      inTerm: () => term.running,
      identities: () => caches.identities,
      identitiesIn: (namespace) => triggers.identitiesIn(namespace),
    },
  );
  const caches: Caches = new Caches({
    transport,
    clock,
    triggers,
    onTrustDomain: (name) => authorities.controller.enqueue(name),
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
  const { webhook: upkeep } = options;
  const { ownNamespace: namespace } = settings;
  const onChange = (): void => policies.enqueueAll();
  const webhook: WebhookUpkeep | undefined =
    upkeep && createWebhookUpkeep({ transport, clock, namespace, settings: upkeep, gate, observer, onChange });
  const authorities: Authorities = createAuthorities({
    transport,
    clock,
    settings,
    registry,
    defaultTrustDomain: options.defaultTrustDomain,
    mayAct: () => mayAct(),
    gate,
    sources: () => caches,
    content: (key, secret) => memory.held(key, secret),
    bundles,
    observer,
  });
  const identities = createIdentities({
    transport,
    clock,
    settings,
    workers: options.workers,
    registry,
    memory,
    gate,
    caches: () => caches,
    claimants: (secretKey) => triggers.claimants(secretKey),
    verdict: (key, identity) => policies.verdict(key, identity),
    alone: (key, work) => reloads.alone(key, work),
    observer,
  });
  const term: SigningTerm = new SigningTerm({
    clock,
    verifyAuthorities: async () => {
      await policies.prepared();
      await authorities.verify();
    },
    createController: () => {
      policies.termBegins();
      return identities.createController();
    },
    // Pods are told of what changes from now on.
    onBegin: () => reloads.enqueueAll(),
    onRunning: () => {
      bundles.enqueueAll();
      policies.enqueueAll();
      webhook?.enqueueAll();
    },
    keys: () => caches.identities.keys(),
    onProblem: (error) => observer.problem('A signing term could not begin as it should', error),
  });
  const { lease } = options;
  const watches = { onSilence: (): void => caches.reconnect(), onRecovery: (): void => caches.hurry() };
  const controllers = (): Controller[] => parts.map(({ controller }) => controller);
  const elector = lease && createElector({ ...options, lease, namespace, term, controllers, ...watches });
  const mayAct = (): boolean => elector?.mayAct() ?? true;
  const parts = [authorities, policies, bundles, reloads, ...(webhook === undefined ? [] : [webhook])];
  const runnables = runnablesOf({ caches, parts, term, elector });
  const decided = (): ServiceIdentity[] =>
    [...caches.identities.values()].map((identity) => {
      const { namespace, name } = identity.metadata;
      return memory.decided(`${namespace}/${name}`, identity);
    });
  return {
    runnables,
    caches,
    identities: decided,
    registry,
    mayAct,
    term,
    authorities,
    policies,
    bundles,
    reloads,
    webhook,
  };
}
