// SPDX-License-Identifier: Apache-2.0
/**
 * Which authority does what: which intermediate signs and until when, which roots are published as anchors, when the
 * next one takes over and when a retired one is forgotten. Pure functions of time and stored state.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import type { AuthorityKind } from '../api/trust-domain.ts';
import { BACKDATE, VERIFIER_SKEW } from '../spiffe/svid.ts';
import { DAY, type Duration, HOUR, type Instant, MINUTE, SECOND } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import type { Propagation } from './propagation.ts';

/** A rotation that nothing presses gives up on what stays unwritable after this. */
const LONGEST_WAIT: Duration = DAY;
/** One that replaces a compromised authority waits no longer than this for what makes no progress. */
const PATIENCE: Duration = HOUR;
const STANDSTILL: Duration = 10 * MINUTE;

export function activeSlot(document: AuthorityDocument, kind: AuthorityKind): AuthoritySlot | undefined {
  return document.slots.find((slot) => slot.kind === kind && slot.state === 'Active');
}

/** The root that is published and does not sign yet. */
export function preparedRoot(document: AuthorityDocument): AuthoritySlot | undefined {
  return document.slots.find(({ kind, state }) => kind === 'Root' && state === 'Prepared');
}

/** Whether it is an imported intermediate whose key waits beside the one that signs. */
export function isPreparedIntermediate({ kind, state }: AuthoritySlot): boolean {
  return kind === 'Intermediate' && state === 'Prepared';
}

/** The imported intermediate that takes over together with this root; undefined: the root signs one of its own. */
export function preparedIntermediate({ slots }: AuthorityDocument, root: AuthoritySlot): AuthoritySlot | undefined {
  return slots.find((slot) => isPreparedIntermediate(slot) && slot.issuerID === root.id);
}

/** The published anchors: self-signed roots in every state until they are withdrawn, and nothing else (design rule 5). */
export function anchors({ slots }: AuthorityDocument): readonly AuthoritySlot[] {
  return slots.filter(({ kind, withdrawnSince }) => kind === 'Root' && withdrawnSince === undefined);
}

/** Whether Secrets or bundles that the last rotation gave up still lack the anchors. */
export function hasGivenUp({ rotation }: AuthorityDocument): boolean {
  return (rotation?.quarantined ?? 0) > 0;
}

/**
 * Sets of anchors that Secrets may hold until their next renewal: the published ones and roots that were withdrawn in
 * peace. One that was compromised is in none of them.
 */
export function toleratedAnchors(document: AuthorityDocument): readonly (readonly AuthoritySlot[])[] {
  const withdrawn = document.slots.filter(
    ({ withdrawnSince, compromised }) => withdrawnSince !== undefined && compromised !== true,
  );
  return withdrawn.map((_, index) => {
    const kept = new Set([...anchors(document), ...withdrawn.slice(index)]);
    return document.slots.filter((slot) => kept.has(slot));
  });
}

/**
 * PEM of what follows a leaf in tls.crt: the signing intermediate, what stands between it and an imported root, then
 * the active root under the signature of the root before it, for as long as that one is an anchor.
 */
export function chainAbove(document: AuthorityDocument): readonly string[] {
  const intermediate = activeSlot(document, 'Intermediate');
  if (intermediate === undefined) return [];
  const above = intermediate.imported?.chain ?? [];
  return [intermediate.certificate, ...above, ...crossCertificates(document, intermediate.issuerID)];
}

/** A path has five certificates at most: a leaf, its intermediate, and these. */
const MAX_CROSSES = 3;

/**
 * Down from the signing root to the oldest anchor that somebody may hold alone. One is enough after a planned change: what
 * signed it was everywhere before. A root that was compromised may itself have been too new for that.
 */
function crossCertificates(document: AuthorityDocument, signs: string | undefined): readonly string[] {
  const trusted = anchors(document);
  const crosses: string[] = [];
  let root = document.slots.find(({ id, kind }) => kind === 'Root' && id === signs);
  while (root?.cross !== undefined && crosses.length < MAX_CROSSES) {
    const { certificate, issuerID } = root.cross;
    const issuer = trusted.find(({ id }) => id === issuerID);
    if (issuer === undefined) break;
    crosses.push(certificate);
    root = issuer.compromised === true ? issuer : undefined;
  }
  return crosses;
}

/** Every intermediate whose leaves are still good: they are in use, and no operator has called it compromised. */
export function knownIDs(document: AuthorityDocument): ReadonlySet<string> {
  const known = document.slots.filter(({ kind, compromised }) => kind === 'Intermediate' && compromised !== true);
  return new Set(known.map(({ id }) => id));
}

/**
 * Past this our own intermediate signs no more: a leaf of maxTTL would outlive it. An imported one, which only its
 * operator can replace, goes on to its end, with leaves that are cut short (design rule 1).
 */
export function signsUntil(
  { imported, notAfter }: Pick<AuthoritySlot, 'imported' | 'notAfter'>,
  trustDomain: ResolvedTrustDomain,
): Instant {
  return imported?.endsAt ?? notAfter - ownMaxTTL(trustDomain);
}

/**
 * The longest leaf of an authority of our own. While it waits for an imported one to follow, svid.maxTTL was not held
 * against its lifetimes, and must not make it stop.
 */
export function ownMaxTTL({ source, maxTTL, intermediate, propagationMargin }: ResolvedTrustDomain): Duration {
  if (source.type === 'SelfSigned') return maxTTL;
  const half = Math.floor((intermediate.ttl - propagationMargin) / 2 / SECOND) * SECOND;
  return Math.min(maxTTL, Math.max(MINUTE, half));
}

