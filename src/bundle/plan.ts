// SPDX-License-Identifier: Apache-2.0
/**
 * What to do about one place of a bundle, a namespace or the ClusterTrustBundle: a pure function of what should be
 * there and what was found. A foreign object is never written; healing is bounded (design rules 9 and 12).
 * @module
 */

import { controllingOwner } from '../api/owner-reference.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import { type HealingHistory, healingBlockedUntil } from '../rates/healing.ts';
import { type Pace, pacedUntil, type Rate } from '../rates/pacing.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import { type BundleMeta, type BundleOwner, foreignHolder, isOfTrustDomain, isOwnedBy } from './objects.ts';

/** Of one place, by whoever edits it again and again. */
export const READS: Rate = { burst: 10, interval: 30 * SECOND };

/** The object that should be there. */
export interface WantedObject {
  readonly name: string;
  /** Of the content. */
  readonly digest: string;
  readonly trustDomainName: string;
  readonly owner: BundleOwner;
}

export interface StoredContent {
  readonly digest: string;
  readonly immutable: boolean;
}

export interface FoundObject {
  readonly meta: BundleMeta;
  /** Undefined: it has not been read in this version. */
  readonly content: StoredContent | undefined;
}

export interface BundleObserved {
  /** Name of the TrustDomain object. */
  readonly trustDomain: string;
  /** Whether there is a TrustDomain of that name. */
  readonly exists: boolean;
  /** Undefined: nothing should be there. */
  readonly wanted: WantedObject | undefined;
  /** Objects with our labels, and what was read under the wanted name whatever its labels. */
  readonly found: readonly FoundObject[];
  /** An older TrustDomain that wants the same name here. */
  readonly rival?: string | undefined;
  /** UID of the object we wrote. */
  readonly writtenUID: string | undefined;
  /** Digest of the content that was in place before. */
  readonly published: string | undefined;
  readonly healing: HealingHistory;
  readonly reads: Pace;
}

/** `heals`: it undoes what somebody else did, and counts against them. */
export type BundleAction =
  | { readonly kind: 'Create'; readonly heals: boolean }
  | { readonly kind: 'Patch'; readonly meta: BundleMeta; readonly immutable: boolean; readonly heals: boolean }
  | { readonly kind: 'Delete'; readonly meta: BundleMeta };

export interface BundleBlocked {
  readonly reason: 'ObjectConflict' | 'WriteRefused' | 'RepeatedEdits';
  readonly message: string;
}

/** The next step; none of them: everything is as it should be. */
export interface BundlePlan {
  readonly action?: BundleAction;
  /** The object under the wanted name has to be read first. */
  readonly read?: true;
  readonly blocked?: BundleBlocked;
  /** The old object is on its way out; its end will be told. */
  readonly waiting?: true;
  readonly requeueAfter?: Duration;
}

export function planBundle(observed: BundleObserved, now: Instant): BundlePlan {
  const { wanted, found } = observed;
  // After a change of the name the new object is in place before the old one goes.
  const first = wanted === undefined ? {} : planWanted(wanted, observed, now);
  if (Object.keys(first).length > 0) return first;
  const surplus = found.find(({ meta }) => meta.name !== wanted?.name && isRemovable(meta, observed));
  return surplus === undefined ? {} : { action: { kind: 'Delete', meta: surplus.meta } };
}

function planWanted(wanted: WantedObject, observed: BundleObserved, now: Instant): BundlePlan {
  const existing = observed.found.find(({ meta }) => meta.name === wanted.name);
  return existing === undefined ? planAbsent(wanted, observed, now) : planExisting(wanted, existing, observed, now);
}

function planAbsent(wanted: WantedObject, observed: BundleObserved, now: Instant): BundlePlan {
  if (observed.rival !== undefined) {
    const message = `TrustDomain ${observed.rival} is older and publishes its bundle as ${wanted.name}; choose another spec.bundle.configMapName`;
    return { blocked: { reason: 'ObjectConflict', message } };
  }
  const heals = observed.published === wanted.digest;
  return bounded({ kind: 'Create', heals }, observed, now);
}

function planExisting(wanted: WantedObject, found: FoundObject, observed: BundleObserved, now: Instant): BundlePlan {
  const { meta, content } = found;
  if (meta.deleting) return { waiting: true };
  const holder = foreignHolder(meta, wanted.owner, observed.writtenUID);
  if (holder !== undefined) {
    const message = `${wanted.name} belongs to ${holder}; delete it or choose another spec.bundle.configMapName`;
    return { blocked: { reason: 'ObjectConflict', message } };
  }
  if (content === undefined) return unread(observed, now);
  const heals = observed.published === wanted.digest;
  const complete = content.digest === wanted.digest && hasMetadata(meta, wanted);
  if (complete) return {};
  // What is immutable can only be made anew; the creation that follows is the one that counts.
  if (content.immutable && content.digest !== wanted.digest) {
    const anew = bounded({ kind: 'Create', heals }, observed, now);
    return anew.blocked === undefined ? { action: { kind: 'Delete', meta } } : anew;
  }
  return bounded({ kind: 'Patch', meta, immutable: content.immutable, heals }, observed, now);
}

function unread({ reads }: BundleObserved, now: Instant): BundlePlan {
  const until = pacedUntil(reads, now, READS);
  return until === undefined ? { read: true } : repeated(until, now);
}

function bounded(
  action: BundleAction & { readonly heals: boolean },
  observed: BundleObserved,
  now: Instant,
): BundlePlan {
  const until = action.heals ? healingBlockedUntil(observed.healing, now) : undefined;
  return until === undefined ? { action } : repeated(until, now);
}

function repeated(until: Instant, now: Instant): BundlePlan {
  const message = `it was edited or deleted again and again, and is looked at again at ${formatTimestamp(until)}; the audit log of the API server says who deletes it, its managedFields (kubectl get -o yaml --show-managed-fields) who edits it`;
  return { blocked: { reason: 'RepeatedEdits', message }, requeueAfter: until - now };
}

function hasMetadata(meta: BundleMeta, { owner, trustDomainName }: WantedObject): boolean {
  const labelled = meta.managed && meta.trustDomain === owner.name && meta.trustDomainName === trustDomainName;
  return labelled && isOwnedBy(meta, owner);
}

/**
 * Whether an object that should not be there may be deleted. One that nobody controls is kept when its TrustDomain is
 * gone: that is what deletion with `--cascade=orphan` leaves behind.
 */
function isRemovable(meta: BundleMeta, { trustDomain, exists }: BundleObserved): boolean {
  if (meta.deleting || !meta.managed || meta.trustDomain !== trustDomain) return false;
  if (isOfTrustDomain(meta, trustDomain)) return true;
  return exists && controllingOwner(meta.owners) === undefined;
}
