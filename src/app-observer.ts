// SPDX-License-Identifier: Apache-2.0
/**
 * What of the work is counted, logged and told to users as events. Events speak of first issuances, of rotations and of
 * transitions to trouble only (design rule 7).
 * @module
 */
import type { IdentityConditionType, IdentityReason } from './api/conditions.ts';
import type { ObjectMeta } from './api/object-meta.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from './api/service-identity.ts';
import { parseTimestamp } from './api/timestamp.ts';
import type { TrustDomain, TrustDomainStatus } from './api/trust-domain.ts';
import { API_VERSION } from './api/well-known.ts';
import { auditIdentities, auditRotation } from './audit-observer.ts';
import type { Clock } from './controller/clock.ts';
import type { ControllerObserver } from './controller/controller.ts';
import { NO_TRACER, type Tracer } from './controller/tracer.ts';
import type { WorkQueueObserver } from './controller/work-queue.ts';
import { isSignetError } from './errors.ts';
import { ReadySince } from './issuance-latency.ts';
import type { EventRecord } from './kube/events.ts';
import type { ReflectorObserver } from './kube/reflector.ts';
import type { Audit } from './observability/audit.ts';
import { loggingObserver } from './observability/controller-log.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';
import type { IdentityObserver } from './reconcilers/service-identity/reconcile.ts';
import type { UpkeepObserver } from './reconcilers/webhook/upkeep.ts';
import { reflectorObserver } from './reflector-observer.ts';
import { TrustDomainDurations } from './trust-domain-durations.ts';
import { answeredRequest, conditionEvents, rotationEvents, type TrustDomainEvent } from './trust-domain-events.ts';
import { upkeepObserver } from './upkeep-observer.ts';

/** Whoever counts, logs and tells users; every hook is for observing only. */
export interface AppObserver {
  readonly identities: IdentityObserver;
  readonly reflectors: ReflectorObserver;
  readonly webhook: UpkeepObserver;
  readonly tracer: Tracer;
  controller(name: string): ControllerObserver;
  queue(name: string): WorkQueueObserver;
  authorityStep(trustDomain: string, step: string): void;
  /** The status was written to a TrustDomain as it was before. */
  trustDomainWritten(trustDomain: TrustDomain, status: TrustDomainStatus): void;
  leading(leading: boolean): void;
  problem(what: string, error: unknown): void;
  warning(message: string): void;
}

export interface ObserverParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly record: (event: EventRecord) => void;
  readonly audit: Audit;
  /** None by default. */
  readonly tracer?: Tracer;
}

/** The controller whose runs issue SVIDs. */
const IDENTITIES = 'service-identity';

/** Conditions whose trouble is told of when it begins. */
const TOLD: ReadonlySet<IdentityConditionType> = new Set<IdentityConditionType>(['Ready', 'FormatBlocked']);
/** Reasons that are no trouble. */
const CALM: ReadonlySet<IdentityReason> = new Set<IdentityReason>(['Issued', 'Pending', 'Suspended']);

export function appObserver(parts: ObserverParts): AppObserver {
  const { logger, metrics, clock, audit, tracer = NO_TRACER } = parts;
  const ready = new ReadySince(clock);
  const durations = new TrustDomainDurations(clock, metrics);
  return {
    identities: both(identityObserver(parts, ready), auditIdentities(audit)),
    reflectors: reflectorObserver(parts),
    webhook: upkeepObserver(parts),
    tracer,
    controller: (name) => {
      const counting = metrics.controllerObserver(name);
      const traced = tracer === NO_TRACER ? counting : { ...counting, tracer };
      const observer = loggingObserver(logger.child({ controller: name }), traced);
      return name === IDENTITIES ? ready.controller(observer) : observer;
    },
    queue: (name) => {
      const observer = metrics.queueObserver(name);
      return name === IDENTITIES ? ready.queue(observer) : observer;
    },
    authorityStep: (trustDomain, step) => {
      logger.info('Authority takes a step', { trustDomain, step });
      audit({ code: 'AUTHORITY_STEP', outcome: 'success', kind: 'TrustDomain', name: trustDomain, reason: step });
    },
    trustDomainWritten: (trustDomain, status) => {
      durations.written(trustDomain, status);
      tellOfTrustDomain(trustDomain, status, parts);
    },
    leading: (leading) => {
      if (!leading) metrics.admissionUnknown();
      if (leading) logger.info('Lease won, signing');
      else logger.info('Lease lost or given up, standing by');
      audit({ code: 'SIGNER_CHANGED', outcome: 'success', reason: leading ? 'Won' : 'Lost' });
    },
    problem: (what, error) => logger.warn(what, { err: error }),
    warning: (message) => logger.warn('Configuration has no effect', { detail: message }),
  };
}

