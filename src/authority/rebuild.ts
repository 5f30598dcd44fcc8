// SPDX-License-Identifier: Apache-2.0
/**
 * An authority whose issuing Secret is gone: what the root Secret still holds and what status recorded, as slots again.
 * Leaves that are out there stay good; nothing is trusted that was not trusted before.
 * @module
 */
import { parseTimestamp } from '../api/timestamp.ts';
import type { AuthorityState, AuthorityStatus, RotationStatus } from '../api/trust-domain.ts';
import { type Duration, type Instant, MINUTE } from '../time.ts';
import type { AuthoritySlot, CrossCertificate, RotationRecord } from './document.ts';

/** What status remembers of an authority. */
export interface Recorded {
  readonly authorities: readonly AuthorityStatus[];
  readonly rotation: RotationStatus | undefined;
  /** Of the last request that was answered. */
  readonly requestID?: string;
  /** Of those before it that status still names. */
  readonly answeredIDs?: readonly string[];
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

/** What is rebuilt from, besides the root Secret. */
export interface RebuildSources {
  /** As status lists them. */
  readonly recorded: readonly AuthorityStatus[];
  /** The longest leaf of those that status does not know of. */
  readonly maxTTL: Duration;
}

/** The root that signed when status was written last. */
export function recordedRoot(recorded: readonly AuthorityStatus[]): AuthorityStatus | undefined {
  return recorded.find(({ kind, state }) => kind === 'Root' && state === 'Active');
}

/** The slots of the roots and of retired intermediates, or why nothing can be rebuilt. */
export function rebuiltSlots(
  roots: readonly FoundRoot[],
  { recorded, maxTTL }: RebuildSources,
  now: Instant,
): { readonly value: readonly AuthoritySlot[]; readonly active: FoundRoot } | { readonly problem: string } {
  const known = recorded.filter(({ kind }) => kind === 'Root');
  const active = signerAmong(roots, known, now);
  if (active === undefined) {
    const signed = recordedRoot(known)?.id;
    return { problem: signed === undefined ? 'holds no root that can sign' : `does not hold the key of ${signed}` };
  }
  const intermediates = retiredIntermediates(recorded, now);
  const latest = Math.max(now + maxTTL + MINUTE, ...intermediates.map(({ notAfter }) => notAfter));
  const kept = roots.flatMap((root) => {
    const status = known.find(({ id }) => id === root.id);
    if (root !== active && status === undefined) return [];
    return [rootSlot(root, stateOf(root, root === active, status), status, { latest, now })];
  });
  return { value: [...kept, ...intermediates], active };
}

/**
 * The root that signed when status was written last. Where its key was destroyed since, its successor: the one that was
 * published, or that it vouches for with a cross-certificate. Where it has ended, whatever was made to follow it.
 */
function signerAmong(
  roots: readonly FoundRoot[],
  known: readonly AuthorityStatus[],
  now: Instant,
): FoundRoot | undefined {
  const able = roots.filter(({ canSign }) => canSign);
  const valid = able.filter(({ notAfter }) => now < notAfter);
  const signed = recordedRoot(known);
  if (signed === undefined) return valid[0] ?? able.at(-1);
  const before = able.find(({ id }) => id === signed.id);
  if (before !== undefined && valid.includes(before)) return before;
  const ended = hasEnded(signed, now);
  // Leaves under a root that is gone altogether could not be verified any more.
  if (!ended && !roots.some(({ id }) => id === signed.id)) return undefined;
  const next = valid.findLast(({ id, cross }) => {
    const status = known.find((root) => root.id === id);
    if (status?.compromised === true) return false;
    return ended || status?.state === 'Prepared' || cross?.issuerID === signed.id;
  });
  return next ?? before;
}

/** Whether nothing can be valid under a root that status lists. */
export function hasEnded({ notAfter }: AuthorityStatus, now: Instant): boolean {
  return now >= (parseTimestamp(notAfter) ?? Number.POSITIVE_INFINITY);
}

function stateOf(root: FoundRoot, signs: boolean, status: AuthorityStatus | undefined): AuthorityState {
  if (signs) return 'Active';
  // Without its key it can only be one that has signed.
  return status?.state === 'Prepared' && root.canSign ? 'Prepared' : 'Retired';
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

/** `latest`: the end of the last leaf that can be out there. */
function rootSlot(
  { id, notBefore, notAfter, certificate, cross, canSign }: FoundRoot,
  state: AuthorityState,
  status: AuthorityStatus | undefined,
  { latest, now }: { readonly latest: Instant; readonly now: Instant },
): AuthoritySlot {
  const bound = state === 'Retired' ? Math.min(notAfter, latest) : undefined;
  const leavesUntil = parseTimestamp(status?.leavesUntil ?? '') ?? bound;
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
