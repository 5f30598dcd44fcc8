// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/alerts.md: every alert with its severity, its patience and its runbook.
 * @module
 */
import { runbookOf, type Severity } from './rules/rule.ts';
import { alertsOf, ruleGroups } from './rules/rules.ts';

const SEVERITIES: Readonly<Record<Severity, string>> = {
  critical: 'wakes somebody: services fail, or will within hours',
  warning: 'somebody looks within the day',
  info: 'for whoever looks anyway, and for the owners of namespaces',
};

export function alertsPage(): string {
  const alerts = alertsOf(ruleGroups());
  const sections = (Object.keys(SEVERITIES) as Severity[]).map((severity) =>
    [
      `## ${severity}: ${SEVERITIES[severity]}`,
      '',
      '| Alert | After | Says |',
      '|---|---|---|',
      ...alerts
        .filter((alert) => alert.severity === severity)
        .map(
          (alert) =>
            `| [\`${alert.alert}\`](../runbooks/${runbookOf(alert.alert)}.md) | ${patience(alert.for)} | ${plain(alert.summary)} |`,
        ),
      '',
    ].join('\n'),
  );
  return [HEAD, ...sections].join('\n');
}

const HEAD = `# Alerts

Generated from \`hack/observability/rules\` by \`npm run generate\`. The chart installs them as a PrometheusRule with
\`prometheusRule.enabled\`; \`charts/signet/files/rules.yaml\` is the same as a file
([without the operator](../observability.md#without-the-operator)). Each name leads to its runbook; the values
from which on it fires stand in that file.

One cause pages once: while no controller signs, or the authority of a TrustDomain cannot, the alerts about what follows from
that are silent, and so is what is slow because the API server is. An alert that speaks on is worse news than its cause.
`;

function patience(minutes: number): string {
  return minutes === 0 ? 'at once' : `${minutes} min`;
}

/** Prometheus fills in what stands between braces. */
function plain(summary: string): string {
  return summary.replaceAll(/\{\{ \$(?:labels\.)?(\w+)(?: \| \w+)? \}\}/gu, '*$1*').replaceAll('|', '\\|');
}
