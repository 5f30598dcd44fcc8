// SPDX-License-Identifier: Apache-2.0
/**
 * Whose a Secret is. A foreign one is never overwritten; the recorded owner of an existing Secret always wins, and
 * only for an absent one age decides between rivals (design rule 12).
 * @module
 */
import type { OwnerReference } from '../api/object-meta.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { GROUP, IDENTITY_LABEL, MANAGED_LABEL, MANAGED_SVID, RETAIN_LABEL } from '../api/well-known.ts';
import type { Rival, SecretMeta } from './observed.ts';

/**
 * - ours: by the uid of its controlling owner, or by the uid recorded in status.
 * - adoptable: written by Signet for an identity of this name whose object is gone (restored backup, kept Secret).
 * - foreign: anything else; `holder` names who has it.
 */
export type Ownership = { readonly kind: 'ours' | 'adoptable' } | { readonly kind: 'foreign'; readonly holder: string };

export function ownership(identity: ServiceIdentity, secret: SecretMeta): Ownership {
  const { uid, name } = identity.metadata;
  const owner = controllingOwner(secret.ownerReferences);
  if (owner?.uid === uid) return { kind: 'ours' };
  const recorded = identity.status?.secret;
  if (owner === undefined && recorded?.uid === secret.uid && recorded.name === secret.name) return { kind: 'ours' };
  if (leftBehind(name, secret, owner)) return { kind: 'adoptable' };
  return { kind: 'foreign', holder: holderOf(secret, owner) };
}

/** Whether Signet wrote the Secret for an earlier identity of this name: restored with its old owner, or kept. */
function leftBehind(name: string, { labels }: SecretMeta, owner: OwnerReference | undefined): boolean {
  if (labels[MANAGED_LABEL] !== MANAGED_SVID || labels[IDENTITY_LABEL] !== name) return false;
  return owner === undefined ? labels[RETAIN_LABEL] !== undefined : isServiceIdentity(owner) && owner.name === name;
}

/** The rival that gets an absent Secret before this identity: older creationTimestamp, then lower uid. */
export function precedingRival(identity: ServiceIdentity, rivals: readonly Rival[]): Rival | undefined {
  const { uid, creationTimestamp } = identity.metadata;
  return rivals.find(
    (rival) =>
      rival.creationTimestamp < creationTimestamp || (rival.creationTimestamp === creationTimestamp && rival.uid < uid),
  );
}

export function controllingOwner(owners: readonly OwnerReference[]): OwnerReference | undefined {
  return owners.find((owner) => owner.controller === true);
}

/** The owner reference our Secrets carry: garbage collection deletes them with their identity. No blockOwnerDeletion,
 * which would need a right on the owner's finalizers. */
export function ownerReferenceTo(identity: ServiceIdentity): OwnerReference {
  const { name, uid } = identity.metadata;
  return { apiVersion: `${GROUP}/v1alpha1`, kind: 'ServiceIdentity', name, uid, controller: true };
}

function isServiceIdentity(owner: OwnerReference): boolean {
  return owner.kind === 'ServiceIdentity' && owner.apiVersion.startsWith(`${GROUP}/`);
}

function holderOf(secret: SecretMeta, owner: OwnerReference | undefined): string {
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const labelled = secret.labels[IDENTITY_LABEL];
  return labelled === undefined ? 'somebody else' : `ServiceIdentity ${labelled}`;
}
