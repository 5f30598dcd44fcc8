// SPDX-License-Identifier: Apache-2.0
/**
 * The metadata of a Secret: whole as a live read tells it, and as it may stay in memory. Whoever may edit a Secret decides
 * how much there is of it, so what is none of ours is kept only as far as it is small.
 * @module
 */
import type { OwnerReference } from '../../api/object-meta.ts';
import { controllingOwner, shortened } from '../../api/owner-reference.ts';
import {
  FILES_DIGEST_ANNOTATION,
  IDENTITY_LABEL,
  MANAGED_LABEL,
  METADATA_KEYS_ANNOTATION,
  PASSWORD_DIGEST_ANNOTATION,
  RENEW_REQUEST_ANNOTATION,
  RETAIN_LABEL,
  SPIFFE_ID_ANNOTATION,
  SVID_DIGEST_ANNOTATION,
  TRUST_DOMAIN_LABEL,
} from '../../api/well-known.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import type { KubeObject } from '../../kube/resources.ts';

/** Characters of labels, annotations, owners and finalizers that may stay in memory besides what decisions always read. */
const MAX_KEPT = 2048;
/** Characters of one value that decisions always read; none that we write is longer, but for a long list of keys. */
const MAX_VALUE = 1024;

const ALWAYS_KEPT: ReadonlySet<string> = new Set([
  MANAGED_LABEL,
  IDENTITY_LABEL,
  RETAIN_LABEL,
  TRUST_DOMAIN_LABEL,
  SPIFFE_ID_ANNOTATION,
  SVID_DIGEST_ANNOTATION,
  FILES_DIGEST_ANNOTATION,
  METADATA_KEYS_ANNOTATION,
  PASSWORD_DIGEST_ANNOTATION,
  RENEW_REQUEST_ANNOTATION,
]);

/** Everything decisions and replacements need. */
export function secretMeta({ metadata }: KubeObject): SecretMeta {
  const { namespace = '', name, uid, resourceVersion, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const deleting = metadata.deletionTimestamp !== undefined;
  const { finalizers } = metadata;
  const kept = finalizers === undefined ? {} : { finalizers };
  return { namespace, name, uid, resourceVersion, labels, annotations, ownerReferences, deleting, ...kept };
}

/** What of it may stay in memory: all of it, or where that is too much what is ours, marked `partial`. */
export function keepable(meta: SecretMeta): SecretMeta {
  if (sizeOf(meta) <= MAX_KEPT) return meta;
  const { namespace, name, uid, resourceVersion, labels, annotations, ownerReferences, deleting } = meta;
  const owner = controllingOwner(ownerReferences);
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    labels: ours(labels),
    annotations: ours(annotations),
    ownerReferences: owner === undefined ? [] : [shortened(owner)],
    deleting,
    partial: true,
  };
}

function sizeOf({ labels, annotations, ownerReferences, finalizers = [] }: SecretMeta): number {
  let size = 0;
  for (const map of [labels, annotations]) {
    for (const [key, value] of Object.entries(map)) {
      if (ALWAYS_KEPT.has(key) && value.length <= MAX_VALUE) continue;
      size += key.length + value.length;
    }
  }
  for (const { apiVersion, kind, name, uid } of ownerReferences.slice(1))
    size += apiVersion.length + kind.length + name.length + uid.length;
  return finalizers.reduce((sum, finalizer) => sum + finalizer.length, size + ownerSize(ownerReferences[0]));
}

/** The usual one owner counts for nothing, as it is kept in any case. */
function ownerSize(owner: OwnerReference | undefined): number {
  return owner !== undefined && shortened(owner) !== owner ? MAX_KEPT + 1 : 0;
}

function ours(map: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(map).filter(([key, value]) => ALWAYS_KEPT.has(key) && value.length <= MAX_VALUE);
  return Object.fromEntries(entries);
}
