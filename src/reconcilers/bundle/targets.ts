// SPDX-License-Identifier: Apache-2.0
/**
 * What should be published where: for a namespace or the ClusterTrustBundle of a TrustDomain, the object that should be
 * there, or that none should, or that nothing can be said at the moment.
 * @module
 */

import { precedes } from '../../api/age.ts';
import { matchesSelector } from '../../api/label-selector.ts';
import type { TrustDomain } from '../../api/trust-domain.ts';
import type { WantedObject } from '../../bundle/plan.ts';
import type { AuthorityRegistry, RegistryEntry } from '../authority/registry.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import {
  type BundleBody,
  bodyDigest,
  bundleContent,
  clusterTrustBundleBody,
  clusterTrustBundleName,
  configMapBody,
} from './content.ts';

/** Where decisions look; the caches and what is known of the authorities. */
export interface BundleSources {
  readonly namespaces: { get(name: string): NamespaceFacts | undefined; keys(): Iterable<string> };
  readonly trustDomains: { get(name: string): TrustDomain | undefined };
  readonly registry: Pick<AuthorityRegistry, 'get' | 'values'>;
}

export interface BundleTarget {
  /** Whether the TrustDomain exists. */
  readonly exists: boolean;
  readonly wanted: { readonly object: WantedObject; readonly body: BundleBody } | undefined;
  /** An older TrustDomain that wants the same name there. */
  readonly rival?: string | undefined;
}

/** A TrustDomain that is being served, with what is published of it. */
export interface Published {
  readonly trustDomain: TrustDomain;
  readonly entry: RegistryEntry;
  readonly sequence: number;
  readonly configMap: Publication;
  readonly clusterTrustBundle: Publication;
}

/** Content as it is written, and what it is recognized by. */
interface Publication {
  readonly body: BundleBody;
  readonly digest: string;
}

export class BundleTargets {
  readonly #sources: BundleSources;
  /** By loaded authority: made once for all namespaces. */
  readonly #made = new WeakMap<object, Pick<Published, 'sequence' | 'configMap' | 'clusterTrustBundle'>>();

  constructor(sources: BundleSources) {
    this.#sources = sources;
  }

  /** Undefined: nothing can be said, so that everything stays as it is. */
  published(name: string): Published | undefined {
    const trustDomain = this.#sources.trustDomains.get(name);
    const entry = this.#sources.registry.get(name);
    if (trustDomain === undefined || entry?.loaded === undefined || entry.conflictsWith !== undefined) return undefined;
    const { loaded } = entry;
    const known = this.#made.get(loaded);
    if (known !== undefined) return { trustDomain, entry, ...known };
    const content = bundleContent(loaded.anchorsPEM, loaded.document.sequence);
    const made = {
      sequence: content.sequence,
      configMap: publicationOf(configMapBody(content)),
      clusterTrustBundle: publicationOf(clusterTrustBundleBody(content, name)),
    };
    this.#made.set(loaded, made);
    return { trustDomain, entry, ...made };
  }

  /** As `published`: undefined stands for leaving everything as it is. */
  configMap(name: string, namespace: string): BundleTarget | undefined {
    // What is in a terminating namespace goes with it, and what a deleted TrustDomain owns is collected or orphaned.
    const facts = this.#sources.namespaces.get(namespace);
    if (facts?.terminating === true || this.#isBeingDeleted(name)) return undefined;
    if (this.#sources.trustDomains.get(name) === undefined) return { exists: false, wanted: undefined };
    const published = this.published(name);
    if (published === undefined) return undefined;
    const { configMapName } = published.entry.resolved.bundle;
    if (!this.#selects(published.entry, namespace)) return { exists: true, wanted: undefined };
    const rival = this.#rival(published.trustDomain, configMapName, namespace);
    return { exists: true, wanted: wantedOf(published, configMapName, published.configMap), rival };
  }

  clusterTrustBundle(name: string): BundleTarget | undefined {
    if (this.#isBeingDeleted(name)) return undefined;
    if (this.#sources.trustDomains.get(name) === undefined) return { exists: false, wanted: undefined };
    const published = this.published(name);
    if (published === undefined) return undefined;
    if (published.entry.resolved.bundle.clusterTrustBundle === 'Never') return { exists: true, wanted: undefined };
    const wanted = wantedOf(published, clusterTrustBundleName(name), published.clusterTrustBundle);
    return { exists: true, wanted };
  }

  /** Namespaces that have to hold the ConfigMap of a TrustDomain. */
  *selected(entry: RegistryEntry): Generator<string> {
    for (const namespace of this.#sources.namespaces.keys()) if (this.#selects(entry, namespace)) yield namespace;
  }

  #isBeingDeleted(name: string): boolean {
    return this.#sources.trustDomains.get(name)?.metadata.deletionTimestamp !== undefined;
  }

  #selects({ resolved }: RegistryEntry, namespace: string): boolean {
    const facts = this.#sources.namespaces.get(namespace);
    if (facts === undefined || facts.terminating) return false;
    return matchesSelector(resolved.bundle.namespaceSelector, facts.labels);
  }

  #rival({ metadata }: TrustDomain, configMapName: string, namespace: string): string | undefined {
    for (const [name, entry] of this.#sources.registry.values()) {
      if (name === metadata.name || entry.resolved.bundle.configMapName !== configMapName) continue;
      const other = this.#sources.trustDomains.get(name);
      if (other === undefined || entry.conflictsWith !== undefined || !precedes(other.metadata, metadata)) continue;
      if (this.#selects(entry, namespace)) return name;
    }
    return undefined;
  }
}

function publicationOf(body: BundleBody): Publication {
  return { body, digest: bodyDigest(body) };
}

function wantedOf(
  { trustDomain, entry }: Published,
  name: string,
  { body, digest }: Publication,
): { readonly object: WantedObject; readonly body: BundleBody } {
  const owner = { name: trustDomain.metadata.name, uid: trustDomain.metadata.uid };
  return { object: { name, digest, trustDomainName: entry.resolved.trustDomain, owner }, body };
}
