// SPDX-License-Identifier: Apache-2.0
/**
 * The objects a bundle is published in, as decisions see them: what of their metadata counts, and whose they are.
 * @module
 */
import type { ObjectMeta, OwnerReference } from '../api/object-meta.ts';
import { controllingOwner, isNamed, shortened } from '../api/owner-reference.ts';
import {
  API_VERSION,
  MANAGED_BUNDLE,
  MANAGED_LABEL,
  TRUST_DOMAIN_LABEL,
  TRUST_DOMAIN_NAME_ANNOTATION,
} from '../api/well-known.ts';

export type BundleKind = 'ConfigMap' | 'ClusterTrustBundle';

export interface BundleMeta {
  /** Absent for a ClusterTrustBundle. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Whether it carries the label by which the cache finds it. */
  readonly managed: boolean;
  /** The TrustDomain object it says it belongs to. */
  readonly trustDomain: string | undefined;
  /** The trust domain whose anchors it says it holds; undefined as well where that is no name. */
  readonly trustDomainName: string | undefined;
  readonly owners: readonly OwnerReference[];
  /** There are more owners than are kept: of `owners` only the controlling one is left. */
  readonly crowded?: true;
  readonly deleting: boolean;
}

/** Of ConfigMaps and ClusterTrustBundles that hold a bundle of ours. */
export const BUNDLE_SELECTOR: string = `${MANAGED_LABEL}=${MANAGED_BUNDLE}`;

/** Characters of owners, and of a name, that may stay in memory: whoever makes ConfigMaps can label as many as they like. */
const MAX_OWNERS = 2048;
const MAX_NAME = 255;

export function bundleMeta({ metadata }: { readonly metadata: ObjectMeta }): BundleMeta {
  const { namespace, name, uid, resourceVersion, labels, annotations, ownerReferences } = metadata;
  const trustDomainName = annotations?.[TRUST_DOMAIN_NAME_ANNOTATION];
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
    managed: labels?.[MANAGED_LABEL] === MANAGED_BUNDLE,
    trustDomain: labels?.[TRUST_DOMAIN_LABEL],
    trustDomainName: (trustDomainName?.length ?? 0) > MAX_NAME ? undefined : trustDomainName,
    ...keptOwners(ownerReferences ?? []),
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

function keptOwners(owners: readonly OwnerReference[]): Pick<BundleMeta, 'owners' | 'crowded'> {
  const size = owners.reduce(
    (sum, { apiVersion, kind, name, uid }) => sum + `${apiVersion}${kind}${name}${uid}`.length,
    0,
  );
  if (size <= MAX_OWNERS) return { owners };
  const owner = controllingOwner(owners);
  return { owners: owner === undefined ? [] : [shortened(owner)], crowded: true };
}

/** A TrustDomain object. */
export interface BundleOwner {
  readonly name: string;
  readonly uid: string;
}

/** Garbage collection deletes what is published with the TrustDomain, also while no controller runs. */
export function ownerReferenceTo({ name, uid }: BundleOwner): OwnerReference {
  return { apiVersion: API_VERSION, kind: 'TrustDomain', name, uid, controller: true };
}

export function isOwnedBy(meta: BundleMeta, { uid }: BundleOwner): boolean {
  return controllingOwner(meta.owners)?.uid === uid;
}

/** Whether a TrustDomain of this name, present or former, controls the object. */
export function isOfTrustDomain(meta: BundleMeta, name: string): boolean {
  const owner = controllingOwner(meta.owners);
  return owner !== undefined && isNamed(owner, 'TrustDomain', name);
}

/**
 * Who holds the object, where it is not ours to write. Ours: by the uid of its controlling owner; by the uid of what we
 * wrote; by our labels where nobody controls it, or only a former TrustDomain of this name.
 */
export function foreignHolder(
  meta: BundleMeta,
  owner: BundleOwner,
  writtenUID: string | undefined,
): string | undefined {
  if (isOwnedBy(meta, owner)) return undefined;
  const controller = controllingOwner(meta.owners);
  const labelled = meta.managed && meta.trustDomain === owner.name;
  if (isOfTrustDomain(meta, owner.name) && labelled && meta.crowded !== true) return undefined;
  // Whoever took it over would have to name its other owners.
  const written = labelled || meta.uid === writtenUID;
  if (controller === undefined && written && meta.crowded !== true) return undefined;
  return controller === undefined ? 'somebody else' : `${controller.kind} ${controller.name}`;
}
