// SPDX-License-Identifier: Apache-2.0
/**
 * All rules together, as the file that Prometheus reads and the PrometheusRule of the chart carries.
 * @module
 */
import { stringify } from 'yaml';
import { CAUSES } from './causes.ts';
import { guardAlerts } from './guards.ts';
import { identityAlerts } from './identities.ts';
import { replicaAlerts } from './replicas.ts';
import { type Alert, type Group, type Recording, runbookOf, type Times, timesAt } from './rule.ts';
import { levelAlerts, levelRecordings } from './service-levels.ts';
import { trustAlerts } from './trust.ts';

/** Where the chart puts its value `prometheusRule.runbookURL`. */
const RUNBOOKS = 'RUNBOOK_URL';

/** Every group; `scale` divides all times of the rules. */
export function ruleGroups(scale = 1): Group[] {
  const times = timesAt(scale);
  return [
    { name: 'signet.recordings', rules: [...CAUSES, ...levelRecordings(times)] },
    { name: 'signet.service-levels', rules: levelAlerts(times) },
    { name: 'signet.replicas', rules: replicaAlerts(times) },
    { name: 'signet.identities', rules: identityAlerts(times) },
    { name: 'signet.trust', rules: trustAlerts(times) },
    { name: 'signet.guards', rules: guardAlerts(times) },
  ];
}

export function alertsOf(groups: readonly Group[]): Alert[] {
  return groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule));
}

/** The rule file; `interval`: how often it is evaluated, where not as often as Prometheus likes. */
export function rulesFile(scale = 1, interval?: string): string {
  const times = timesAt(scale);
  const groups = ruleGroups(scale).map(({ name, rules }) => ({
    name,
    ...(interval === undefined ? {} : { interval }),
    rules: rules.map((rule) => written(rule, times)),
  }));
  return stringify({ groups }, { lineWidth: 0 });
}

function written(rule: Alert | Recording, times: Times): object {
  if ('record' in rule) return rule;
  const { alert, severity, expr, summary } = rule;
  return {
    alert,
    expr,
    ...(rule.for === 0 ? {} : { for: times.minutes(rule.for) }),
    labels: { severity },
    annotations: { summary, runbook_url: `${RUNBOOKS}/${runbookOf(alert)}.md` },
  };
}