/**
 * When the next intermediate takes over: with a third of its signing time left, so that days (at the defaults) remain
 * to mend whatever keeps it from being made.
 */
export function takeoverTime(intermediate: AuthoritySlot, trustDomain: ResolvedTrustDomain): Instant {
  return lastThird(intermediate.notBefore + BACKDATE, signsUntil(intermediate, trustDomain));
}

/** Past this nothing that the active authority signed is valid. */
export function trustEnds(root: AuthoritySlot, intermediate: AuthoritySlot): Instant {
  return intermediate.imported?.endsAt ?? root.notAfter;
}

/** Past this a root makes no intermediate of full life any more. */
function rootSignsUntil({ notAfter }: Pick<AuthoritySlot, 'notAfter'>, { intermediate }: ResolvedTrustDomain): Instant {
  return notAfter - intermediate.ttl;
}

/** When the next root is made and published: with a third of the root's signing time left (months, at the defaults). */
export function prepareTime(root: AuthoritySlot, trustDomain: ResolvedTrustDomain): Instant {
  return lastThird(root.notBefore + BACKDATE, rootSignsUntil(root, trustDomain));
}

/**
 * When half of the time has gone by in which the next one should have taken over, or been published: something keeps it
 * from being made.
 */
export function overdueTime(
  { kind, notBefore, notAfter }: Pick<AuthoritySlot, 'kind' | 'notBefore' | 'notAfter'>,
  trustDomain: ResolvedTrustDomain,
): Instant {
  const until = kind === 'Root' ? rootSignsUntil({ notAfter }, trustDomain) : signsUntil({ notAfter }, trustDomain);
  return until - (until - notBefore) / 6;
}

/** Past this the authority in use cannot be renewed: its root ends, or the imported intermediate does. */
export function authoritySignsUntil(
  document: AuthorityDocument,
  root: AuthoritySlot,
  trustDomain: ResolvedTrustDomain,
): Instant {
  return activeSlot(document, 'Intermediate')?.imported?.endsAt ?? rootSignsUntil(root, trustDomain);
}

/**
 * When a new root no longer waits for what still does not hold it: half of the time that the old one has left is kept
 * for the rotation itself, and nobody holds it up for more than a day (design rule 5).
 */
export function quarantineTime(
  prepared: AuthoritySlot,
  old: AuthoritySlot,
  trustDomain: ResolvedTrustDomain,
  until: Instant = rootSignsUntil(old, trustDomain),
): Instant {
  const left = until - prepared.since;
  const least = 2 * trustDomain.propagationMargin;
  return prepared.since + Math.max(least, Math.min(LONGEST_WAIT, left / 2));
}

/**
 * When a compromised root no longer waits for what still depends on it: after an hour, once the replacement of SVIDs has
 * come to a standstill, or at the latest as for any root. Whoever stole it profits from every minute.
 */
export function withdrawalDeadline(
  active: AuthoritySlot,
  condemned: readonly AuthoritySlot[],
  trustDomain: ResolvedTrustDomain,
  propagation: Propagation | undefined,
): Instant {
  const ends = condemned.map((root) => quarantineTime(active, root, trustDomain));
  const patience = active.since + Math.max(PATIENCE, 2 * trustDomain.propagationMargin);
  const standstill = (propagation?.changedAt ?? active.since) + STANDSTILL;
  return Math.min(...ends, Math.max(patience, standstill));
}

/** When a withdrawn root is no longer chased out of what cannot be written. */
export function removalDeadline(
  withdrawn: Instant,
  { propagationMargin }: ResolvedTrustDomain,
  { changedAt = withdrawn }: Propagation,
): Instant {
  return Math.max(withdrawn + PATIENCE, withdrawn + 2 * propagationMargin, changedAt + STANDSTILL);
}

/** When no leaf of a retired authority can be valid any more, skew included: a leaf never outlives its issuer. */
export function forgetTime(retired: AuthoritySlot): Instant {
  return (retired.leavesUntil ?? retired.notAfter) + VERIFIER_SKEW;
}

/** What was signed while this intermediate retired. */
const IN_FLIGHT: Duration = MINUTE;

/** The latest end of a leaf of an intermediate that retires now: that of the longest leaf it can have signed. */
export function leafEnd(slot: AuthoritySlot, now: Instant): Instant {
  const { imported, leavesUntil: known, longestTTL, notAfter } = slot;
  if (known !== undefined) return known;
  return Math.min(imported?.endsAt ?? notAfter, now + (longestTTL ?? Number.POSITIVE_INFINITY) + IN_FLIGHT);
}

/** The latest end of a leaf under this root when it retires now: that of its intermediates. */
export function leavesUntil(document: AuthorityDocument, root: AuthoritySlot, now: Instant): Instant {
  const ends = document.slots
    // Of one that is known from status alone the issuer is not known.
    .filter(({ kind, issuerID }) => kind === 'Intermediate' && (issuerID ?? root.id) === root.id)
    .map((slot) => leafEnd(slot, now));
  return Math.min(root.notAfter, Math.max(root.since, ...ends));
}

/** Whether a root can sign an intermediate now that is of any use. */
export function rootCanSign(root: AuthoritySlot, { maxTTL }: ResolvedTrustDomain, now: Instant): boolean {
  return now >= root.notBefore && root.notAfter - now > 2 * maxTTL;
}

function lastThird(from: Instant, until: Instant): Instant {
  return until - Math.max(0, (until - from) / 3);
}
