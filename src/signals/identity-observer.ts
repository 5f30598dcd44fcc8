// SPDX-License-Identifier: Apache-2.0
/**
 * What of the work on ServiceIdentities is counted, logged, audited and told to users as events: first issuances and
 * transitions to trouble (design rule 7).
 * @module
 */

import { conditionOf, newReasons } from '../api/condition-list.ts';
import { CALM_REASONS, type IdentityConditionType } from '../api/conditions.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../api/service-identity.ts';
import { parseTimestamp } from '../api/timestamp.ts';
import { API_VERSION } from '../api/well-known.ts';
import type { Clock } from '../controller/clock.ts';
import { isSignetError } from '../errors.ts';
import type { EventRecord } from '../kube/events.ts';
import type { Audit } from '../observability/audit.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Issued } from '../reconcilers/service-identity/apply.ts';
import { IDENTITY_CONTROLLER } from '../reconcilers/service-identity/identities.ts';
import type { IdentityObserver } from '../reconcilers/service-identity/reconcile.ts';
import type { Duration, Instant } from '../time.ts';
import { auditIdentities } from './audit-observer.ts';
import type { ReadySince } from './issuance-latency.ts';

export interface IdentityObserverParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly record: (event: EventRecord) => void;
  readonly audit: Audit;
  /** Of the queue of identities. */
  readonly ready: ReadySince;
}

/** Conditions whose trouble is told of when it begins. */
const TOLD: ReadonlySet<IdentityConditionType> = new Set<IdentityConditionType>(['Ready', 'FormatBlocked']);

export function identityObserver(parts: IdentityObserverParts): IdentityObserver {
  const { logger, metrics, record } = parts;
  const log = logger.child({ controller: IDENTITY_CONTROLLER });
  const audited = auditIdentities(parts.audit);
  const tell = ({ metadata }: ServiceIdentity, event: Omit<EventRecord, 'regarding'>): void => {
    const { namespace, name, uid } = metadata;
    record({ regarding: { apiVersion: API_VERSION, kind: 'ServiceIdentity', namespace, name, uid }, ...event });
  };
  return {
    issued: (identity, issued) => {
      const { reason, facts } = issued;
      const { spiffeID, serialNumber, authorityID } = facts;
      countIssued(identity, issued, parts);
      log.info('Issued X509-SVID', { ...nameOf(identity), spiffeID, serialNumber, authorityID, reason });
      if (identity.status?.serialNumber === undefined) {
        const note = `Issued X509-SVID ${spiffeID}`;
        tell(identity, { type: 'Normal', reason: 'Issued', action: 'Issue', note, patient: true });
      }
      audited.issued(identity, issued);
    },
    failed: (identity, action, error) => {
      if (action.kind === 'IssueSVID') {
        metrics.issuanceFailed(action.reason, isSignetError(error) ? error.code : 'other');
      }
      audited.failed(identity, action, error);
    },
    foreignWrite: (identity) => {
      metrics.foreignWrite();
      log.info('Secret was changed by somebody else', nameOf(identity));
      audited.foreignWrite(identity);
    },
    statusWritten: (identity, before) => {
      for (const { type, reason, message } of newReasons(before?.conditions, identity.status?.conditions)) {
        if (!TOLD.has(type) || CALM_REASONS.has(reason)) continue;
        tell(identity, { type: 'Warning', reason, action: 'Reconcile', note: message });
      }
      const note = endedFor(identity.status, before, parts.clock.now());
      if (note !== undefined) tell(identity, { type: 'Warning', reason: 'Expired', action: 'Reconcile', note });
      audited.statusWritten(identity, before);
    },
  };
}

/** What to tell of an SVID that has just ended, where the reason of Ready does not: it was there before. */
function endedFor(
  status: ServiceIdentityStatus | undefined,
  before: ServiceIdentityStatus | undefined,
  now: Instant,
): string | undefined {
  const ready = conditionOf(status, 'Ready');
  const was = conditionOf(before, 'Ready');
  if (ready?.status !== 'False' || was?.status !== 'True' || ready.reason !== was.reason) return undefined;
  return now >= (parseTimestamp(status?.notAfter ?? '') ?? Infinity) ? ready.message : undefined;
}

function countIssued(
  { metadata, status }: ServiceIdentity,
  { reason, duration, minting }: Issued,
  { metrics, clock, ready }: IdentityObserverParts,
): void {
  const planned = reason === 'RenewalDue' ? parseTimestamp(status?.renewalTime ?? '') : undefined;
  const lateness = planned === undefined ? undefined : clock.now() - planned;
  const key = `${metadata.namespace}/${metadata.name}`;
  metrics.issued({ reason, duration, minting, latency: latencyOf(ready.elapsed(key), lateness), lateness });
  ready.issued(key);
}

/** What failed for a key before its renewal was due, such as a write of its status, was no wait for the renewal. */
function latencyOf(elapsed: Duration | undefined, lateness: Duration | undefined): Duration | undefined {
  if (elapsed === undefined || lateness === undefined || lateness < 0) return elapsed;
  return Math.min(elapsed, lateness);
}

function nameOf({ metadata }: ServiceIdentity): { namespace: string | undefined; name: string } {
  return { namespace: metadata.namespace, name: metadata.name };
}
