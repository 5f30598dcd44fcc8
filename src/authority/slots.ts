// SPDX-License-Identifier: Apache-2.0
/**
 * Which authority does what: which intermediate signs and until when, which roots are published as anchors, when the
 * next intermediate takes over and when a retired one is forgotten. Pure functions of time and stored state.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import type { AuthorityKind } from '../api/trust-domain.ts';
import { type Duration, type Instant, MINUTE } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';

/** Added to a notAfter before something that depends on its passing is done: verifiers' clocks lag. */
const SKEW: Duration = MINUTE;

export function activeSlot(document: AuthorityDocument, kind: AuthorityKind): AuthoritySlot | undefined {
  return document.slots.find((slot) => slot.kind === kind && slot.state === 'Active');
}

/** The published anchors: self-signed roots in every state, and nothing else (design rule 5). */
export function anchors(document: AuthorityDocument): readonly AuthoritySlot[] {
  return document.slots.filter((slot) => slot.kind === 'Root');
}

/** Past this our own intermediate signs no more: a leaf of maxTTL would outlive it (design rule 1). */
export function signsUntil(intermediate: AuthoritySlot, { maxTTL }: ResolvedTrustDomain): Instant {
  return intermediate.notAfter - maxTTL;
}

/**
 * When the next intermediate takes over: with a third of its signing time left, so that days (at the defaults) remain
 * to mend whatever keeps it from being made.
 */
export function takeoverTime(intermediate: AuthoritySlot, trustDomain: ResolvedTrustDomain): Instant {
  const until = signsUntil(intermediate, trustDomain);
  return until - Math.max(0, (until - intermediate.notBefore) / 3);
}

/** When no leaf of a retired intermediate can be valid any more, skew included: a leaf never outlives its issuer. */
export function forgetTime(retired: AuthoritySlot): Instant {
  return retired.notAfter + SKEW;
}

/** Whether a root can sign an intermediate now that is of any use. */
export function rootCanSign(root: AuthoritySlot, { maxTTL }: ResolvedTrustDomain, now: Instant): boolean {
  return now >= root.notBefore && root.notAfter - now > 2 * maxTTL;
}
