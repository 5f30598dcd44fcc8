// SPDX-License-Identifier: Apache-2.0
/**
 * What stands between an identity and its issuance: facts about its surroundings that the user or operator has to
 * change. Each is a value with its reason, never an exception.
 * @module
 */

import { trustDomainNameOf } from '../api/defaults.ts';
import { matchesSelector } from '../api/label-selector.ts';
import { secretNameOf } from '../api/service-identity-validation.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import { healingBlockedUntil } from '../rates/healing.ts';
import { pacedUntil, type Rate } from '../rates/pacing.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import type { IssueReason } from './checks.ts';
import type { Observed } from './observed.ts';
import { ownership } from './ownership.ts';
import type { IdentityProblem } from './problem.ts';
import { factsInStatus, plannedRenewal, specFollowed, unrecorded } from './stored.ts';

/** Issuances that follow changes of a spec. */
export const CHANGES: Rate = { burst: 5, interval: 30 * SECOND };

/** Why nothing can be done now. `retryAfter`: when to look again although no watch will tell; absent: a watch tells. */
export interface Blocked extends IdentityProblem {
  readonly retryAfter?: Duration;
}

/** Facts that keep the spec from being judged at all. */
export function servingGate({ identity, settings, namespace, trustDomain }: Observed): Blocked | undefined {
  const own = identity.metadata.namespace ?? '';
  const td = trustDomainNameOf(identity.spec);
  if (own === settings.ownNamespace) {
    return {
      reason: 'NamespaceReserved',
      message: `namespace ${own} holds the controller and its keys; put the identity into another namespace`,
    };
  }
  if (namespace?.terminating === true)
    return {
      reason: 'NamespaceTerminating',
      message: `namespace ${own} is being deleted; nothing new is issued in it`,
    };
  if (trustDomain === undefined) {
    return {
      reason: 'TrustDomainNotFound',
      message: `TrustDomain ${td} does not exist; create it, or replace the ServiceIdentity by one that names another`,
    };
  }
  if (trustDomain.conflictsWith !== undefined) {
    const message = `TrustDomain ${td} is not served: ${trustDomain.conflictsWith} is older and has the same trust domain name; delete one of the two, or replace the ServiceIdentity by one that names the older`;
    return { reason: 'TrustDomainConflict', message };
  }
  if (namespace === undefined || !matchesSelector(trustDomain.resolved.allowedNamespaces, namespace.labels)) {
    const message = `TrustDomain ${td} does not allow namespace ${own}; change its spec.allowedNamespaces so that they select it`;
    return { reason: 'NamespaceNotAllowed', message };
  }
  return undefined;
}

/**
 * What bounds the number of issuances. `heals`: it undoes what somebody else did. `follows`: it follows what a user
 * changed. Neither: the first one, a renewal, a new authority; these are never held back.
 */
export type IssuanceBudget = 'heals' | 'follows' | undefined;

/** Facts that keep a due issuance from happening. */
export function issuanceGate(observed: Observed, budget: IssuanceBudget, now: Instant): Blocked | undefined {
  const { identity, trustDomain, serviceAccountExists, policy } = observed;
  if (identity.spec.suspend === true)
    return { reason: 'Suspended', message: 'spec.suspend is true: nothing is issued; set it to false to go on' };
  if (policy !== undefined) return { reason: 'PolicyViolation', message: policy.message };
  if (!serviceAccountExists) {
    const message = `ServiceAccount ${identity.spec.serviceAccountName} does not exist in this namespace; create it`;
    return { reason: 'ServiceAccountNotFound', message };
  }
  const authority = trustDomain?.authority;
  if (authority === undefined || now > authority.signsUntil) return authorityUnavailable(observed);
  if (budget === undefined) return undefined;
  return budget === 'heals' ? contention(observed, now) : haste(observed, now);
}

export function authorityUnavailable({ identity }: Observed): Blocked {
  const name = trustDomainNameOf(identity.spec);
  const message = `TrustDomain ${name} cannot sign now; look at its conditions`;
  return { reason: 'AuthorityUnavailable', message };
}

