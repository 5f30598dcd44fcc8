// SPDX-License-Identifier: Apache-2.0
/**
 * The files that follow from metrics, rules and dashboards in code: pages of the reference, and what the chart installs.
 * @module
 */
import { alertsPage } from './alerts-page.ts';
import { auditPage } from './audit-page.ts';
import { DASHBOARDS } from './dashboards/dashboards.ts';
import { grafanaDashboard } from './dashboards/grafana.ts';
import { metricsPage } from './metrics-page.ts';
import { rulesFile } from './rules/rules.ts';
import { tracesPage } from './traces-page.ts';

const NOTE =
  '# SPDX-License-Identifier: Apache-2.0\n# Generated from hack/observability/rules by hack/chart/generate.ts.\n';

/** Paths are relative to the repository. */
export function observabilityFiles(): { readonly path: string; readonly text: string }[] {
  return [
    { path: 'docs/reference/metrics.md', text: metricsPage() },
    { path: 'docs/reference/audit.md', text: auditPage() },
    { path: 'docs/reference/traces.md', text: tracesPage() },
    { path: 'docs/reference/alerts.md', text: alertsPage() },
    { path: 'charts/signet/files/rules.yaml', text: `${NOTE}${rulesFile()}` },
    ...Object.entries(DASHBOARDS).map(([name, dashboard]) => ({
      path: `charts/signet/files/dashboards/${name}.json`,
      text: `${JSON.stringify(grafanaDashboard(dashboard), null, 2)}\n`,
    })),
  ];
}
