// SPDX-License-Identifier: Apache-2.0
/**
 * Whose a Secret is. A foreign one is never overwritten; the recorded owner of an existing Secret always wins, and
 * only for an absent one age decides between rivals (design rule 12).
 * @module
 */
import { precedes } from '../api/age.ts';
import type { OwnerReference } from '../api/object-meta.ts';
import { controllingOwner, isNamed } from '../api/owner-reference.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { API_VERSION, IDENTITY_LABEL, MANAGED_LABEL, MANAGED_SVID, RETAIN_LABEL } from '../api/well-known.ts';
import type { Rival, SecretMeta } from './observed.ts';

/**
 * - ours: by the uid of its controlling owner, or by the uid recorded in status where no other object owns it.
 * - adoptable: written by Signet for an identity of this name whose object is gone (restored backup, kept Secret).
 * - foreign: anything else; `holder` names who has it.
 */
export type Ownership = { readonly kind: 'ours' | 'adoptable' } | { readonly kind: 'foreign'; readonly holder: string };

export function ownership(identity: ServiceIdentity, secret: SecretMeta): Ownership {
  const { uid, name } = identity.metadata;
  const owner = controllingOwner(secret.ownerReferences);
  if (owner?.uid === uid) return { kind: 'ours' };
  const recorded = identity.status?.secret;
  const known = recorded?.uid === secret.uid && recorded.name === secret.name;
  // An owner reference to a former object of this name is damage: nobody else can own it by that.
  if (known && (owner === undefined || isNamed(owner, 'ServiceIdentity', name))) return { kind: 'ours' };
  if (leftBehind(name, secret, owner)) return { kind: 'adoptable' };
  return { kind: 'foreign', holder: holderOf(secret, owner) };
}

/** Whether Signet wrote the Secret for an earlier identity of this name: restored with its old owner, or kept. */
function leftBehind(name: string, { labels }: SecretMeta, owner: OwnerReference | undefined): boolean {
  if (labels[MANAGED_LABEL] !== MANAGED_SVID || labels[IDENTITY_LABEL] !== name) return false;
  return owner === undefined ? labels[RETAIN_LABEL] !== undefined : isNamed(owner, 'ServiceIdentity', name);
}

/**
 * The rival that gets an absent Secret before this identity: older creationTimestamp, then lower uid. Of several it is
 * the first, so that the order in which they are found changes no message.
 */
export function precedingRival(identity: ServiceIdentity, rivals: readonly Rival[]): Rival | undefined {
  let first: Rival | undefined;
  for (const rival of rivals) if (precedes(rival, first ?? identity.metadata)) first = rival;
  return first;
}

/** The owner reference our Secrets carry: garbage collection deletes them with their identity. No blockOwnerDeletion,
 * which would need a right on the owner's finalizers. */
export function ownerReferenceTo(identity: ServiceIdentity): OwnerReference {
  const { name, uid } = identity.metadata;
  return { apiVersion: API_VERSION, kind: 'ServiceIdentity', name, uid, controller: true };
}

function holderOf(secret: SecretMeta, owner: OwnerReference | undefined): string {
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const labelled = secret.labels[IDENTITY_LABEL];
  return labelled === undefined ? 'somebody else' : `ServiceIdentity ${labelled}`;
}
