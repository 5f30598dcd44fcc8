// SPDX-License-Identifier: Apache-2.0
/**
 * The authorities of all TrustDomains as one part of the program: their queue, what one run does, and what a signing
 * term waits for before it begins.
 * @module
 */

import { DEFAULT_TRUST_DOMAIN_NAME } from '../../api/defaults.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { TrustDomain, TrustDomainSpec, TrustDomainStatus } from '../../api/trust-domain.ts';
import { type Count, combined } from '../../authority/propagation.ts';
import type { BundleReport } from '../../authority/status.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Controller } from '../../controller/controller.ts';
import type { Runnable } from '../../controller/manager.ts';
import type { Result } from '../../controller/result.ts';
import type { Tracer } from '../../controller/tracer.ts';
import type { SecretMeta, Settings } from '../../identity/observed.ts';
import { getObject } from '../../kube/resource-calls.ts';
import { TRUST_DOMAINS } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';
import { ownSecrets } from '../own-secrets.ts';
import { partController } from '../part-controller.ts';
import type { PartObserver } from '../part-observer.ts';
import type { SigningGate } from '../signing-gate.ts';
import { type CountedCaches, countSecrets } from './count.ts';
import { Counter } from './counter.ts';
import { ensureDefaultTrustDomain } from './default-trust-domain.ts';
import type { ImportMemory } from './imported-source.ts';
import { type AuthorityReconcilerDeps, glancing, reconcileAuthority } from './reconcile.ts';
import type { AuthorityRegistry } from './registry.ts';
import { Verification } from './verification.ts';

interface Sources {
  readonly trustDomains: {
    get(name: string): TrustDomain | undefined;
    keys(): Iterable<string>;
    values(): Iterable<TrustDomain>;
  };
  readonly identities: { values(): Iterable<ServiceIdentity> };
  readonly secrets: { get(key: string): SecretMeta | undefined };
}

export interface AuthoritiesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly registry: AuthorityRegistry;
  /** What the TrustDomain `default` is created with. */
  readonly defaultTrustDomain: TrustDomainSpec;
  /** Whether this process may sign, as far as the Lease goes. */
  readonly mayAct: () => boolean;
  readonly gate: SigningGate;
  /** Called late: the caches are made after this. */
  readonly sources: () => Sources;
  /** What is known of a Secret besides its metadata. */
  readonly content: CountedCaches['content'];
  readonly bundles: {
    propagation(trustDomainObject: string, sequence: number): Count | undefined;
    report(trustDomainObject: string): BundleReport | undefined;
  };
  readonly observer: PartObserver & {
    readonly tracer: Tracer;
    authorityStep(trustDomain: string, step: string): void;
    trustDomainWritten(trustDomain: TrustDomain, status: TrustDomainStatus): void;
    warning(message: string): void;
  };
}

export interface Authorities {
  /** In the order in which they start, after the caches. */
  readonly runnables: readonly Runnable[];
  readonly controller: Controller;
  /** A signing term begins: resolves when each TrustDomain was looked at since, and what took too long is unloaded. */
  verify(): Promise<void>;
}

export const TRUST_DOMAIN_CONTROLLER = 'trust-domain';
const WORKERS = 4;

/** Wires everything; nothing runs before the runnables are started. */
export function createAuthorities(options: AuthoritiesOptions): Authorities {
  const { transport, clock, settings, registry, gate, mayAct, sources, bundles, observer } = options;
  const verification = new Verification(clock, registry);
  const imports: ImportMemory = new Map();
  let defaultWanted = false;
  const counter = new Counter({
    clock,
    count: (name, document) => {
      const inBundles = bundles.propagation(name, document.sequence);
      if (inBundles === undefined) return undefined;
      const { identities, secrets } = sources();
      const counted = { identities, secrets, content: options.content };
      return combined([countSecrets(name, document, counted, clock.now()), inBundles]);
    },
  });
  const depsOf = (calls: Transport): AuthorityReconcilerDeps => ({
    trustDomains: sources().trustDomains,
    registry,
    imports,
    secrets: ownSecrets(calls, settings.ownNamespace),
    clusterDomain: settings.clusterDomain,
    gate,
    bundle: (name) => bundles.report(name),
    clock,
    leading: () => gate.refusal() === undefined,
    counter,
    writeStatus: async (trustDomain, status) => {
      await writeStatus(calls, 'TrustDomain', trustDomain, status);
      observer.trustDomainWritten(trustDomain, status);
    },
    readTrustDomain: (name) =>
      undefinedOn('ERR_KUBE_NOT_FOUND', getObject<TrustDomain>(calls, TRUST_DOMAINS, { name })),
    onStep: (name, step) => observer.authorityStep(name, step),
    tracer: observer.tracer,
  });
  const controller: Controller = partController({
    name: TRUST_DOMAIN_CONTROLLER,
    reconcile,
    clock,
    workers: WORKERS,
    observer,
  });

  function reconcile(name: string, signal: AbortSignal): Promise<Result> {
    return verification.during(name, async (hurried) => {
      const calls = withSignal(withSignal(transport, signal), hurried);
      await ensureDefault(name, calls);
      const result = await reconcileAuthority(name, depsOf(calls));
      return mayAct() && registry.get(name) !== undefined ? glancing(result) : result;
    });
  }

  /** Once a term, so that somebody who deletes it is not overruled at once; in the queue, so that it is tried again. */
  async function ensureDefault(name: string, calls: Transport): Promise<void> {
    if (name !== DEFAULT_TRUST_DOMAIN_NAME || !defaultWanted || gate.refusal() !== undefined) return;
    const warning = await ensureDefaultTrustDomain(calls, options.defaultTrustDomain, sources().trustDomains.get(name));
    if (warning !== undefined) observer.warning(warning);
    defaultWanted = false;
  }

  return {
    controller,
    runnables: [{ name: 'trust-domain controller', start: () => controller.start(), stop: () => controller.stop() }],
    verify: () => {
      defaultWanted = true;
      const names = new Set([DEFAULT_TRUST_DOMAIN_NAME, ...sources().trustDomains.keys()]);
      return verification.of(names, (name) => controller.enqueue(name));
    },
  };
}
