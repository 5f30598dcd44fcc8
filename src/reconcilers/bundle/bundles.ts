// SPDX-License-Identifier: Apache-2.0
/**
 * The bundles of all TrustDomains as one part of the program: its caches, its queue, what makes it look, and what it
 * tells. A key is `<TrustDomain object>/<namespace>` for a ConfigMap, `<TrustDomain object>` for a ClusterTrustBundle.
 * @module
 */

import type { Count } from '../../authority/propagation.ts';
import type { BundleReport } from '../../authority/status.ts';
import { BUNDLE_SELECTOR, type BundleMeta, bundleMeta } from '../../bundle/objects.ts';
import { type BundleTally, bundlePropagation, bundleReport } from '../../bundle/report.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Controller } from '../../controller/controller.ts';
import type { Runnable } from '../../controller/manager.ts';
import type { Result } from '../../controller/result.ts';
import type { ReflectorOptions } from '../../kube/reflector.ts';
import { type Collection, collect, type WatchScope } from '../../kube/reflector-group.ts';
import { CONFIG_MAPS } from '../../kube/resources.ts';
import { type Transport, withSignal } from '../../kube/transport.ts';
import type { Duration } from '../../time.ts';
import { KeyIndex } from '../key-index.ts';
import { partController } from '../part-controller.ts';
import type { PartObserver } from '../part-observer.ts';
import type { SigningGate } from '../signing-gate.ts';
import { type BundlePlace, bundleCalls } from './calls.ts';
import { clusterTrustBundleName } from './content.ts';
import { BundleMemory } from './memory.ts';
import { reconcileBundle } from './reconcile.ts';
import { ServedTrustBundles } from './served.ts';
import { type BundleSources, BundleTargets } from './targets.ts';

export interface BundlesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Where ConfigMaps may be; undefined: everywhere. */
  readonly scope: WatchScope | undefined;
  /** Open only in a signing term whose authorities have been verified: a stale replica must not publish old anchors. */
  readonly gate: SigningGate;
  readonly inTerm: () => boolean;
  /** Called late: the caches are made after this. */
  readonly sources: () => BundleSources;
  /** What `report` or `propagation` tell of a TrustDomain is different now; at most a few times a second. */
  readonly onChange: (trustDomainObject: string) => void;
  readonly onProblem: (error: unknown) => void;
  readonly observer: PartObserver;
}

export interface Bundles {
  /** In the order in which they start, after the caches. */
  readonly runnables: readonly Runnable[];
  /** To be started with the other caches. */
  readonly reflectors: readonly Collection<unknown>[];
  readonly controller: Controller;
  namespaceChanged(name: string): void;
  trustDomainChanged(name: string): void;
  /** When a signing term begins: looks at every place there is. */
  enqueueAll(): void;
  /**
   * How many places hold the anchors of this spiffe_sequence. Undefined: it cannot be said, because these are not the
   * anchors that are being published, or not yet.
   */
  propagation(trustDomainObject: string, sequence: number): Count | undefined;
  /** Undefined: not everything has been looked at yet, and what status says may stay. */
  report(trustDomainObject: string): BundleReport | undefined;
}

export const BUNDLE_CONTROLLER = 'bundle';
const WORKERS = 8;
/** Counts change with every namespace; status follows them at this pace. */
const TELL_AFTER: Duration = 500;

