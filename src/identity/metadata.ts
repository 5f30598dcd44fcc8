// SPDX-License-Identifier: Apache-2.0
/**
 * What has to change on an existing Secret without a new SVID: our labels, annotations and owner reference, the
 * anchors and the peers files. One merge patch; what others put there stays.
 * @module
 */
import type { OwnerReference } from '../api/object-meta.ts';
import { controllingOwner } from '../api/owner-reference.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import {
  ALLOWED_CLIENTS_KEY,
  ALLOWED_SERVERS_KEY,
  CA_CERT_KEY,
  FILES_DIGEST_ANNOTATION,
  GROUP,
  METADATA_KEYS_ANNOTATION,
  RENEW_REQUEST_ANNOTATION,
  RETAIN_LABEL,
} from '../api/well-known.ts';
import type { Desired } from './desired.ts';
import type { ObservedSecret, SecretMeta } from './observed.ts';
import { ownerReferenceTo } from './ownership.ts';
import { specSettled, trusted } from './stored.ts';

/** Null removes a key. Absent parts stay as they are. */
export interface SecretPatch {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
  readonly ownerReferences?: readonly OwnerReference[];
  /** File name to its text. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Whether it undoes what somebody else did, which is bounded, or follows a change of ours or of the spec. */
  readonly heals: boolean;
}

type Metadata = 'labels' | 'annotations';

/** The patch that closes the gap, or undefined when there is none. Without known anchors files are left alone. */
export function metadataPatch(
  identity: ServiceIdentity,
  secret: ObservedSecret,
  desired: Desired,
): SecretPatch | undefined {
  const { meta } = secret;
  const labels = difference(meta, desired, 'labels');
  const annotations = difference(meta, desired, 'annotations');
  const owners = desiredOwners(identity, meta, desired);
  const ownersDiffer = owners.length !== meta.ownerReferences.length || !owners.every((owner) => hasOwner(meta, owner));
  const files = filesDiffer(secret, desired) ? desiredFiles(desired) : {};
  const unchanged = [labels, annotations, files].every((part) => Object.keys(part).length === 0) && !ownersDiffer;
  if (unchanged) return undefined;
  // What differs although neither the Secret nor the spec was written since is an admission webhook's doing; the
  // anchors alone change without either.
  const ours =
    Object.keys(annotations).every((key) => key === FILES_DIGEST_ANNOTATION && key in meta.annotations) &&
    !ownersDiffer;
  const rewritten = specSettled(identity) && !(ours && Object.keys(labels).length === 0);
  const heals = !trusted(identity, meta) || rewritten;
  return { labels, annotations, ...(ownersDiffer ? { ownerReferences: owners } : {}), files, heals };
}

/**
 * The labels and annotations that a Secret with a new SVID carries: ours, what others put there, and which request the
 * SVID answers. That one is of the SVID, so no patch ever brings it.
 */
export function keptMetadata(
  meta: SecretMeta | undefined,
  desired: Desired,
): { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> } {
  const kept = (which: Metadata) => {
    const dropped = new Set(formerKeys(meta, which));
    const foreign = Object.entries(meta?.[which] ?? {}).filter(([key]) => !dropped.has(key) && !isOurs(key));
    return { ...Object.fromEntries(foreign), ...desired.secret[which] };
  };
  const answers = desired.renewRequest === undefined ? {} : { [RENEW_REQUEST_ANNOTATION]: desired.renewRequest };
  return { labels: kept('labels'), annotations: { ...kept('annotations'), ...answers } };
}

/** The owners a Secret should have: this identity as controller unless it is retained, and any others it had. */
export function desiredOwners(
  identity: ServiceIdentity,
  meta: SecretMeta | undefined,
  desired: Desired,
): readonly OwnerReference[] {
  const others = (meta?.ownerReferences ?? []).filter(
    (owner) => owner !== controllingOwner(meta?.ownerReferences ?? []),
  );
  const foreign = others.filter((owner) => owner.uid !== identity.metadata.uid);
  return desired.secret.retain ? foreign : [...foreign, ownerReferenceTo(identity)];
}

/** The files beside the SVID; null for one that must not exist. */
export function desiredFiles(desired: Desired): Record<string, string | null> {
  const { anchorsPEM, allowedClients, allowedServers } = desired.secret;
  return {
    ...(anchorsPEM === undefined ? {} : { [CA_CERT_KEY]: anchorsPEM }),
    [ALLOWED_CLIENTS_KEY]: allowedClients ?? null,
    [ALLOWED_SERVERS_KEY]: allowedServers ?? null,
  };
}

function filesDiffer({ meta, content }: ObservedSecret, desired: Desired): boolean {
  if (desired.secret.anchorsPEM === undefined) return false;
  const stored = content === undefined ? meta.annotations[FILES_DIGEST_ANNOTATION] : content.filesDigest;
  return stored !== desired.filesDigest;
}

function difference(meta: SecretMeta, desired: Desired, which: Metadata): Record<string, string | null> {
  const wanted = desired.secret[which];
  const changes: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (desired.secret.anchorsPEM === undefined && key === FILES_DIGEST_ANNOTATION) continue;
    if (meta[which][key] !== value) changes[key] = value;
  }
  const stale = [RETAIN_LABEL, METADATA_KEYS_ANNOTATION, ...formerKeys(meta, which)];
  for (const key of stale) if (!(key in wanted) && key in meta[which]) changes[key] = null;
  return changes;
}

/** Keys that came from an earlier spec. */
function formerKeys(meta: SecretMeta | undefined, which: Metadata): string[] {
  const prefix = which === 'labels' ? 'label:' : 'annotation:';
  const listed = meta?.annotations[METADATA_KEYS_ANNOTATION] ?? '';
  return listed
    .split(',')
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length));
}

function isOurs(key: string): boolean {
  return key.startsWith(`${GROUP}/`);
}

function hasOwner(meta: SecretMeta, owner: OwnerReference): boolean {
  return meta.ownerReferences.some((existing) => OWNER_FIELDS.every((field) => existing[field] === owner[field]));
}

/** Garbage collection looks for the owner by all of them; a wrong kind gets the Secret deleted. */
const OWNER_FIELDS = ['apiVersion', 'kind', 'name', 'uid', 'controller'] as const;
