// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root of `signet controller`: builds the adapters, wires caches, reconcilers and servers, and says in
 * which order they start and stop.
 * @module
 */

import { DEFAULT_TRUST_DOMAIN_NAME } from './api/defaults.ts';
import type { TrustDomainSpec } from './api/trust-domain.ts';
import type { Clock } from './controller/clock.ts';
import { Controller, type ControllerObserver } from './controller/controller.ts';
import type { Runnable } from './controller/manager.ts';
import type { Result } from './controller/result.ts';
import { WorkQueue, type WorkQueueObserver } from './controller/work-queue.ts';
import type { Settings } from './identity/observed.ts';
import { longestRetry, workDeadline } from './identity/renewal.ts';
import { factsInStatus } from './identity/stored.ts';
import type { ClockSkew } from './kube/clock-skew.ts';
import { LeaseElector, type LeaseElectorOptions } from './kube/lease.ts';
import type { ReflectorObserver } from './kube/reflector.ts';
import { SECRETS } from './kube/resources.ts';
import type { Transport } from './kube/transport.ts';
import { authoritySecrets, writeTrustDomainStatus } from './reconcilers/authority/calls.ts';
import { type AuthorityReconcilerDeps, reconcileAuthority } from './reconcilers/authority/reconcile.ts';
import { AuthorityRegistry } from './reconcilers/authority/registry.ts';
import { Verification } from './reconcilers/authority/verification.ts';
import { Caches } from './reconcilers/caches.ts';
import { ensureDefaultTrustDomain } from './reconcilers/default-trust-domain.ts';
import { identityCalls } from './reconcilers/service-identity/calls.ts';
import { IdentityMemory } from './reconcilers/service-identity/memory.ts';
import { type IdentityObserver, reconcileIdentity } from './reconcilers/service-identity/reconcile.ts';
import { IdentityTriggers } from './reconcilers/service-identity/triggers.ts';
import type { SigningGate } from './reconcilers/signing-gate.ts';
import { SigningTerm } from './reconcilers/signing-term.ts';
import type { Instant } from './time.ts';

/** Whoever counts, logs and tells users; every hook is for observing only. */
export interface AppObserver {
  readonly identities: IdentityObserver;
  readonly reflectors: ReflectorObserver;
  controller(name: string): ControllerObserver;
  queue(name: string): WorkQueueObserver;
  authorityStep(trustDomain: string, step: string): void;
  leading(leading: boolean): void;
  problem(what: string, error: unknown): void;
  warning(message: string): void;
}

export interface AppOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly workers: number;
  /** Undefined: this process acts without asking anybody. */
  readonly lease:
    | Pick<LeaseElectorOptions, 'name' | 'identity' | 'duration' | 'renewDeadline' | 'retryPeriod'>
    | undefined;
  readonly defaultTrustDomain: TrustDomainSpec;
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
}