export function createBundles(options: BundlesOptions): Bundles {
  const { transport, clock, gate, inTerm, observer } = options;
  const memory = new BundleMemory();
  const byKey = new KeyIndex();
  const telling = new Map<string, () => void>();
  let targets: BundleTargets | undefined;
  const targetsNow = (): BundleTargets => (targets ??= new BundleTargets(options.sources()));

  const configMapOptions: ReflectorOptions<BundleMeta> = {
    transport,
    clock,
    resource: CONFIG_MAPS,
    labelSelector: BUNDLE_SELECTOR,
    metadataOnly: true,
    project: bundleMeta,
    onEvent: (kind, object, now, before) => {
      const gone = kind === 'deleted';
      const from = configMapKey(gone ? now : before);
      const to = gone ? undefined : configMapKey(now);
      byKey.move(object, from, to);
      for (const key of new Set([from, to])) {
        // One whose label names another TrustDomain now has left its place.
        if (key !== undefined && memory.heard(key, now, key !== to)) enqueue(key);
      }
    },
    observer: {
      ...observer.reflectors,
      onListed: (name, size, namespace) => {
        observer.reflectors.onListed?.(name, size, namespace);
        memory.relisted((key) => (namespace === undefined ? key.includes('/') : key.endsWith(`/${namespace}`)));
        enqueueAll();
      },
    },
  };
  const configMaps: Collection<BundleMeta> = collect(configMapOptions, options.scope);
  const served: ServedTrustBundles = new ServedTrustBundles({
    transport,
    clock,
    observer: observer.reflectors,
    onProblem: options.onProblem,
    onEvent: (kind, now) => {
      const { trustDomain } = now;
      if (trustDomain !== undefined && memory.heard(trustDomain, now, kind === 'deleted')) enqueue(trustDomain);
    },
    onChange: () => {
      memory.relisted((key) => !key.includes('/'));
      for (const name of trustDomainNames()) {
        enqueue(name);
        tell(name);
      }
      for (const name of served.keys()) enqueue(trustDomainOf(served.get(name)));
    },
  });
  const controller: Controller = partController({
    name: BUNDLE_CONTROLLER,
    reconcile,
    clock,
    workers: WORKERS,
    observer,
  });

  function enqueue(key: string | undefined): void {
    if (key !== undefined) controller.enqueue(key);
  }

  function trustDomainNames(): string[] {
    return [...options.sources().registry.values()].map(([name]) => name);
  }

  function enqueueAll(): void {
    for (const name of trustDomainNames()) trustDomainChanged(name);
    for (const object of configMaps.keys()) enqueue(configMapKey(configMaps.get(object)));
    for (const name of served.keys()) enqueue(trustDomainOf(served.get(name)));
  }

  function trustDomainChanged(name: string): void {
    // Also where there is no place to look at: whoever counts has to hear that there is nothing to wait for.
    tell(name);
    enqueue(name);
    for (const namespace of options.sources().namespaces.keys()) enqueue(`${name}/${namespace}`);
  }

  function namespaceChanged(namespace: string): void {
    for (const name of trustDomainNames()) enqueue(`${name}/${namespace}`);
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { trustDomain, namespace } = partsOf(key);
    const resource = namespace === undefined ? served.resource : CONFIG_MAPS;
    if (resource === undefined) return {};
    const kind = namespace === undefined ? 'ClusterTrustBundle' : 'ConfigMap';
    const place: BundlePlace = { kind, resource, namespace };
    return reconcileBundle(key, {
      memory,
      gate,
      inTerm,
      clock,
      trustDomain,
      target: () =>
        namespace === undefined
          ? targetsNow().clusterTrustBundle(trustDomain)
          : targetsNow().configMap(trustDomain, namespace),
      cached: () => (namespace === undefined ? cachedClusterBundle(trustDomain) : cachedConfigMaps(key)),
      calls: bundleCalls(withSignal(transport, signal), place),
      onChange: () => tell(trustDomain),
    });
  }

  function cachedConfigMaps(key: string): BundleMeta[] {
    return [...byKey.keys(key)].flatMap((object) => configMaps.get(object) ?? []);
  }

  function cachedClusterBundle(trustDomain: string): BundleMeta[] {
    const found = served.get(clusterTrustBundleName(trustDomain));
    return found === undefined ? [] : [found];
  }

  function tell(trustDomain: string): void {
    if (telling.has(trustDomain)) return;
    const cancel = clock.after(TELL_AFTER, () => {
      telling.delete(trustDomain);
      options.onChange(trustDomain);
    });
    telling.set(trustDomain, cancel);
  }

  function tallies(
    name: string,
  ): { readonly all: BundleTally[]; readonly sequence: number; readonly keys: string[] } | undefined {
    const published = targetsNow().published(name);
    if (published === undefined || !served.isKnown) return undefined;
    const { bundle } = published.entry.resolved;
    const all: BundleTally[] = [];
    const keys: string[] = [];
    for (const namespace of targetsNow().selected(published.entry)) {
      const key = `${name}/${namespace}`;
      keys.push(key);
      const { digest } = published.configMap;
      all.push({ kind: 'ConfigMap', namespace, name: bundle.configMapName, ...tallyOf(key, digest) });
    }
    const cluster = served.isServed ? targetsNow().clusterTrustBundle(name)?.wanted : undefined;
    if (cluster !== undefined) {
      const tally = { kind: 'ClusterTrustBundle', name: cluster.object.name } as const;
      const { refusal } = served;
      if (refusal === undefined) {
        keys.push(name);
        all.push({ ...tally, ...tallyOf(name, cluster.object.digest) });
      } else all.push({ ...tally, current: false, blocked: { reason: 'WriteRefused', message: refusal } });
    }
    return { all, keys, sequence: published.sequence };
  }

  function tallyOf(key: string, wanted: string): Pick<BundleTally, 'current' | 'blocked'> {
    return { current: memory.inPlace(key) === wanted, blocked: memory.blocked(key) };
  }

  const stop = async (): Promise<void> => {
    for (const cancel of telling.values()) cancel();
    telling.clear();
    await controller.stop();
  };
  return {
    runnables: [
      { name: 'cluster trust bundles', start: () => served.start(), stop: () => served.stop() },
      { name: 'bundle controller', start: () => controller.start(), stop },
    ],
    reflectors: [configMaps],
    controller,
    namespaceChanged,
    trustDomainChanged,
    enqueueAll,
    propagation: (name, sequence) => {
      const counted = tallies(name);
      return counted?.sequence === sequence ? bundlePropagation(counted.all) : undefined;
    },
    report: (name) => {
      const counted = tallies(name);
      if (counted === undefined || !counted.keys.every((key) => memory.hasLooked(key))) return undefined;
      return bundleReport(counted.sequence, counted.all);
    },
  };
}

/** The key of the place that a ConfigMap says it belongs to. */
function configMapKey(meta: BundleMeta | undefined): string | undefined {
  const { trustDomain, namespace } = meta ?? {};
  return trustDomain === undefined || namespace === undefined ? undefined : `${trustDomain}/${namespace}`;
}

function trustDomainOf(meta: BundleMeta | undefined): string | undefined {
  return meta?.trustDomain;
}

function partsOf(key: string): { readonly trustDomain: string; readonly namespace: string | undefined } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { trustDomain: key, namespace: undefined }
    : { trustDomain: key.slice(0, slash), namespace: key.slice(slash + 1) };
}
