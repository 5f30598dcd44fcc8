// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about the webhook's own serving certificate. Each certificate has an authority of its own whose key is
 * gone; so an authority stays trusted exactly as long as its certificate is valid, and nobody has to know which replica
 * serves which.
 * @module
 */
import { BACKDATE, VERIFIER_SKEW } from '../spiffe/svid.ts';
import type { Duration, Instant } from '../time.ts';

/** A serving certificate, as stored. */
export interface ServingSlot {
  /** The authority that signed it, and nothing else. */
  readonly authorityID: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly dnsNames: readonly string[];
}

export interface ServingAuthority {
  readonly id: string;
  readonly notAfter: Instant;
}

/** What the Secret holds. */
export interface StoredServing {
  /** What every replica is to serve. */
  readonly current?: ServingSlot;
  /** What they are to serve once it is trusted. */
  readonly next?: ServingSlot;
  /** Of both, and of those before them that are still valid: the caBundle. */
  readonly authorities: readonly ServingAuthority[];
}

export interface ObservedServing {
  /** Undefined: there is no Secret. With `problem`, what can't be used has been left out. */
  readonly stored: StoredServing | undefined;
  /** What is wrong with the Secret. */
  readonly problem?: string | undefined;
  /**
   * For how long every configuration has been known to hold the authority of `next`. Undefined: not all of them do,
   * or nobody has looked.
   */
  readonly trustedFor: Duration | undefined;
}

export interface ServingSettings {
  /** Of a certificate, from when it is made. */
  readonly lifetime: Duration;
  /** How long an API server may take to hear of a changed caBundle. */
  readonly uptake: Duration;
  /** At least one. */
  readonly dnsNames: readonly string[];
}

export type ServingReason = 'Missing' | 'Damaged' | 'NamesChanged' | 'RenewalDue' | 'NextExpired';

export type ServingAction =
  /** Make the next certificate and store it with its authority; nobody serves it yet. */
  | { readonly kind: 'Prepare'; readonly reason: ServingReason; readonly keep: readonly string[] }
  /** The next certificate becomes the one that is served. */
  | { readonly kind: 'Promote' }
  /** These authorities are left: what they signed has ended. */
  | { readonly kind: 'Forget'; readonly keep: readonly string[] };

export interface ServingPlan {
  readonly action?: ServingAction;
  /** Undefined only with an action. */
  readonly requeueAfter?: Duration;
}

/** Whoever damages the Secret again and again must not make the caBundle grow without end. */
const MAX_KEPT = 8;

/** Decides the next step. */
export function planServing(observed: ObservedServing, settings: ServingSettings, now: Instant): ServingPlan {
  const { stored, problem, trustedFor } = observed;
  if (stored === undefined) return { action: { kind: 'Prepare', reason: 'Missing', keep: [] } };
  const keep = stillValid(stored, now);
  const { current, next } = stored;
  if (problem !== undefined) return { action: { kind: 'Prepare', reason: 'Damaged', keep } };
  if (next !== undefined) {
    if (now >= renewalDue(next)) return { action: { kind: 'Prepare', reason: 'NextExpired', keep } };
    if (!sameNames(next, settings)) return { action: { kind: 'Prepare', reason: 'NamesChanged', keep } };
    if (trustedFor === undefined) return { requeueAfter: settings.uptake };
    // Of the first one nobody waits for API servers: they trust nothing else, so all calls fail until they trust it.
    const isFirst = stored.authorities.every(({ id }) => id === next.authorityID);
    return isFirst || trustedFor >= settings.uptake
      ? { action: { kind: 'Promote' } }
      : { requeueAfter: settings.uptake - trustedFor };
  }
  if (current === undefined) return { action: { kind: 'Prepare', reason: 'Missing', keep } };
  if (!sameNames(current, settings)) return { action: { kind: 'Prepare', reason: 'NamesChanged', keep } };
  const due = Math.min(renewalDue(current), current.notBefore + BACKDATE + settings.lifetime / 2);
  if (now >= due) return { action: { kind: 'Prepare', reason: 'RenewalDue', keep } };
  if (keep.length < stored.authorities.length) return { action: { kind: 'Forget', keep } };
  const ends = stored.authorities
    .filter(({ id }) => id !== current.authorityID)
    .map(({ notAfter }) => notAfter + VERIFIER_SKEW);
  return { requeueAfter: Math.min(due, ...ends) - now };
}

/** When the certificate after this one is made: at half of its life. */
function renewalDue({ notBefore, notAfter }: ServingSlot): Instant {
  return notBefore + BACKDATE + (notAfter - notBefore - BACKDATE) / 2;
}

/** The authorities of what is served now, and of what some replica may still serve: not of what never was. */
function stillValid({ current, next, authorities }: StoredServing, now: Instant): string[] {
  const kept = authorities.filter(
    ({ id, notAfter }) => id === current?.authorityID || (id !== next?.authorityID && now < notAfter + VERIFIER_SKEW),
  );
  return kept.slice(-MAX_KEPT).map(({ id }) => id);
}

function sameNames({ dnsNames }: ServingSlot, settings: ServingSettings): boolean {
  return dnsNames.length === settings.dnsNames.length && dnsNames.every((name, at) => name === settings.dnsNames[at]);
}
