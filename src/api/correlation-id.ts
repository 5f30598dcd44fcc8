// SPDX-License-Identifier: Apache-2.0
/**
 * What admission, issuance and status of one change have in common: uid and generation of the object, which all of them
 * see as it is stored.
 * @module
 */

/** Undefined: one of the two is not known. */
export function correlationID({
  uid,
  generation,
}: {
  readonly uid?: string;
  readonly generation?: number;
}): string | undefined {
  return uid === undefined || generation === undefined ? undefined : `${uid}:${generation}`;
}
