// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts about SVIDs: expired, late, soon to be late, kept back by tenants and policies, changed or taken by others.
 * @module
 */
import { bySigner, EXPIRED, OLD, UNLESS_DOWN } from './causes.ts';
import type { Alert, Times } from './rule.ts';

const HELD =
  'InvalidSpec|ServiceAccountNotFound|TrustDomain(NotFound|Conflict)|Namespace(NotAllowed|Reserved)|SecretConflict|WriteRefused';

export function identityAlerts(times: Times): Alert[] {
  const blocked = `max(${bySigner('signet_policy_identities{verdict="broken",enforcement="Enforce"}')})`;
  const all = `sum(max by (state) (${bySigner('signet_identities')}))`;
  const many = `${blocked} > 10 and ${blocked} > 0.1 * ${all}`;
  const forbidden = `max(${bySigner('signet_identities_forbidden')})`;
  // Not by the reason of Ready: while there is an SVID that is another one.
  const few = `label_replace(${forbidden} > 0, "state", "PolicyViolation", "", "") unless on () (${many})`;
  const overdue = `max(${bySigner('signet_svids{validity="overdue",renewable="true"}')}) > 0`;
  const quarter = times.minutes(15);
  return [
    {
      alert: 'SignetSvidsExpired',
      severity: 'critical',
      expr: EXPIRED,
      for: 1,
      summary: '{{ $value }} SVIDs that Signet should have renewed have expired: their services fail now',
    },
    {
      alert: 'SignetSurvivalLow',
      severity: 'critical',
      expr: `${OLD} ${UNLESS_DOWN} unless on () (${EXPIRED})`,
      // Of an SVID of 15 minutes four and a half are left then.
      for: 1,
      summary: 'An SVID has {{ $value | humanizePercentage }} of its lifetime left and is not renewed',
    },
    {
      alert: 'SignetRenewalsOverdue',
      severity: 'warning',
      expr: `${overdue} ${UNLESS_DOWN} unless on () (${OLD})`,
      // Of an SVID of an hour that was planned as late as may be, five minutes remain until the alert above speaks instead.
      for: 3,
      summary: '{{ $value }} SVIDs are past their planned renewal',
    },
    {
      alert: 'SignetPolicyBlocksMany',
      severity: 'warning',
      expr: many,
      for: 5,
      summary: 'Policies forbid {{ $value }} identities, more than a tenth of all: was a policy changed?',
    },
    {
      alert: 'SignetIdentitiesHeld',
      severity: 'info',
      expr: `max by (state) (${bySigner(`signet_identities{state=~"${HELD}"}`)}) > 0 or (${few})`,
      for: 15,
      summary: '{{ $value }} identities wait for their owners: {{ $labels.state }}',
    },
    {
      alert: 'SignetSecretsTampered',
      severity: 'warning',
      // Who deletes a Secret writes nothing: what is not healed at once any more is counted by its state.
      expr: `sum(increase(signet_foreign_writes_total[${quarter}])) > 5 or max(${bySigner('signet_identities{state="RepeatedEdits"}')}) > 0`,
      for: 0,
      summary: 'Somebody else writes to Secrets of SVIDs or deletes them, again and again',
    },
    {
      alert: 'SignetMountsRefused',
      severity: 'info',
      expr: `sum(increase(signet_admission_policy_violations_total{policy="built-in",rule="own-svid",effect="deny"}[${quarter}])) > 0`,
      for: 0,
      summary:
        'Pods were refused that would have taken in the SVID of another service account, in {{ $value | humanize }} places',
    },
  ];
}
