// SPDX-License-Identifier: Apache-2.0
/**
 * An authority whose issuing Secret is gone: what the root Secret still holds and what status recorded, as slots again.
 * Leaves that are out there stay good; nothing is trusted that was not trusted before.
 * @module
 */
import { parseTimestamp } from '../api/timestamp.ts';
import type { AuthorityStatus, RotationStatus } from '../api/trust-domain.ts';
import type { Instant } from '../time.ts';
import type { AuthoritySlot, CrossCertificate, RotationRecord } from './document.ts';

/** What status remembers of an authority. */
export interface Recorded {
  readonly authorities: readonly AuthorityStatus[];
  readonly rotation: RotationStatus | undefined;
  /** Of the last request that was answered. */
  readonly requestID?: string;
  /** Of the bundle that was published last. */
  readonly sequence?: number;
}

/** A root as the root Secret holds it. */
export interface FoundRoot {
  readonly id: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** PEM. */
  readonly certificate: string;
  readonly cross?: CrossCertificate;
  readonly canSign: boolean;
}

/** The slots of the roots and of retired intermediates, or why nothing can be rebuilt. */
export function rebuiltSlots(
  roots: readonly FoundRoot[],
  recorded: readonly AuthorityStatus[],
  now: Instant,
): { readonly value: readonly AuthoritySlot[]; readonly active: FoundRoot } | { readonly problem: string } {
  const known = recorded.filter(({ kind }) => kind === 'Root');
  const signed = known.find(({ state }) => state === 'Active')?.id;
  const active = roots.find((root) => root.canSign && (signed === undefined || root.id === signed));
  if (active === undefined) {
    return { problem: signed === undefined ? 'holds no root that can sign' : `does not hold the key of ${signed}` };
  }
  const kept = roots.flatMap((root) => {
    const status = known.find(({ id }) => id === root.id);
    if (root !== active && status === undefined) return [];
    const state = root === active ? 'Active' : (status?.state ?? 'Retired');
    // Without its key it can only be one that has signed.
    return [rootSlot(root, state === 'Prepared' && !root.canSign ? 'Retired' : state, status, now)];
  });
  return { value: [...kept, ...retiredIntermediates(recorded, now)], active };
}

/** The rotation that status speaks of, as a record again. */
export function rebuiltRotation(status: RotationStatus | undefined): RotationRecord | undefined {
  const startedAt = parseTimestamp(status?.startedAt ?? '');
  if (status === undefined || startedAt === undefined) return undefined;
  const completedAt = parseTimestamp(status.completedAt ?? '');
  const { id, action, reason, state, message, quarantined } = status;
  return {
    action,
    state,
    startedAt,
    ...(id === undefined ? {} : { id }),
    ...(reason === undefined ? {} : { reason }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(state === 'Refused' ? { message } : {}),
    ...(quarantined === undefined ? {} : { quarantined }),
  };
}

function rootSlot(
  { id, notBefore, notAfter, certificate, cross, canSign }: FoundRoot,
  state: AuthoritySlot['state'],
  status: AuthorityStatus | undefined,
  now: Instant,
): AuthoritySlot {
  const leavesUntil = parseTimestamp(status?.leavesUntil ?? '');
  return {
    id,
    kind: 'Root',
    state,
    since: now,
    notBefore,
    notAfter,
    certificate,
    ...(cross === undefined ? {} : { cross }),
    ...(leavesUntil === undefined ? {} : { leavesUntil }),
    ...(status?.compromised === true ? { compromised: true } : {}),
    ...(canSign ? {} : { keyDestroyed: true }),
  };
}

/** Their certificates are gone with the Secret; that leaves of theirs are good until then is all that is needed. */
export function retiredIntermediates(recorded: readonly AuthorityStatus[], now: Instant): AuthoritySlot[] {
  return recorded.flatMap((status): AuthoritySlot[] => {
    const notBefore = parseTimestamp(status.notBefore);
    const notAfter = parseTimestamp(status.notAfter);
    if (status.kind !== 'Intermediate' || notBefore === undefined || notAfter === undefined) return [];
    // One that was prepared has signed nothing.
    if (notAfter <= now || status.state === 'Prepared') return [];
    const { id, compromised } = status;
    return [
      {
        id,
        kind: 'Intermediate',
        state: 'Retired',
        since: now,
        notBefore,
        notAfter,
        leavesUntil: notAfter,
        certificate: '',
        ...(compromised === true ? { compromised: true } : {}),
      },
    ];
  });
}
