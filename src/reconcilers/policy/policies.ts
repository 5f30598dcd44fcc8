// SPDX-License-Identifier: Apache-2.0
/**
 * Wires what is done with policies in the controller: their cache, the verdict about identities, their status.
 * @module
 */

import type { IdentityPolicy } from '../../api/identity-policy.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Controller } from '../../controller/controller.ts';
import type { Runnable } from '../../controller/manager.ts';
import type { PolicyVerdict, Settings } from '../../identity/observed.ts';
import { Reflector } from '../../kube/reflector.ts';
import { IDENTITY_POLICIES } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import { PolicyBook } from '../../policy/book.ts';
import { matchesNamespace } from '../../policy/match.ts';
import type { Admission } from '../../policy/status.ts';
import type { Duration } from '../../time.ts';
import type { AuthorityRegistry } from '../authority/registry.ts';
import { projectPolicy } from '../caches/projections.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import { partController } from '../part-controller.ts';
import type { PartObserver } from '../part-observer.ts';
import type { SigningGate } from '../signing-gate.ts';
import { ExpressionCompiler } from './expression-compiler.ts';
import { judgeIdentity } from './judge.ts';
import { reconcilePolicy } from './reconcile.ts';
import { Sweep } from './sweep.ts';
import { Tally } from './tally.ts';

interface Sources {
  readonly namespaces: { get(name: string): NamespaceFacts | undefined; keys(): Iterable<string> };
  readonly identities: { get(key: string): ServiceIdentity | undefined; keys(): Iterable<string> };
  readonly registry: AuthorityRegistry;
}

export interface PoliciesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Refuses where this process should write no status. */
  readonly gate: SigningGate;
  /** What becomes of policies at admission, as far as this process knows. */
  readonly admission: () => Admission;
  /** Why nobody is asked about Pods, and what to do; undefined: somebody is, as far as this process knows. */
  readonly podsUnasked: () => string | undefined;
  /** Caches that are wired after this. */
  readonly sources: () => Sources;
  readonly identitiesIn: (namespace: string) => Iterable<string>;
  readonly enqueueIdentity: (key: string) => void;
  readonly observer: PartObserver;
}

export interface Policies {
  /** To be started before the cache of identities: none is issued before the policies are known. */
  readonly reflector: Reflector<IdentityPolicy>;
  readonly runnables: readonly Runnable[];
  readonly controller: Controller;
  /** What policies say against an identity; what was found is counted. */
  verdict(key: string, identity: ServiceIdentity): PolicyVerdict | undefined;
  identityGone(key: string): void;
  namespaceChanged(): void;
  /** Resolves when every policy that is known can be applied. */
  prepared(): Promise<void>;
  /** A term begins: every identity will be looked at anew. */
  termBegins(): void;
  enqueueAll(): void;
}

export const POLICY_CONTROLLER = 'identity-policy';

/** Wires everything; nothing runs before the runnables are started. */
export function createPolicies(options: PoliciesOptions): Policies {
  const { transport, clock, settings, gate, sources, observer } = options;
  const compiler = new ExpressionCompiler();
  const book = new PolicyBook(compiler.compile);
  const tally = new Tally();
  const writtenAt = new Map<string, Duration>();
  let complete = false;
  const sweep = new Sweep({ clock, enqueue: options.enqueueIdentity });
  const controller = partController({
    name: POLICY_CONTROLLER,
    clock,
    workers: 2,
    observer,
    reconcile: (name, signal) =>
      reconcilePolicy(name, {
        policies: reflector,
        namespaces: sources().namespaces,
        book,
        tally,
        exempt: new Set([settings.ownNamespace, 'kube-system']),
        admission: options.admission,
        podsUnasked: options.podsUnasked,
        complete: isComplete,
        gate,
        clock,
        writtenAt,
        writeStatus: (policy, status) => writeStatus(withSignal(transport, signal), 'IdentityPolicy', policy, status),
      }),
  });
  const enqueue = (names: Iterable<string>): void => {
    for (const name of names) controller.enqueue(name);
  };
  const reflector: Reflector<IdentityPolicy> = new Reflector<IdentityPolicy>({
    transport,
    clock,
    observer: observer.reflectors,
    resource: IDENTITY_POLICIES,
    project: projectPolicy,
    onEvent: (kind, name, policy) => take(name, kind === 'deleted' ? undefined : policy),
  });
  function take(name: string, policy: IdentityPolicy | undefined): void {
    if (policy !== undefined && !compiler.knows(policy)) {
      // Until then the policy judges as it did before. A library that does not load ends the process.
      void compiler.load().then(() => take(name, reflector.get(name)));
      return;
    }
    // Whoever does not act yet looks at everything when its term begins.
    const acts = gate.refusal() === undefined;
    const before = acts ? matchedNamespaces(name) : [];
    const changes = policy === undefined || book.changed(policy);
    if (policy === undefined) book.deleted(name);
    if (changes && acts) for (const namespace of new Set([...before, ...matchedNamespaces(name)])) look(namespace);
    controller.enqueue(name);
  }
  function look(namespace: string): void {
    sweep.add(options.identitiesIn(namespace));
  }
  function matchedNamespaces(name: string): readonly string[] {
    const policy = book.inForce(name);
    if (policy === undefined) return [];
    const { namespaces } = sources();
    return [...namespaces.keys()].filter((namespace) => {
      const labels = namespaces.get(namespace)?.labels ?? {};
      return matchesNamespace(policy, { name: namespace, labels });
    });
  }
  /** Policies whose status names namespaces. */
  function strict(): string[] {
    return [...reflector.keys()].filter((name) => reflector.get(name)?.spec.mtls?.mode === 'Strict');
  }
  function isComplete(): boolean {
    if (complete) return true;
    const { identities } = sources();
    complete = [...identities.keys()].every(
      (key) => tally.has(key) || identities.get(key)?.metadata.deletionTimestamp !== undefined,
    );
    return complete;
  }
  return {
    reflector,
    controller,
    runnables: [
      {
        name: 'identity-policy controller',
        start: () => controller.start(),
        stop: async () => {
          sweep.stop();
          await controller.stop();
        },
      },
    ],
    verdict: (key, identity) => {
      const { namespaces, registry } = sources();
      const { finding, verdict } = judgeIdentity(identity, { book, caches: { namespaces }, registry, settings });
      enqueue(tally.record(key, finding));
      return verdict;
    },
    identityGone: (key) => enqueue(tally.forget(key)),
    namespaceChanged: () => enqueue(strict()),
    prepared: () => compiler.settled(),
    termBegins: () => {
      complete = false;
      tally.clear();
    },
    enqueueAll: () => enqueue(reflector.keys()),
  };
}
