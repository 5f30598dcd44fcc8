// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts about the ValidatingAdmissionPolicies of the chart, which the API server keeps and counts: without its metrics
 * they are silent.
 * @module
 */
import type { Alert, Times } from './rule.ts';

/** Those that hold the controller's own account to its work; the chart puts the name of its release in front of all. */
const CONTROLLER = 'signet-controller-.+';

export function guardAlerts(times: Times): Alert[] {
  const quarter = times.minutes(15);
  const refused = (policies: string): string => {
    const series = `apiserver_validating_admission_policy_check_total{${policies},enforcement_action="deny"}`;
    // It appears with the first refusal, in which there is no increase: then all that it counts is new.
    return `sum by (policy) ((${series} unless ${series} offset ${quarter}) or increase(${series}[${quarter}])) > 0`;
  };
  return [
    {
      alert: 'SignetGuardRefused',
      severity: 'critical',
      expr: refused(`policy=~"${CONTROLLER}"`),
      for: 0,
      summary: "{{ $labels.policy }} has held the controller's account back {{ $value | humanize }} times",
    },
    {
      alert: 'SignetGuardRefused',
      severity: 'warning',
      expr: refused(`policy=~"signet-.+",policy!~"${CONTROLLER}"`),
      for: 0,
      summary: '{{ $labels.policy }} has refused {{ $value | humanize }} requests within a quarter of an hour',
    },
  ];
}
