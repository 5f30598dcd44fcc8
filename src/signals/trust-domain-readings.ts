// SPDX-License-Identifier: Apache-2.0
/**
 * What metrics tell of a TrustDomain, read from its status alone: every replica shows the same, and an authority that
 * cannot be loaded does not vanish from sight.
 * @module
 */
import { conditionOf } from '../api/condition-list.ts';
import type { ResolvedTrustDomain } from '../api/resolved.ts';
import { parseTimestamp } from '../api/timestamp.ts';
import {
  AUTHORITY_KINDS,
  AUTHORITY_STATES,
  type AuthorityStatus,
  type BundleStatus,
  ROTATION_STEPS,
  type RotationStatus,
  type TrustDomain,
  type TrustDomainStatus,
} from '../api/trust-domain.ts';
import { parseTrustDomainSpec } from '../api/trust-domain-validation.ts';
import { overdueTime } from '../authority/slots.ts';
import type { BundleReading, RotationReading, TrustDomainReading } from '../observability/trust-domain-metrics.ts';
import type { Instant } from '../time.ts';

export function trustDomainReading({ metadata, spec, status }: TrustDomain, now: Instant): TrustDomainReading {
  const authorities = status?.authorities ?? [];
  const resolved = parseTrustDomainSpec(spec, metadata.name);
  const bounds = 'value' in resolved ? resolved.value : undefined;
  return {
    name: metadata.name,
    state: conditionOf(status, 'Ready')?.reason ?? 'Pending',
    authorities: AUTHORITY_KINDS.flatMap((kind) =>
      AUTHORITY_STATES.map((state) => ({
        kind,
        state,
        count: authorities.filter((authority) => authority.kind === kind && authority.state === state).length,
      })),
    ),
    active: authorities.flatMap((authority) =>
      authority.state === 'Active'
        ? known(authority.notAfter).map((notAfter) => ({
            kind: authority.kind,
            notAfter,
            overdue: isExpiring(status) || isOverdue(authority, bounds, now),
          }))
        : [],
    ),
    latestSVIDs: authorities.flatMap((authority) => {
      const { kind, id } = authority;
      return latestSVID(authority, authorities).map((notAfter) => ({ kind, id, notAfter }));
    }),
    compromisedRoots: authorities.filter(({ kind, compromised }) => kind === 'Root' && compromised === true).length,
    rotation: rotationReading(status?.rotation),
    bundle: status?.bundle === undefined ? undefined : bundleReading(status.bundle),
  };
}

/** The operator of an imported authority was told to replace it. */
function isExpiring(status: TrustDomainStatus | undefined): boolean {
  return conditionOf(status, 'AuthorityExpiring')?.status === 'True';
}

/** An authority of our own whose successor should be there by now. */
function isOverdue(authority: AuthorityStatus, bounds: ResolvedTrustDomain | undefined, now: Instant): boolean {
  const notBefore = parseTimestamp(authority.notBefore);
  const notAfter = parseTimestamp(authority.notAfter);
  if (bounds?.source.type !== 'SelfSigned' || notBefore === undefined || notAfter === undefined) return false;
  return now > overdueTime({ kind: authority.kind, notBefore, notAfter }, bounds);
}

/** A leaf never outlives its issuer (design rule 1): that bounds the leaves of authorities that still sign. */
function latestSVID(authority: AuthorityStatus, all: readonly AuthorityStatus[]): Instant[] {
  const { kind, state, notAfter, leavesUntil } = authority;
  switch (state) {
    case 'Prepared':
      return [];
    case 'Retired':
      return known(leavesUntil ?? notAfter);
    case 'Active': {
      if (kind === 'Intermediate') return known(notAfter);
      const intermediates = all.filter((other) => other.kind === 'Intermediate');
      const ends = intermediates.flatMap((other) => latestSVID(other, all));
      return known(notAfter).map((end) => (ends.length === 0 ? end : Math.min(end, Math.max(...ends))));
    }
  }
}

function rotationReading(rotation: RotationStatus | undefined): RotationReading {
  const current = rotation?.state === 'InProgress' ? rotation : undefined;
  // Without a rotation there is nothing that could be stale; one that does not count does not know.
  const { step, startedAt = '', nextStepTime = '', targets, stale, exposed } = current ?? NOTHING_TO_COUNT;
  return {
    steps: Object.fromEntries(ROTATION_STEPS.map((each) => [each, each === step])),
    startedAt: parseTimestamp(startedAt),
    nextStepTime: parseTimestamp(nextStepTime),
    targets,
    stale,
    exposed,
    quarantined: rotation?.quarantined ?? 0,
  };
}

const NOTHING_TO_COUNT: Partial<RotationStatus> = { targets: 0, stale: 0, exposed: 0 };

function bundleReading({ sequence, configMaps: { total, current } }: BundleStatus): BundleReading {
  return { sequence, configMaps: total, stale: total - current };
}

/** The time as a list of one, or of none where it cannot be read. */
function known(timestamp: string): Instant[] {
  const time = parseTimestamp(timestamp);
  return time === undefined ? [] : [time];
}
