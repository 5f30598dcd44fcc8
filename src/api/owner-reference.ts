// SPDX-License-Identifier: Apache-2.0
/**
 * Owner references as they are read: which of them controls the object, whom it names, and how much of one is kept.
 * @module
 */
import type { OwnerReference } from './object-meta.ts';
import { GROUP } from './well-known.ts';

export function controllingOwner(owners: readonly OwnerReference[]): OwnerReference | undefined {
  return owners.find((owner) => owner.controller === true);
}

/** Whether it names an object of ours of this kind and name, present or former. */
export function isNamed({ apiVersion, ...owner }: OwnerReference, kind: string, name: string): boolean {
  return owner.kind === kind && owner.name === name && apiVersion.startsWith(`${GROUP}/`);
}

const MAX_FIELD = 320;

/** An owner whose fields are longer than any name is nobody we know; that it is there is all that counts. */
export function shortened(owner: OwnerReference): OwnerReference {
  const fields = [owner.apiVersion, owner.kind, owner.name, owner.uid];
  if (fields.every((field) => field.length <= MAX_FIELD)) return owner;
  return {
    apiVersion: '',
    kind: 'object',
    name: '',
    uid: '',
    ...(owner.controller === true ? { controller: true } : {}),
  };
}
