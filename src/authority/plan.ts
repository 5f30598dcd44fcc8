// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about one TrustDomain's authority: bootstrap it once, answer the operator, rotate in time, forget what
 * nothing depends on any more. One step a plan; a step that is refused says why and changes nothing.
 * @module
 */
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { RotationRequest } from '../api/trust-domain.ts';
import { type Duration, type Instant, MINUTE } from '../time.ts';
import type { AuthorityBlocked, AuthorityPlan } from './actions.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import { planFirstImport, planSource } from './imported-plan.ts';
import type { ObservedAuthority, Situation } from './observed.ts';
import { recordedRoot } from './rebuild.ts';
import { planCleanUp, planLifetime, planMended, planRequest, planRootRotation, planSchedule } from './rotation.ts';
import { activeSlot, rootCanSign, signsUntil, takeoverTime } from './slots.ts';

/** Decides the next step of one authority. */
export function planAuthority(observed: ObservedAuthority, now: Instant): AuthorityPlan {
  const { issuing, rootPresent, recorded, trustDomain } = observed;
  switch (issuing.kind) {
    case 'damaged':
      return lost(
        `the Secret of the intermediate ${issuing.problem}; restore it from a backup, or delete it to have ${remake(trustDomain)}`,
      );
    case 'absent':
      if (comesFromImport(observed)) return planFirstImport(observed, now);
      if (rootPresent) return { action: { kind: 'CreateIssuing', recorded, ...askedAnew(observed) } };
      if (recorded.authorities.length > 0)
        return lost(
          "both authority Secrets are gone from the controller's namespace; restore them from a backup, or, where a controller in another namespace serves this TrustDomain, uninstall one of the two. A new root would not be trusted by anybody, so none is made",
        );
      return { action: { kind: 'CreateRoot' } };
    case 'loaded':
      if (issuing.document.trustDomain !== trustDomain.trustDomain) return mismatch(issuing.document, trustDomain);
      return planLoaded(observed, issuing.document, now);
  }
}

/** A request for a new root that status does not know of. Where there was no authority before it came with a manifest. */
function askedAnew({ trustDomain: { rotation: request }, recorded }: ObservedAuthority): {
  readonly request?: RotationRequest;
} {
  const { authorities, requestID, answeredIDs = [] } = recorded;
  if (request === undefined || request.action === 'RotateIntermediate' || authorities.length === 0) return {};
  return request.id === requestID || answeredIDs.includes(request.id) ? {} : { request };
}

function planLoaded(observed: ObservedAuthority, document: AuthorityDocument, now: Instant): AuthorityPlan {
  const intermediate = activeSlot(document, 'Intermediate');
  const root = activeSlot(document, 'Root');
  if (intermediate === undefined || root === undefined) {
    return lost(
      'the document in the Secret of the intermediate names no active root or intermediate; restore it from a backup',
    );
  }
  const situation: Situation = { ...observed, document, intermediate, root, now };
  const waits: Duration[] = [];
  let blocked: AuthorityBlocked | undefined;
  for (const part of [
    planSource,
    planLifetime,
    planRequest,
    planRootRotation,
    planTakeover,
    planSchedule,
    planMended,
    planCleanUp,
  ]) {
    const plan = part(situation);
    if (plan.action !== undefined) return plan;
    if (plan.requeueAfter !== undefined) waits.push(plan.requeueAfter);
    blocked ??= plan.blocked;
  }
  const requeueAfter = Math.max(1, Math.min(...waits));
  return blocked === undefined ? { requeueAfter } : { blocked, requeueAfter };
}

/** The next intermediate, long before this one has to stop signing. */
function planTakeover({ trustDomain, document, intermediate, root, rootPresent, now }: Situation): AuthorityPlan {
  if (intermediate.imported !== undefined) return {};
  const takeover = takeoverTime(intermediate, trustDomain);
  const rootProblem = rootPresent ? undefined : rootKeyLost(intermediate, trustDomain);
  if (now < takeover) {
    const requeueAfter = takeover - now;
    return rootProblem === undefined ? { requeueAfter } : { blocked: rootProblem, requeueAfter };
  }
  if (rootProblem !== undefined) return expiredOr(rootProblem, intermediate, now);
  if (rootCanSign(root, trustDomain, now)) return { action: { kind: 'ReplaceIntermediate', document } };
  const message = `the root expires at ${formatTimestamp(root.notAfter)} and can sign no further intermediate; ask for RotateRoot in spec.rotation`;
  return expiredOr({ reason: 'AuthorityExpired', message }, intermediate, now);
}

/** What a person mends may bring no event. */
const BLOCKED_RECHECK: Duration = MINUTE;

function remake({ source }: ResolvedTrustDomain): string {
  return source.type === 'Imported'
    ? `the authority imported again from Secret ${source.secretName}, if its root is still the same`
    : 'a new intermediate signed by the same root';
}

/** Unless its own root was trusted before: then that one goes on, until the imported one is published. */
function comesFromImport({ trustDomain, recorded, rootPresent }: ObservedAuthority): boolean {
  return trustDomain.source.type === 'Imported' && !(rootPresent && recordedRoot(recorded.authorities) === undefined);
}

function lost(message: string): AuthorityPlan {
  return { blocked: { reason: 'AuthorityLost', message } };
}

function mismatch(document: AuthorityDocument, trustDomain: ResolvedTrustDomain): AuthorityPlan {
  const message = `the stored authority is that of trust domain ${document.trustDomain}, the spec says ${trustDomain.trustDomain}; delete this TrustDomain and create it as ${document.trustDomain}, or see AuthorityMismatch on the troubleshooting page before deleting anything else`;
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
  if (now <= intermediate.notAfter) return { blocked, requeueAfter: BLOCKED_RECHECK };
  const message = `the intermediate expired at ${formatTimestamp(intermediate.notAfter)}: ${blocked.message}`;
  return { blocked: { reason: 'AuthorityExpired', message }, requeueAfter: BLOCKED_RECHECK };
}
