// SPDX-License-Identifier: Apache-2.0
/**
 * Which state of which object: what writes name as their precondition (design rule 14), and memories go by.
 * @module
 */

export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The version alone, of an object or its metadata. */
export function versionOf({ uid, resourceVersion }: ObjectVersion): ObjectVersion {
  return { uid, resourceVersion };
}

/** Whether both are there and nothing was written between them. */
export function sameVersion(a: ObjectVersion | undefined, b: ObjectVersion | undefined): boolean {
  return a !== undefined && a.uid === b?.uid && a.resourceVersion === b.resourceVersion;
}

/** Resource versions of one kind compare as unsigned integers (Kubernetes 1.35, KEP-5504). */
export function isNewer(a: Pick<ObjectVersion, 'resourceVersion'>, b: Pick<ObjectVersion, 'resourceVersion'>): boolean {
  if (a.resourceVersion.length !== b.resourceVersion.length) return a.resourceVersion.length > b.resourceVersion.length;
  return a.resourceVersion > b.resourceVersion;
}
