// SPDX-License-Identifier: Apache-2.0
/**
 * An authority at every stage of a rotation, and what is planned for it.
 * @module
 */
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import type { AuthorityPlan } from '../../../src/authority/actions.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../src/authority/document.ts';
import { planAuthority } from '../../../src/authority/plan.ts';
import type { Propagation } from '../../../src/authority/propagation.ts';
import { withActiveRoot, withPreparedRoot, withStored } from '../../../src/authority/transitions.ts';
import { DAY, type Duration, MINUTE } from '../../../src/time.ts';
import { aDocument, aPropagation, aResolvedTrustDomain, aSlot, NOW } from '../../support/builders.ts';

/** The propagation margin. */
export const M: Duration = 5 * MINUTE;
export const td = aResolvedTrustDomain();
export const oldRoot = aSlot({ kind: 'Root' });
export const newRoot = aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', since: NOW });
export const second = aSlot({ id: 'intermediate-2', issuerID: 'root-2', notBefore: NOW, notAfter: NOW + 7 * DAY });
export const compromise = { id: 'c', action: 'Compromise' } as const;

export const published = withPreparedRoot(aDocument(), newRoot, NOW);
export const stored = withStored(published, newRoot, NOW, 0);
export const active = withActiveRoot(stored, newRoot, second, NOW + M);
export const condemned = withPreparedRoot(aDocument(), newRoot, NOW, { request: compromise });
export const replacing = withActiveRoot(condemned, newRoot, second, NOW);

export function counted(changes: Partial<Propagation> = {}): Propagation {
  return aPropagation({ targets: 10, ...changes });
}

export interface Circumstances {
  readonly propagation?: Propagation | undefined;
  readonly rotation?: TrustDomainSpec['rotation'];
  readonly rootPresent?: boolean;
}

export function planOf(document: AuthorityDocument, now: number, circumstances: Circumstances = {}): AuthorityPlan {
  const { propagation = counted(), rotation, rootPresent = true } = circumstances;
  const trustDomain = rotation === undefined ? td : { ...td, rotation };
  const recorded = { authorities: [], rotation: undefined };
  const issuing = { kind: 'loaded', document } as const;
  const counts = 'propagation' in circumstances ? circumstances.propagation : propagation;
  return planAuthority({ trustDomain, recorded, rootPresent, issuing, propagation: counts }, now);
}

export function rootEnding(notAfter: number): AuthorityDocument {
  return aDocument({ slots: [aSlot({ kind: 'Root', notAfter }), aSlot()] });
}

export function withKeysGone(document: AuthorityDocument): AuthorityDocument {
  return { ...document, slots: document.slots.map(withoutKey) };
}

function withoutKey(slot: AuthoritySlot): AuthoritySlot {
  return slot.kind === 'Root' && slot.state === 'Retired' ? { ...slot, keyDestroyed: true } : slot;
}

/** The active intermediate as if it had just taken over. */
export function withFresh(document: AuthorityDocument, now: number): AuthorityDocument {
  const fresh = (slot: AuthoritySlot) =>
    slot.id === second.id ? { ...slot, notBefore: now, notAfter: now + 7 * DAY } : slot;
  return { ...document, slots: document.slots.map(fresh) };
}

export function withoutSlot(document: AuthorityDocument, id: string): AuthorityDocument {
  return { ...document, slots: document.slots.filter((slot) => slot.id !== id) };
}
