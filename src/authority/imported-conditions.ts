// SPDX-License-Identifier: Apache-2.0
/**
 * The conditions of a TrustDomain that only an imported authority can have: who else could sign under its root, and that
 * it ends.
 * @module
 */
import type { TrustDomainCondition } from '../api/condition-list.ts';
import type { TrustDomainConditionType, TrustDomainReason } from '../api/conditions.ts';
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import type { TrustDomainStatus } from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthorityBlocked } from './actions.ts';
import type { AuthorityDocument } from './document.ts';
import { endingMessage, unacknowledgedRoot } from './imported.ts';
import { activeSlot } from './slots.ts';

interface Outcome {
  readonly document: AuthorityDocument | undefined;
  readonly blocked: AuthorityBlocked | undefined;
  readonly resolved?: ResolvedTrustDomain;
}

const TYPES: readonly TrustDomainConditionType[] = ['SharedRoot', 'AuthorityExpiring'];

/** Those that are True. Of a spec that was not judged nothing new is said. */
export function importedConditions(
  previous: TrustDomainStatus | undefined,
  { document, blocked, resolved }: Outcome,
  now: Instant,
): readonly TrustDomainCondition[] {
  if (resolved === undefined) return (previous?.conditions ?? []).filter(({ type }) => TYPES.includes(type));
  const active = document === undefined ? undefined : activeSlot(document, 'Intermediate');
  const inUse = active === undefined ? undefined : unacknowledgedRoot(active, resolved)?.message;
  const shared = inUse ?? (blocked?.reason === 'RootNotDedicated' ? blocked.message : undefined);
  const ending = active === undefined ? undefined : endingMessage(active, now);
  return [
    ...(shared === undefined ? [] : [isTrue('SharedRoot', 'RootNotDedicated', shared)]),
    ...(ending === undefined ? [] : [isTrue('AuthorityExpiring', 'ReplacementDue', ending)]),
  ];
}

function isTrue(type: TrustDomainConditionType, reason: TrustDomainReason, message: string): TrustDomainCondition {
  return { type, status: 'True', reason, message };
}
