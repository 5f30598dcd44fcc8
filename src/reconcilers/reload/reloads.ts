// SPDX-License-Identifier: Apache-2.0
/**
 * Wires the reloads of spec.reload: a controller of their own beside that of the identities, so that no renewal waits for
 * a workload, and one lock for the status that both write.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import type { ReloadType, ServiceIdentity } from '../../api/service-identity.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Controller } from '../../controller/controller.ts';
import type { Runnable } from '../../controller/manager.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import { Expiring } from '../expiring.ts';
import { partController } from '../part-controller.ts';
import type { PartObserver } from '../part-observer.ts';
import { identityCalls } from '../service-identity/calls.ts';
import type { IdentityMemory } from '../service-identity/memory.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import { reloadCalls } from './calls.ts';
import { KeyedLock } from './keyed-lock.ts';
import { type ReloadDeps, reconcileReload, type Told } from './reconcile.ts';

export interface ReloadsOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** What the operator switched on. */
  readonly reload: readonly ReloadType[];
  readonly observer: PartObserver;
}

/** What it shares with the rest of the controller. */
export interface ReloadsParts {
  readonly gate: SigningGate;
  /** Whether this process works on identities. */
  readonly inTerm: () => boolean;
  readonly identities: () => { get(key: string): ServiceIdentity | undefined; keys(): Iterable<string> };
  readonly identitiesIn: (namespace: string) => Iterable<string>;
  readonly memory: IdentityMemory;
}

export interface Reloads {
  readonly controller: Controller;
  readonly runnables: readonly Runnable[];
  /** An identity came, went or changed from `before`. */
  identityChanged(key: string, identity: ServiceIdentity, before?: ServiceIdentity): void;
  /** A term begins. */
  enqueueAll(): void;
  /** What writes the status of an identity besides reloads runs in here. */
  alone<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export const RELOAD_CONTROLLER = 'reload';

/** Wires everything; nothing runs before the runnables are started. */
export function createReloads({ transport, clock, observer, reload }: ReloadsOptions, parts: ReloadsParts): Reloads {
  const { gate, memory, inTerm } = parts;
  const lock = new KeyedLock();
  const told = new Map<string, string>();
  const paces = new Expiring<Told>();
  const enabled = new Set(reload);
  const newest = (key: string): ServiceIdentity | undefined => {
    const identity = memory.identity(key, parts.identities().get(key));
    return identity && memory.decided(key, identity);
  };
  const depsOf = (signal: AbortSignal): ReloadDeps => {
    const calls = withSignal(transport, signal);
    return {
      calls: reloadCalls(calls),
      clock,
      gate,
      enabled,
      told,
      paces,
      identity: newest,
      identitiesIn: parts.identitiesIn,
      writeStatus: (key, change) =>
        lock.run(key, async () => {
          const identity = newest(key);
          const status = identity && change(identity);
          if (identity === undefined || status === undefined) return;
          assertMaySign(gate);
          memory.wroteIdentity(key, await identityCalls(calls).writeStatus(identity, status));
        }),
    };
  };
  const controller = partController({
    name: RELOAD_CONTROLLER,
    clock,
    workers: 4,
    observer,
    reconcile: async (key, signal) => (inTerm() ? reconcileReload(key, depsOf(signal)) : {}),
  });
  return {
    controller,
    runnables: [{ name: 'reload controller', start: () => controller.start(), stop: () => controller.stop() }],
    identityChanged: (key, identity, before) => {
      const concerns = identity.spec.reload !== undefined || told.has(key);
      if (concerns && reloadDiffers(identity, before)) controller.enqueue(key);
    },
    enqueueAll: () => {
      told.clear();
      const identities = parts.identities();
      for (const key of identities.keys()) if (identities.get(key)?.spec.reload !== undefined) controller.enqueue(key);
    },
    alone: (key, work) => lock.run(key, work),
  };
}

/**
 * Whether a change concerns reloads: the spec, or what is stored. Never what a reload writes into status itself, or a
 * failure that is said there would be tried again at once.
 */
function reloadDiffers({ metadata, status }: ServiceIdentity, before: ServiceIdentity | undefined): boolean {
  if (before?.status === undefined || before.metadata.uid !== metadata.uid) return true;
  const { fingerprint, secret } = before.status;
  if (before.metadata.generation !== metadata.generation || fingerprint !== status?.fingerprint) return true;
  return !sameJSON(secret, status?.secret);
}
