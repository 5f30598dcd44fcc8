// SPDX-License-Identifier: Apache-2.0
/**
 * The summary condition Ready: whether the Secret holds a valid SVID that is what the spec asks for, and if there is
 * trouble, which.
 * @module
 */
import { conditionOf, type IdentityCondition } from '../api/condition-list.ts';
import { HELD_REASONS, type IdentityReason } from '../api/conditions.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import type { Instant } from '../time.ts';
import type { IssueReason } from './checks.ts';
import type { SecretPatch } from './metadata.ts';
import type { StoredFacts } from './observed.ts';
import type { Outcome } from './outcome.ts';
import type { Action, Plan } from './plan.ts';

/**
 * True while the stored SVID is valid and matches, even if something keeps its renewal from happening: that shows in
 * reason and message, and turns to False at notAfter by timer. What waits for somebody else says so past its end, too:
 * whoever counts what Signet failed to renew tells it by the reason.
 */
export function readyCondition(
  identity: ServiceIdentity,
  outcome: Outcome,
  stored: StoredFacts | undefined,
  now: Instant,
): IdentityCondition {
  const trouble = steadied(identity, outcome) ?? outcome.plan.blocked;
  if (stored !== undefined && now >= stored.notAfter) {
    const because = trouble === undefined ? '' : `; not renewed because ${trouble.message}`;
    const reason = trouble !== undefined && HELD_REASONS.has(trouble.reason) ? trouble.reason : 'Expired';
    return condition(false, reason, `the SVID expired at ${formatTimestamp(stored.notAfter)}${because}`);
  }
  const good = stored !== undefined && (outcome.issued !== undefined || stillGood(outcome));
  return trouble === undefined
    ? untroubled(identity, outcome.plan, good)
    : condition(good, trouble.reason, trouble.message);
}

/**
 * The failure, in the words it was first told in: the API server's own differ from try to try (ports, request ids), and
 * each new text would be a write, whose event would be the next try.
 */
function steadied({ status }: ServiceIdentity, { failure }: Outcome): Outcome['failure'] {
  const before = conditionOf(status, 'Ready');
  if (failure === undefined || before?.reason !== failure.reason) return failure;
  return { reason: failure.reason, message: before.message };
}

function untroubled(identity: ServiceIdentity, plan: Plan, good: boolean): IdentityCondition {
  if (!good) return condition(false, 'Pending', plan.cause?.message ?? 'not issued yet');
  if (identity.spec.suspend === true) {
    return condition(
      true,
      'Suspended',
      'spec.suspend is true: nothing is issued, and the stored SVID stays until it expires; set it to false to go on',
    );
  }
  return condition(true, 'Issued', `Secret ${plan.desired?.secret.name ?? ''} holds the SVID`);
}

const STILL_GOOD: ReadonlySet<IssueReason> = new Set<IssueReason>(['RenewalDue', 'RenewRequested', 'PasswordChanged']);

/** Whether the stored SVID is what the spec asks for, even if it is due for renewal. */
function stillGood({ plan, failure }: Outcome): boolean {
  const { cause, blocked } = plan;
  if (blocked?.reason === 'InvalidSpec' || blocked?.reason === 'SecretConflict') return false;
  if (editedFiles(plan.withheld) || (failure !== undefined && plan.actions.some(mendsFiles))) return false;
  return cause === undefined || STILL_GOOD.has(cause.reason);
}

function mendsFiles(action: Action): boolean {
  return action.kind === 'PatchSecret' && editedFiles(action.patch);
}

/** Whether a patch is about anchors or peers that somebody else put there. */
function editedFiles(patch: SecretPatch | undefined): boolean {
  return patch?.heals === true && Object.keys(patch.files).length > 0;
}

function condition(status: boolean, reason: IdentityReason, message: string): IdentityCondition {
  return { type: 'Ready', status: status ? 'True' : 'False', reason, message };
}