function identityObserver({ logger, metrics, clock, record }: ObserverParts, ready: ReadySince): IdentityObserver {
  const log = logger.child({ controller: IDENTITIES });
  return {
    issued: (identity, { reason, facts, duration, minting }) => {
      const planned = reason === 'RenewalDue' ? parseTimestamp(identity.status?.renewalTime ?? '') : undefined;
      const lateness = planned === undefined ? undefined : clock.now() - planned;
      const { namespace, name } = identity.metadata;
      metrics.issued({ reason, duration, minting, latency: ready.elapsed(`${namespace}/${name}`), lateness });
      const { spiffeID, serialNumber, authorityID } = facts;
      log.info('Issued X509-SVID', { ...nameOf(identity), spiffeID, serialNumber, authorityID, reason });
      if (identity.status?.serialNumber === undefined) {
        record({
          ...regarding('ServiceIdentity', identity.metadata),
          type: 'Normal',
          reason: 'Issued',
          action: 'Issue',
          note: `Issued X509-SVID ${spiffeID}`,
        });
      }
    },
    failed: (_identity, action, error) => {
      if (action.kind !== 'IssueSVID') return;
      metrics.issuanceFailed(action.reason, isSignetError(error) ? error.code : 'other');
    },
    foreignWrite: (identity) => {
      metrics.foreignWrite();
      log.info('Secret was changed by somebody else', nameOf(identity));
    },
    statusWritten: (identity, before) => {
      for (const { reason, message } of newTroubles(identity.status, before)) {
        record({
          ...regarding('ServiceIdentity', identity.metadata),
          type: 'Warning',
          reason,
          action: 'Reconcile',
          note: message,
        });
      }
    },
  };
}

/** Tells the one and then the other. */
function both(one: IdentityObserver, other: IdentityObserver): IdentityObserver {
  return {
    issued: (...told) => [one, other].forEach((each) => each.issued(...told)),
    failed: (...told) => [one, other].forEach((each) => each.failed(...told)),
    foreignWrite: (...told) => [one, other].forEach((each) => each.foreignWrite(...told)),
    statusWritten: (...told) => [one, other].forEach((each) => each.statusWritten(...told)),
  };
}

/** `trustDomain` is as it was before the status was written. */
function tellOfTrustDomain(trustDomain: TrustDomain, next: TrustDomainStatus, parts: ObserverParts): void {
  const { metadata, status: previous } = trustDomain;
  const log = parts.logger.child({ trustDomain: metadata.name });
  const tell = (action: string, { type, reason, message, note, fields }: TrustDomainEvent): void => {
    log[type === 'Normal' ? 'info' : 'warn'](message, { reason, ...fields, detail: note });
    parts.record({ ...regarding('TrustDomain', metadata), type, reason, action, note });
  };
  for (const event of conditionEvents(previous, next)) tell('Reconcile', event);
  for (const event of rotationEvents(previous, next)) {
    tell('Rotate', event);
    auditRotation(parts.audit, metadata.name, event, next.rotation?.action === 'Compromise');
  }
  const answered = answeredRequest(previous, next);
  if (answered !== undefined) parts.metrics.rotationRequest(answered.action, answered.result);
  const { step, nextStepTime, targets, stale, exposed } = next.rotation ?? {};
  if (step !== undefined && step !== previous?.rotation?.step)
    log.info('Rotation is in its next step', { step, nextStepTime, targets, stale, exposed });
}

/** Conditions that tell of trouble now, and did not tell of it for this reason before. */
function newTroubles(now: ServiceIdentityStatus | undefined, before: ServiceIdentityStatus | undefined) {
  const reasons = new Map(before?.conditions?.map(({ type, reason }) => [type, reason]));
  const troubles = now?.conditions?.filter(({ type, reason }) => TOLD.has(type) && !CALM.has(reason)) ?? [];
  return troubles.filter(({ type, reason }) => reasons.get(type) !== reason);
}

function nameOf({ metadata }: ServiceIdentity): { namespace: string | undefined; name: string } {
  return { namespace: metadata.namespace, name: metadata.name };
}

function regarding(
  kind: 'ServiceIdentity' | 'TrustDomain',
  { namespace, name, uid }: ObjectMeta,
): Pick<EventRecord, 'regarding'> {
  return { regarding: { apiVersion: API_VERSION, kind, namespace, name, uid } };
}