/** Reasons that only somebody else's hand on the Secret brings about, once an SVID was stored. */
const FOREIGN_HAND: ReadonlySet<IssueReason> = new Set<IssueReason>([
  'SecretMissing',
  'SecretAdopted',
  'SecretImmutable',
  'SecretEdited',
]);

/** Which budget an issuance for this reason comes out of. */
export function issuanceBudget(observed: Observed, name: string, due: IssueReason, now: Instant): IssuanceBudget {
  if (undoesForeignHand(observed, name, due)) return 'heals';
  return followsChange(observed, due, now) ? 'follows' : undefined;
}

/** An SVID whose renewal time has come is not issued because of the change alone. */
function followsChange({ identity }: Observed, due: IssueReason, now: Instant): boolean {
  if (due === 'RenewalDue' || due === 'AuthorityChanged') return false;
  const facts = factsInStatus(identity.status);
  return facts !== undefined && now < plannedRenewal(identity, facts);
}

/**
 * Whether an issuance undoes what somebody else did to the Secret. Any reason can come of that: an older SVID put back
 * is due for renewal at once, or was issued for an earlier spec. The first issuance under a Secret name heals nothing.
 */
function undoesForeignHand({ identity, secret }: Observed, name: string, due: IssueReason): boolean {
  const { status } = identity;
  if (status?.secret?.name !== name) return false;
  if (FOREIGN_HAND.has(due)) return true;
  // The digest changed although the spec did not: an admission webhook rewrites what we store.
  if (due === 'SpecChanged' && specFollowed(identity)) return true;
  const found = secret?.content?.svid;
  return found !== undefined && found.fingerprint !== status.fingerprint;
}

/** What holds a heal back: they are bounded (design rule 9). */
export function contention({ identity, healing }: Observed, now: Instant): Blocked | undefined {
  const until = healingBlockedUntil(healing, now);
  if (until === undefined) return undefined;
  const secret = `secret -n ${identity.metadata.namespace} ${secretNameOf(identity)}`;
  const message = `the Secret was edited or deleted again and again; it is healed at ${formatTimestamp(until)}; the audit log of the API server says who deletes it; ${managedFieldsOf(secret)} who edits it`;
  return { reason: 'RepeatedEdits', message, retryAfter: until - now };
}

/** What holds back an issuance that follows a change of the spec (design rule 9). */
function haste({ identity: { metadata }, pace }: Observed, now: Instant): Blocked | undefined {
  const until = pacedUntil(pace, now, CHANGES);
  if (until === undefined) return undefined;
  const identity = `serviceidentity -n ${metadata.namespace} ${metadata.name}`;
  const message = `the spec was changed again and again; the next SVID is issued at ${formatTimestamp(until)}; ${managedFieldsOf(identity)} who changes it`;
  return { reason: 'RepeatedChanges', message, retryAfter: until - now };
}

/** What shows who writes an object; reads on after it. */
function managedFieldsOf(object: string): string {
  return `its managedFields (kubectl get ${object} -o yaml --show-managed-fields) say`;
}

/** Reasons that come of holding the stored SVID against the identity as the cache shows it. */
const BY_COMPARISON: ReadonlySet<IssueReason> = new Set<IssueReason>(['SpecChanged', 'SecretEdited', 'RenewRequested']);

/**
 * Whether status has to tell of the stored SVID before it is replaced. It is of a signer that ended before it wrote that,
 * or the identity is an old one: its spec and status may be behind the very SVID they are held against. The write of a
 * status is refused for an old one, so nothing that was answered before a hand-over is answered again.
 */
export function recordedFirst({ identity, secret }: Observed, reason: IssueReason): boolean {
  if (secret === undefined || !BY_COMPARISON.has(reason)) return false;
  return ownership(identity, secret.meta).kind === 'ours' && unrecorded(identity, secret);
}
