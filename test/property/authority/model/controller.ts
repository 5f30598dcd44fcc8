// SPDX-License-Identifier: Apache-2.0
/**
 * A controller process of the model: the real reconciler of authorities over Secrets in memory, whose calls can fail
 * before or after they take effect, and which can be stopped between any two of them.
 * @module
 */

import type { TrustDomain, TrustDomainStatus } from '../../../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../../../src/authority/document.ts';
import type { Propagation } from '../../../../src/authority/propagation.ts';
import { NO_TRACER } from '../../../../src/controller/tracer.ts';
import { isSignetError } from '../../../../src/errors.ts';
import type { ImportMemory } from '../../../../src/reconcilers/authority/imported-source.ts';
import { reconcileAuthority } from '../../../../src/reconcilers/authority/reconcile.ts';
import { AuthorityRegistry } from '../../../../src/reconcilers/authority/registry.ts';
import type { OwnSecrets } from '../../../../src/reconcilers/own-secrets.ts';
import type { Duration, Instant } from '../../../../src/time.ts';
import { SETTINGS } from '../../../support/builders.ts';

export interface Cluster {
  readonly now: Instant;
  readonly trustDomain: TrustDomain;
  readonly secrets: OwnSecrets;
  count(document: AuthorityDocument): Propagation | undefined;
  writeStatus(trustDomain: TrustDomain, status: TrustDomainStatus): void;
  /** Throws where a call is to fail. */
  fault(when: 'before' | 'after'): void;
  written(): void;
}

export class Controller {
  readonly registry = new AuthorityRegistry(() => {});
  readonly #imports: ImportMemory = new Map();
  readonly steps: string[] = [];
  readonly #cluster: Cluster;
  #callsLeft = Number.POSITIVE_INFINITY;
  readonly #waiting: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** One run of the reconciler; undefined: it failed, as runs do. */
  async run(): Promise<Duration | undefined> {
    this.steps.length = 0;
    try {
      const { requeueAfter = Number.NaN } = await reconcileAuthority('default', this.#deps());
      return requeueAfter;
    } catch (error) {
      if (isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_UNAVAILABLE', 'ERR_KUBE_FORBIDDEN')) return undefined;
      throw error;
    }
  }

  /** Begins a run and stops after so many calls. */
  async runUpTo(calls: number): Promise<void> {
    this.#callsLeft = calls;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#running = this.run().then(() => undefined);
    await Promise.race([this.#running, stopped]);
  }

  /** Goes on with what was decided long ago. */
  async resume(): Promise<void> {
    this.#callsLeft = Number.POSITIVE_INFINITY;
    for (const go of this.#waiting.splice(0)) go();
    await this.#running;
  }

  #stopped: () => void = () => {};

  #deps(): Parameters<typeof reconcileAuthority>[1] {
    const cluster = this.#cluster;
    return {
      secrets: this.#secrets(),
      registry: this.registry,
      imports: this.#imports,
      clock: { now: () => cluster.now, monotonic: () => cluster.now, after: () => () => {} },
      trustDomains: { get: () => cluster.trustDomain, values: () => [cluster.trustDomain] },
      // Of two controllers that both believe that they lead (design rule 14).
      gate: { refusal: () => undefined },
      leading: () => true,
      counter: { count: (_, document) => cluster.count(document) },
      bundle: () => undefined,
      writeStatus: (trustDomain, status) => this.#write(async () => cluster.writeStatus(trustDomain, status)),
      readTrustDomain: async () => cluster.trustDomain,
      onStep: (_, step) => this.steps.push(step),
      clusterDomain: SETTINGS.clusterDomain,
      tracer: NO_TRACER,
    };
  }

  #secrets(): OwnSecrets {
    const { secrets } = this.#cluster;
    return {
      get: (name) => this.#read(() => secrets.get(name)),
      head: (name) => this.#read(() => secrets.head(name)),
      create: (secret) => this.#write(() => secrets.create(secret)),
      replace: (secret, version) => this.#write(() => secrets.replace(secret, version)),
      patch: (name, files, version) => this.#write(() => secrets.patch(name, files, version)),
    };
  }

  async #read<T>(effect: () => Promise<T>): Promise<T> {
    await this.#turn();
    return effect();
  }

  async #write<T>(effect: () => Promise<T>): Promise<T> {
    await this.#turn();
    this.#cluster.fault('before');
    const result = await effect();
    this.#cluster.written();
    this.#cluster.fault('after');
    return result;
  }

  async #turn(): Promise<void> {
    this.#callsLeft -= 1;
    if (this.#callsLeft >= 0) return;
    const resumed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    this.#stopped();
    await resumed;
  }
}
