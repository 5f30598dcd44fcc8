// SPDX-License-Identifier: Apache-2.0
/**
 * Which TrustDomain object serves a trust domain when several have its name: the oldest.
 * @module
 */
import type { TrustDomain } from '../api/trust-domain.ts';

/** Name of the object that serves the trust domain instead of `candidate`; undefined: it serves itself. */
export function servedInstead(candidate: TrustDomain, all: Iterable<TrustDomain>): string | undefined {
  let oldest = candidate;
  for (const other of all) {
    if (other.spec.trustDomain === candidate.spec.trustDomain && precedes(other, oldest)) oldest = other;
  }
  return oldest.metadata.uid === candidate.metadata.uid ? undefined : oldest.metadata.name;
}

function precedes({ metadata: a }: TrustDomain, { metadata: b }: TrustDomain): boolean {
  return a.creationTimestamp < b.creationTimestamp || (a.creationTimestamp === b.creationTimestamp && a.uid < b.uid);
}