/** Wires everything; nothing runs before the manager starts the runnables. */
export function createApp(options: AppOptions): App {
  const { transport, clock, settings, observer, skew } = options;
  const memory = new IdentityMemory();
  const verification = new Verification();
  let defaultWanted = false;
  const triggers: IdentityTriggers = new IdentityTriggers({ memory, enqueue: (key) => term.enqueue(key) });
  const registry = new AuthorityRegistry((name) => triggers.trustDomainChanged(name));
  const caches: Caches = new Caches({
    transport,
    clock,
    triggers,
    onTrustDomain: (name) => trustDomainController.enqueue(name),
    ownNamespace: settings.ownNamespace,
    observer: {
      ...observer.reflectors,
      onListed: (name, size) => {
        observer.reflectors.onListed?.(name, size);
        if (name !== SECRETS.plural) return;
        // A Secret that came and went between two listings was never in the cache, and no event tells of its end.
        memory.relisted();
        term.enqueueAll();
      },
    },
  });
  const gate: SigningGate = {
    refusal: () => (mayAct() ? skew.refusal() : 'this replica does not hold the Lease'),
  };
  const authorityDeps: AuthorityReconcilerDeps = {
    trustDomains: caches.trustDomains,
    registry,
    secrets: authoritySecrets(transport, settings.ownNamespace),
    gate,
    clock,
    leading: () => gate.refusal() === undefined,
    writeStatus: (trustDomain, status) => writeTrustDomainStatus(transport, trustDomain, status),
    onStep: (name, step) => observer.authorityStep(name, step),
  };
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
    calls: identityCalls(transport),
    registry,
    memory,
    settings,
    clock,
    gate,
    claimants: (secretKey: string) => triggers.claimants(secretKey),
    observer: observer.identities,
  };
  const createIdentityController = () =>
    new Controller({
      name: 'service-identity',
      reconcile: (key) => reconcileIdentity(key, identityDeps),
      clock,
      queue: new WorkQueue({ clock, observer: observer.queue('service-identity') }),
      workers: options.workers,
      observer: observer.controller('service-identity'),
      retryBounds: (key) => ({ max: longestRetry(notAfterOf(key), clock.now()), urgency: deadlineOf(key) }),
    });
  const term: SigningTerm = new SigningTerm({
    verifyAuthorities: async () => {
      defaultWanted = true;
      trustDomainController.enqueue(DEFAULT_TRUST_DOMAIN_NAME);
      await verification.of(caches.trustDomainNames(), (name) => trustDomainController.enqueue(name));
    },
    createController: createIdentityController,
    keys: () => caches.identities.keys(),
    deadlineOf,
    onProblem: (error) => observer.problem('A signing term could not begin as it should', error),
  });
  function notAfterOf(key: string): Instant | undefined {
    return factsInStatus(caches.identities.get(key)?.status)?.notAfter;
  }
  function deadlineOf(key: string): Instant | undefined {
    return workDeadline(notAfterOf(key));
  }
  async function reconcileTrustDomain(name: string): Promise<Result> {
    const before = registry.get(name);
    return verification.during(
      name,
      async () => {
        await ensureDefault(name);
        return reconcileAuthority(name, authorityDeps);
      },
      // Not read in this term, it must not sign; the queue's own retries bring it back.
      () => registry.get(name) === before && registry.unload(name),
    );
  }
  /** Once a term, so that somebody who deletes it is not overruled at once; in the queue, so that it is tried again. */
  async function ensureDefault(name: string): Promise<void> {
    if (name !== DEFAULT_TRUST_DOMAIN_NAME || !defaultWanted || gate.refusal() !== undefined) return;
    const warning = await ensureDefaultTrustDomain(transport, options.defaultTrustDomain);
    if (warning !== undefined) observer.warning(warning);
    defaultWanted = false;
  }
  const elector = options.lease === undefined ? undefined : createElector(options.lease, term, options);
  const mayAct = (): boolean => elector?.mayAct() ?? true;
  const runnables = runnablesOf({ caches, trustDomainController, term, elector });
  return { runnables, caches, registry, mayAct, term, trustDomainController };
}

function createElector(
  lease: NonNullable<AppOptions['lease']>,
  term: SigningTerm,
  { transport, clock, settings, observer, skew }: AppOptions,
): LeaseElector {
  return new LeaseElector({
    ...lease,
    transport,
    clock,
    namespace: settings.ownNamespace,
    eligible: () => skew.refusal() === undefined,
    onWin: () => {
      observer.leading(true);
      term.begin();
    },
    onLoss: () => {
      observer.leading(false);
      void term.end();
    },
    onProblem: (error) => observer.problem('A call of the leader election failed', error),
  });
}

interface Parts extends Pick<App, 'caches' | 'trustDomainController' | 'term'> {
  readonly elector: LeaseElector | undefined;
}

function runnablesOf({ caches, trustDomainController, term, elector }: Parts): Runnable[] {
  return [
    { name: 'caches', start: () => caches.start(), stop: () => caches.stop() },
    {
      name: 'trust-domain controller',
      start: () => trustDomainController.start(),
      stop: () => trustDomainController.stop(),
    },
    {
      name: 'signing term',
      start: () => (elector === undefined ? term.begin() : elector.start()),
      // The Lease is given up before runs in flight have returned: the gate keeps them from writing.
      stop: async () => {
        const ended = term.end();
        await elector?.stop();
        await ended;
      },
    },
  ];
}
