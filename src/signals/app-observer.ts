// SPDX-License-Identifier: Apache-2.0
/**
 * What of the work is counted, logged and told to users as events. Events speak of first issuances, of rotations and of
 * transitions to trouble only (design rule 7).
 * @module
 */

import type { TrustDomain, TrustDomainStatus } from '../api/trust-domain.ts';
import { API_VERSION } from '../api/well-known.ts';
import { NO_TRACER, type Tracer } from '../controller/tracer.ts';
import { loggingObserver } from '../observability/controller-log.ts';
import type { PartObserver } from '../reconcilers/part-observer.ts';
import { IDENTITY_CONTROLLER } from '../reconcilers/service-identity/identities.ts';
import type { IdentityObserver } from '../reconcilers/service-identity/reconcile.ts';
import type { UpkeepObserver } from '../reconcilers/webhook-upkeep/upkeep.ts';
import { auditRotation } from './audit-observer.ts';
import { type IdentityObserverParts, identityObserver } from './identity-observer.ts';
import { ReadySince } from './issuance-latency.ts';
import { reflectorObserver } from './reflector-observer.ts';
import { TrustDomainDurations } from './trust-domain-durations.ts';
import { answeredRequest, conditionEvents, rotationEvents, type TrustDomainEvent } from './trust-domain-events.ts';
import { upkeepObserver } from './upkeep-observer.ts';

/** Whoever counts, logs and tells users; every hook is for observing only. */
export interface AppObserver extends PartObserver {
  readonly identities: IdentityObserver;
  readonly webhook: UpkeepObserver;
  readonly tracer: Tracer;
  authorityStep(trustDomain: string, step: string): void;
  /** The status was written to a TrustDomain as it was before. */
  trustDomainWritten(trustDomain: TrustDomain, status: TrustDomainStatus): void;
  leading(leading: boolean): void;
  problem(what: string, error: unknown): void;
  warning(message: string): void;
}

export interface ObserverParts extends Omit<IdentityObserverParts, 'ready'> {
  /** None by default. */
  readonly tracer?: Tracer;
}

export function appObserver(parts: ObserverParts): AppObserver {
  const { logger, metrics, clock, audit, tracer = NO_TRACER } = parts;
  const ready = new ReadySince(clock);
  const durations = new TrustDomainDurations(clock, metrics);
  return {
    identities: identityObserver({ ...parts, ready }),
    reflectors: reflectorObserver(parts),
    webhook: upkeepObserver(parts),
    tracer,
    controller: (name) => {
      const counting = metrics.controllerObserver(name);
      const traced = tracer === NO_TRACER ? counting : { ...counting, tracer };
      const observer = loggingObserver(logger.child({ controller: name }), traced);
      return name === IDENTITY_CONTROLLER ? ready.controller(observer) : observer;
    },
    queue: (name) => {
      const observer = metrics.queueObserver(name);
      return name === IDENTITY_CONTROLLER ? ready.queue(observer) : observer;
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
      if (leading) logger.info('Lease won, signing');
      else {
        logger.info('Lease lost or given up, standing by');
        metrics.admissionUnknown();
        metrics.servingCertificate(undefined);
      }
      audit({ code: 'SIGNER_CHANGED', outcome: 'success', reason: leading ? 'Won' : 'Lost' });
    },
    problem: (what, error) => logger.warn(what, { err: error }),
    warning: (message) => logger.warn('Configuration has no effect', { detail: message }),
  };
}

/** `trustDomain` is as it was before the status was written. */
function tellOfTrustDomain(trustDomain: TrustDomain, next: TrustDomainStatus, parts: ObserverParts): void {
  const { metadata, status: previous } = trustDomain;
  const { name, uid } = metadata;
  const regarding = { apiVersion: API_VERSION, kind: 'TrustDomain', name, uid };
  const log = parts.logger.child({ trustDomain: name });
  const tell = (action: string, { type, reason, message, note, fields }: TrustDomainEvent): void => {
    log[type === 'Normal' ? 'info' : 'warn'](message, { reason, ...fields, detail: note });
    parts.record({ regarding, type, reason, action, note });
  };
  for (const event of conditionEvents(previous, next)) tell('Reconcile', event);
  for (const event of rotationEvents(previous, next)) {
    tell('Rotate', event);
    auditRotation(parts.audit, name, event, next.rotation?.action === 'Compromise');
  }
  const answered = answeredRequest(previous, next);
  if (answered !== undefined) parts.metrics.rotationRequest(answered.action, answered.result);
  const { step, nextStepTime, targets, stale, exposed } = next.rotation ?? {};
  if (step !== undefined && step !== previous?.rotation?.step)
    log.info('Rotation is in its next step', { step, nextStepTime, targets, stale, exposed });
}
