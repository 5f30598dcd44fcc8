// SPDX-License-Identifier: Apache-2.0
/**
 * The cache of our ClusterTrustBundles where the API server has that kind: it asks which version is served, follows
 * that, and asks again when it is taken away. Clusters without it are asked now and then.
 * @module
 */
import { BUNDLE_SELECTOR, type BundleMeta, bundleMeta } from '../../bundle/objects.ts';
import type { Clock } from '../../controller/clock.ts';
import { isSignetError, type SignetError } from '../../errors.ts';
import { Reflector, type ReflectorObserver } from '../../kube/reflector.ts';
import type { Resource } from '../../kube/resources.ts';
import type { ChangeKind } from '../../kube/store.ts';
import type { Transport } from '../../kube/transport.ts';
import { type Duration, MINUTE, SECOND } from '../../time.ts';

export interface ServedTrustBundlesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observer: ReflectorObserver;
  readonly onEvent: (kind: ChangeKind, now: BundleMeta) => void;
  /** The cache is complete, or there is none: everything has to be looked at. */
  readonly onChange: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** metav1.APIResourceList. */
interface ResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

const GROUP = 'certificates.k8s.io';
const PLURAL = 'clustertrustbundles';
/** In the order of preference. */
const VERSIONS: readonly string[] = ['v1', 'v1beta1'];
const ASK_AGAIN: Duration = 10 * MINUTE;
const RETRY: Duration = 30 * SECOND;

export class ServedTrustBundles {
  readonly #options: ServedTrustBundlesOptions;
  #resource: Resource | undefined;
  #reflector: Reflector<BundleMeta> | undefined;
  #asked = false;
  #refusal: string | undefined;
  #cancel: () => void = () => undefined;
  #asking: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(options: ServedTrustBundlesOptions) {
    this.#options = options;
  }

  /** Does not wait for an answer: nothing else depends on it. */
  start(): void {
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancel();
    await this.#asking;
    await this.#reflector?.stop();
  }

  /** Undefined: the API server has none, as far as known, or the cache is not complete yet. */
  get resource(): Resource | undefined {
    return this.#reflector?.hasSynced === true ? this.#resource : undefined;
  }

  /** Whether the API server has ClusterTrustBundles. */
  get isServed(): boolean {
    return this.#resource !== undefined;
  }

  /** Whether the API server has said what it has. */
  get isKnown(): boolean {
    return this.#asked;
  }

  /** Why they cannot be watched, where a person has to give us the right to. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  get(name: string): BundleMeta | undefined {
    return this.#reflector?.get(name);
  }

  keys(): Iterable<string> {
    return this.#reflector?.keys() ?? [];
  }

  #ask(): void {
    this.#asking = this.#begin().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#options.onProblem(error);
      this.#later(RETRY);
    });
  }

  #later(delay: Duration): void {
    this.#cancel = this.#options.clock.after(delay, () => this.#ask());
  }

  async #begin(): Promise<void> {
    const resource = await this.#discover();
    if (this.#stop.signal.aborted) return;
    this.#asked = true;
    this.#refusal = undefined;
    const { transport, clock, observer, onEvent, onChange } = this.#options;
    if (resource === undefined) {
      onChange();
      return this.#later(ASK_AGAIN);
    }
    const reflector = new Reflector<BundleMeta>({
      transport,
      clock,
      resource,
      labelSelector: BUNDLE_SELECTOR,
      metadataOnly: true,
      project: bundleMeta,
      onEvent: (kind, _, now) => onEvent(kind, now),
      observer: {
        ...observer,
        onListed: (name, size) => {
          observer.onListed?.(name, size);
          this.#refusal = undefined;
          onChange();
        },
        onDisconnected: (name, wait, error) => {
          observer.onDisconnected?.(name, wait, error);
          if (isSignetError(error, 'ERR_KUBE_FORBIDDEN')) this.#refusal = error.message;
          this.#disconnected(reflector, error);
        },
      },
    });
    this.#resource = resource;
    this.#reflector = reflector;
    reflector.start();
  }

  /** A version that is served no more does not come back. */
  #disconnected(reflector: Reflector<BundleMeta>, error: SignetError | undefined): void {
    if (!isSignetError(error, 'ERR_KUBE_NOT_FOUND') || this.#stop.signal.aborted || this.#reflector !== reflector)
      return;
    this.#resource = undefined;
    this.#reflector = undefined;
    void reflector.stop().catch(this.#options.onProblem);
    this.#options.onChange();
    this.#later(RETRY);
  }

  async #discover(): Promise<Resource | undefined> {
    for (const version of VERSIONS) {
      const path = `/apis/${GROUP}/${version}`;
      const { transport } = this.#options;
      const { signal } = this.#stop;
      const resources = await transport
        .request<ResourceList>({
          verb: 'get',
          resource: 'apiresources',
          path,
          signal,
        })
        .catch((error: unknown): ResourceList => {
          // Whoever may not ask is not served: no rotation waits for that.
          if (isSignetError(error, 'ERR_KUBE_NOT_FOUND', 'ERR_KUBE_FORBIDDEN')) return {};
          throw error;
        });
      if (resources.resources?.some(({ name }) => name === PLURAL) === true) {
        return { group: GROUP, version, plural: PLURAL, namespaced: false };
      }
    }
    return undefined;
  }
}
