// SPDX-License-Identifier: Apache-2.0
/**
 * What of the controller's work goes into the audit stream.
 * @module
 */
import { conditionOf } from '../api/condition-list.ts';
import type { IdentityReason } from '../api/conditions.ts';
import { correlationID } from '../api/correlation-id.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import { isSignetError } from '../errors.ts';
import type { Audit, AuditEvent } from '../observability/audit.ts';
import type { IdentityObserver } from '../reconcilers/service-identity/reconcile.ts';
import type { TrustDomainEvent } from './trust-domain-events.ts';

/** Ready reasons with which an identity is served, or soon will be. */
const SERVED: ReadonlySet<IdentityReason> = new Set<IdentityReason>(['Issued', 'Pending', 'Suspended', 'Expired']);

export function auditIdentities(audit: Audit): IdentityObserver {
  return {
    issued: (identity, { reason, facts }) => {
      const { spiffeID, serialNumber, fingerprint, authorityID, notBefore, notAfter } = facts;
      const svid = { spiffeID, serialNumber, fingerprint, authorityID };
      const life = { notBefore: formatTimestamp(notBefore), notAfter: formatTimestamp(notAfter) };
      audit({ code: 'SVID_ISSUED', outcome: 'success', ...about(identity), reason, ...svid, ...life });
    },
    failed: (identity, action, error) => {
      if (action.kind !== 'IssueSVID') return;
      const failure = isSignetError(error) ? { errorCode: error.code, detail: error.message } : {};
      audit({ code: 'SVID_FAILED', outcome: 'failure', ...about(identity), reason: action.reason, ...failure });
    },
    foreignWrite: (identity) => audit({ code: 'SECRET_CHANGED', outcome: 'success', ...about(identity) }),
    statusWritten: (identity, before) => {
      const now = conditionOf(identity.status, 'Ready');
      const was = conditionOf(before, 'Ready');
      if (now === undefined || SERVED.has(now.reason)) return;
      if (was?.reason === now.reason && was.message === now.message) return;
      const code = now.reason === 'PolicyViolation' ? 'POLICY_REFUSED' : 'IDENTITY_REFUSED';
      audit({ code, outcome: 'refused', ...about(identity), reason: now.reason, detail: now.message });
    },
  };
}

/** `compromise`: the rotation that the event is about is because of one. */
export function auditRotation(
  audit: Audit,
  name: string,
  { reason, note, fields }: TrustDomainEvent,
  compromise: boolean,
): void {
  const { request } = fields;
  audit({
    code: compromise ? 'COMPROMISE' : 'ROTATION',
    outcome: reason === 'RotationRefused' ? 'refused' : reason === 'TargetsQuarantined' ? 'failure' : 'success',
    kind: 'TrustDomain',
    name,
    reason,
    ...(typeof request === 'string' ? { request } : {}),
    detail: note,
  });
}

function about({
  metadata,
  spec,
}: ServiceIdentity): Pick<AuditEvent, 'kind' | 'name' | 'serviceAccount'> & Partial<AuditEvent> {
  const { namespace, name } = metadata;
  const id = correlationID(metadata);
  return {
    ...(id === undefined ? {} : { correlationID: id }),
    kind: 'ServiceIdentity',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    serviceAccount: spec.serviceAccountName,
  };
}
