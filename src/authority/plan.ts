// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about one TrustDomain's authority: bootstrap it once, let the next intermediate take over in time,
 * forget what nothing depends on any more. One step a plan; a step that is refused says why and changes nothing.
 * @module
 */
import type { TrustDomainReason } from '../api/conditions.ts';
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { AuthorityStatus } from '../api/trust-domain.ts';
import type { Duration, Instant } from '../time.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import { activeSlot, forgetTime, rootCanSign, signsUntil, takeoverTime } from './slots.ts';

/** The Secret that holds the document and the signing intermediate's key, as far as it could be read. */
export type ObservedIssuing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'loaded'; readonly document: AuthorityDocument };

export interface ObservedAuthority {
  readonly trustDomain: ResolvedTrustDomain;
  /** What status listed before: proof that an authority existed, even when its Secrets are gone. */
  readonly recorded: readonly AuthorityStatus[];
  /** Whether the root Secret exists; its key is not read to know that. */
  readonly rootPresent: boolean;
  readonly issuing: ObservedIssuing;
}

export type AuthorityAction =
  /** Make a root and store it with its key; losing the race for the name to another controller is success. */
  | { readonly kind: 'CreateRoot' }
  /** Rebuild the document from the root Secret and sign a first intermediate. */
  | { readonly kind: 'CreateIssuing' }
  /** Sign the next intermediate under the active root; `retire` stops signing in the same write. */
  | { readonly kind: 'ReplaceIntermediate'; readonly document: AuthorityDocument; readonly retire: AuthoritySlot }
  | { readonly kind: 'Forget'; readonly document: AuthorityDocument; readonly slots: readonly AuthoritySlot[] };

export interface AuthorityBlocked {
  readonly reason: TrustDomainReason;
  readonly message: string;
}

export interface AuthorityPlan {
  readonly action?: AuthorityAction;
  readonly blocked?: AuthorityBlocked;
  readonly requeueAfter?: Duration;
}

/** Decides the next step of one authority. */
export function planAuthority(observed: ObservedAuthority, now: Instant): AuthorityPlan {
  const { issuing, rootPresent, recorded, trustDomain } = observed;
  switch (issuing.kind) {
    case 'damaged':
      return lost(
        `the Secret of the intermediate ${issuing.problem}; restore it from a backup, or delete it to have a new intermediate signed by the same root`,
      );
    case 'absent':
      if (rootPresent) return { action: { kind: 'CreateIssuing' } };
      if (recorded.length > 0)
        return lost(
          'both authority Secrets are gone; restore them from a backup. A new root would not be trusted by anybody, so none is made',
        );
      return { action: { kind: 'CreateRoot' } };
    case 'loaded':
      if (issuing.document.trustDomain !== trustDomain.trustDomain) return mismatch(issuing.document, trustDomain);
      return planLoaded(observed, issuing.document, now);
  }
}

function planLoaded(
  { trustDomain, rootPresent }: ObservedAuthority,
  document: AuthorityDocument,
  now: Instant,
): AuthorityPlan {
  const intermediate = activeSlot(document, 'Intermediate');
  const root = activeSlot(document, 'Root');
  if (intermediate === undefined || root === undefined) {
    return lost(
      'the document in the Secret of the intermediate names no active root or intermediate; restore it from a backup',
    );
  }
  const takeover = takeoverTime(intermediate, trustDomain);
  const rootProblem = rootPresent ? undefined : rootKeyLost(intermediate, trustDomain);
  if (now >= takeover) {
    if (rootProblem !== undefined) return expiredOr(rootProblem, intermediate, now);
    if (rootCanSign(root, trustDomain, now))
      return { action: { kind: 'ReplaceIntermediate', document, retire: intermediate } };
    const message = `the root ends at ${formatTimestamp(root.notAfter)} and can sign no further intermediate`;
    return expiredOr({ reason: 'AuthorityExpired', message }, intermediate, now);
  }
  const gone = document.slots.filter((slot) => slot.state === 'Retired' && now >= forgetTime(slot));
  if (gone.length > 0) return { action: { kind: 'Forget', document, slots: gone } };
  const forget = document.slots.filter((slot) => slot.state === 'Retired').map(forgetTime);
  const requeueAfter = Math.min(takeover, ...forget) - now;
  return rootProblem === undefined ? { requeueAfter } : { blocked: rootProblem, requeueAfter };
}

/** The document after `next` took over from `retired`; keys of retired authorities are destroyed by the same write. */
export function withIntermediate(
  document: AuthorityDocument,
  retired: AuthoritySlot,
  next: AuthoritySlot,
): AuthorityDocument {
  const slots = document.slots.map(
    (slot): AuthoritySlot => (slot.id === retired.id ? { ...slot, state: 'Retired', since: next.since } : slot),
  );
  return { ...document, slots: [...slots, next] };
}

/** The document without the given slots. */
export function withoutSlots(document: AuthorityDocument, gone: readonly AuthoritySlot[]): AuthorityDocument {
  return { ...document, slots: document.slots.filter((slot) => !gone.includes(slot)) };
}

const RECHECK: Duration = 60_000;

function lost(message: string): AuthorityPlan {
  return { blocked: { reason: 'AuthorityLost', message } };
}

function mismatch(document: AuthorityDocument, trustDomain: ResolvedTrustDomain): AuthorityPlan {
  const message = `the stored authority is that of trust domain ${document.trustDomain}, the spec says ${trustDomain.trustDomain}`;
  return { blocked: { reason: 'AuthorityMismatch', message } };
}

function rootKeyLost(intermediate: AuthoritySlot, trustDomain: ResolvedTrustDomain): AuthorityBlocked {
  const until = formatTimestamp(signsUntil(intermediate, trustDomain));
  return {
    reason: 'RootKeyLost',
    message: `the Secret of the root is gone; restore it from a backup before ${until}, when issuance stops`,
  };
}

function expiredOr(blocked: AuthorityBlocked, intermediate: AuthoritySlot, now: Instant): AuthorityPlan {
  if (now <= intermediate.notAfter) return { blocked, requeueAfter: RECHECK };
  const message = `the intermediate expired at ${formatTimestamp(intermediate.notAfter)}: ${blocked.message}`;
  return { blocked: { reason: 'AuthorityExpired', message }, requeueAfter: RECHECK };
}
