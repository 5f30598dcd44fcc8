// SPDX-License-Identifier: Apache-2.0
/** @module The dashboard for whoever answers for the service: is it available, is everybody covered, what is at risk. */
import { bySigner, WARM_STANDBYS } from '../rules/causes.ts';
import type { Dashboard } from './grafana.ts';
import { graphs, stats } from './panels.ts';

const SUCCESS = 'sum(increase(signet_issuances_total{result="success"}[1d]))';
const FAILED = 'sum(increase(signet_issuances_total{result="error"}[1d]))';
const SVIDS = `sum(max by (validity, renewable) (${bySigner('signet_svids')}))`;

const quarter = stats(6);
const third = stats(8);
const graph = graphs(24);

export const OVERVIEW: Dashboard = {
  uid: 'signet-overview',
  title: 'Signet / Overview',
  description: 'Availability, coverage and risk, for people who answer for them.',
  refresh: '5m',
  from: 'now-7d',
  rows: [
    {
      title: 'Availability',
      panels: [
        quarter('percentunit', {
          title: 'Issuances that succeeded (a day)',
          help: 'Share of the tries of the last day. The target is 99.9 %.',
          expr: `${SUCCESS} / (${SUCCESS} + ${FAILED})`,
          thresholds: { warn: 0.999, bad: 0.99 },
        }),
        quarter('bool_yes_no', {
          title: 'Admission works',
          help: 'Whether the last dry run was refused as it must be; 0 is a reason to call somebody.',
          expr: 'max(signet_admission_works)',
          thresholds: { warn: 1, bad: 0.5 },
        }),
        quarter('none', {
          title: 'Signers and warm standbys',
          help: 'One signs. Without a standby a lost node stops renewals until it comes back.',
          queries: [
            { expr: 'sum(signet_lease_held)', legend: 'signs' },
            { expr: WARM_STANDBYS, legend: 'standing by' },
          ],
        }),
        quarter('none', {
          title: 'Identities',
          help: 'ServiceIdentities in the cluster.',
          expr: `sum(max by (state) (${bySigner('signet_identities')}))`,
        }),
      ],
    },
    {
      title: 'Coverage',
      panels: [
        third('percentunit', {
          title: 'SVIDs renewed in their interval',
          help: 'Share of the SVIDs in use that are neither overdue nor expired. The target is 100 %.',
          expr: `sum(max by (renewable) (${bySigner('signet_svids{validity="current"}')})) / ${SVIDS}`,
          thresholds: { warn: 1, bad: 0.99 },
        }),
        third('percentunit', {
          title: 'Authorities replaced in their interval',
          help: 'Share of active roots and intermediates whose successor is not overdue.',
          expr: `1 - avg(max by (trust_domain, kind) (${bySigner('signet_authorities_overdue')}))`,
          thresholds: { warn: 1, bad: 0.99 },
        }),
        third('percentunit', {
          title: 'Bundles that are up to date',
          help: 'Share of the namespaces whose ConfigMap holds the present trust anchors.',
          expr: `1 - sum(max by (trust_domain) (${bySigner('signet_bundle_stale_config_maps')})) / sum(max by (trust_domain) (${bySigner('signet_bundle_config_maps')}))`,
          thresholds: { warn: 1, bad: 0.99 },
        }),
        graph('Identities by state', 'By the reason of their Ready condition.', 'none', {
          expr: `max by (state) (${bySigner('signet_identities')}) > 0`,
          legend: '{{state}}',
        }),
      ],
    },
    {
      title: 'Risk',
      panels: [
        quarter('s', {
          title: 'Survival time',
          help: 'How long until the first SVID ends if the controller stopped now.',
          expr: `min(${bySigner('signet_survival_seconds')})`,
        }),
        quarter('percentunit', {
          title: 'Least lifetime left',
          help: 'Planned renewals keep it above 40 %.',
          expr: `min(${bySigner('signet_survival_ratio')})`,
          thresholds: { warn: 0.35, bad: 0.3 },
        }),
        quarter('none', {
          title: 'Compromised roots that are still trusted',
          help: 'More than none: somebody works on the runbook of SignetRootCompromised.',
          expr: `sum(max by (trust_domain) (${bySigner('signet_compromised_roots')}))`,
          thresholds: { warn: 1, bad: 1 },
        }),
        quarter('none', {
          title: 'Identities that break a policy',
          help: 'Of all policies, those that are only audited too.',
          queries: [
            {
              expr: `sum by (enforcement) (max by (policy, enforcement) (${bySigner('signet_policy_identities{verdict="broken"}')}))`,
              legend: '{{enforcement}}',
            },
          ],
        }),
        graph(
          'Ends of the authorities',
          'When the active root and intermediate end. They are replaced long before.',
          's',
          {
            expr: `max by (trust_domain, kind) (${bySigner('signet_authority_expiry_timestamp_seconds')}) - time()`,
            legend: '{{trust_domain}} {{kind}}',
          },
        ),
      ],
    },
  ],
};
