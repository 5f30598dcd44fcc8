// SPDX-License-Identifier: Apache-2.0
/**
 * The work on all ServiceIdentities as one part of the program: a controller for each signing term, and how soon each
 * identity has to be looked at.
 * @module
 */
import type { Clock } from '../../controller/clock.ts';
import { Controller } from '../../controller/controller.ts';
import type { Result } from '../../controller/result.ts';
import type { Tracer } from '../../controller/tracer.ts';
import { WorkQueue } from '../../controller/work-queue.ts';
import type { Settings } from '../../identity/observed.ts';
import { longestRetry } from '../../identity/renewal.ts';
import { factsInStatus } from '../../identity/stored.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import type { Instant } from '../../time.ts';
import type { AuthorityRegistry } from '../authority/registry.ts';
import type { PartObserver } from '../part-observer.ts';
import type { SigningGate } from '../signing-gate.ts';
import { identityCalls } from './calls.ts';
import type { IdentityCaches } from './cluster.ts';
import type { IdentityMemory } from './memory.ts';
import type { ObserveDeps } from './observe.ts';
import { type IdentityObserver, reconcileIdentity } from './reconcile.ts';
import { SharedPasswords } from './shared-passwords.ts';
import { Shares } from './shares.ts';
import { type Known, urgencyOf } from './urgency.ts';

/** Of the controller whose runs issue SVIDs. */
export const IDENTITY_CONTROLLER = 'service-identity';

export interface IdentitiesOptions extends Pick<ObserveDeps, 'claimants' | 'verdict'> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly workers: number;
  readonly registry: AuthorityRegistry;
  readonly memory: IdentityMemory;
  readonly gate: SigningGate;
  /** Called late: the caches are made after this. */
  readonly caches: () => IdentityCaches;
  /** Runs what writes the status of an identity, one at a time for each. */
  readonly alone: (key: string, work: () => Promise<Result>) => Promise<Result>;
  readonly observer: PartObserver & { readonly identities: IdentityObserver; readonly tracer: Tracer };
}

export interface Identities {
  /** A controller of its own for each signing term, with an empty queue. */
  createController(): Controller;
}

/** Wires everything; nothing runs before a controller is started. */
export function createIdentities(options: IdentitiesOptions): Identities {
  const { transport, clock, settings, registry, memory, gate, claimants, verdict, caches, observer } = options;
  const common = { registry, memory, settings, clock, gate, claimants, verdict };
  const passwords = new SharedPasswords(clock, (key) => caches().passwords.get(key));
  const reconcile = (key: string, signal: AbortSignal): Promise<Result> => {
    const calls = passwords.sharing(identityCalls(withSignal(transport, signal)));
    const { identities, tracer } = observer;
    const deps = { ...common, caches: caches(), calls, observer: identities, tracer };
    return options.alone(key, () => reconcileIdentity(key, deps, signal));
  };
  /** As our own writes left it, where the watch is behind. */
  const notAfterOf = (key: string): Instant | undefined => {
    const identity = memory.identity(key, caches().identities.get(key));
    return identity && factsInStatus(memory.decided(key, identity).status)?.notAfter;
  };
  const known = (key: string): Known => ({
    now: clock.now(),
    notAfter: notAfterOf(key),
    identity: caches().identities.get(key),
  });
  return {
    createController: () => {
      const shares = new Shares(clock);
      const observed = observer.queue(IDENTITY_CONTROLLER);
      return new Controller({
        name: IDENTITY_CONTROLLER,
        reconcile: (key, signal) => reconcile(key, signal).finally(() => shares.served(key)),
        clock,
        queue: new WorkQueue({ clock, observer: observed, urgencyOf: (key) => urgencyOf(key, known(key), shares) }),
        workers: options.workers,
        observer: observer.controller(IDENTITY_CONTROLLER),
        retryBounds: (key) => ({ max: longestRetry(notAfterOf(key), clock.now()) }),
      });
    },
  };
}
