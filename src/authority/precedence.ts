// SPDX-License-Identifier: Apache-2.0
/**
 * Which TrustDomain object serves a trust domain when several have its name: the oldest.
 * @module
 */
import { precedes } from '../api/age.ts';
import type { TrustDomain } from '../api/trust-domain.ts';

/** Name of the object that serves the trust domain instead of `candidate`; undefined: it serves itself. */
export function servedInstead(candidate: TrustDomain, all: Iterable<TrustDomain>): string | undefined {
  let oldest = candidate;
  for (const other of all) {
    if (other.spec.trustDomain === candidate.spec.trustDomain && precedes(other.metadata, oldest.metadata))
      oldest = other;
  }
  return oldest.metadata.uid === candidate.metadata.uid ? undefined : oldest.metadata.name;
}
