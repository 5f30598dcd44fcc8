// SPDX-License-Identifier: Apache-2.0
/** @module The dashboard for whoever answers for the service: is it available, is everybody covered, what is at risk. */
import type { Dashboard } from './grafana.ts';

const SUCCESS = 'sum(increase(signet_issuances_total{result="success"}[1d]))';
const FAILED = 'sum(increase(signet_issuances_total{result="error"}[1d]))';
const SVIDS = 'sum(max by (validity, renewable) (signet_svids))';

export const EXECUTIVE: Dashboard = {
  uid: 'signet-executive',
  title: 'Signet / Overview',
  description: 'Availability, coverage and risk, for people who answer for them.',
  refresh: '5m',
  from: 'now-7d',
  rows: [
    {
      title: 'Availability',
      panels: [
        {
          title: 'Issuances that succeeded (a day)',
          help: 'Share of the tries of the last day. The target is 99.9 %.',
          kind: 'stat',
          unit: 'percentunit',
          width: 6,
          queries: [{ expr: `${SUCCESS} / (${SUCCESS} + ${FAILED})` }],
          thresholds: { warn: 0.999, bad: 0.99 },
        },
        {
          title: 'Admission works',
          help: 'Whether the last dry run was refused as it must be; 0 is a reason to call somebody.',
          kind: 'stat',
          unit: 'bool_yes_no',
          width: 6,
          queries: [{ expr: 'max(signet_admission_works)' }],
          thresholds: { warn: 1, bad: 0.5 },
        },
        {
          title: 'Signers and warm standbys',
          help: 'One signs. Without a standby a lost node stops renewals until it comes back.',
          kind: 'stat',
          unit: 'none',
          width: 6,
          queries: [
            { expr: 'sum(signet_lease_held)', legend: 'signs' },
            { expr: 'sum(signet_ready * on (instance) (1 - signet_lease_held))', legend: 'standing by' },
          ],
        },
        {
          title: 'Identities',
          help: 'ServiceIdentities in the cluster.',
          kind: 'stat',
          unit: 'none',
          width: 6,
          queries: [{ expr: 'sum(max by (state) (signet_identities))' }],
        },
      ],
    },
    {
      title: 'Coverage',
      panels: [
        {
          title: 'SVIDs renewed in their interval',
          help: 'Share of the SVIDs in use that are neither overdue nor expired. The target is 100 %.',
          kind: 'stat',
          unit: 'percentunit',
          width: 8,
          queries: [{ expr: `sum(max by (renewable) (signet_svids{validity="current"})) / ${SVIDS}` }],
          thresholds: { warn: 1, bad: 0.99 },
        },
        {
          title: 'Authorities replaced in their interval',
          help: 'Share of active roots and intermediates whose successor is not overdue.',
          kind: 'stat',
          unit: 'percentunit',
          width: 8,
          queries: [{ expr: '1 - avg(max by (trust_domain, kind) (signet_authorities_overdue))' }],
          thresholds: { warn: 1, bad: 0.99 },
        },
        {
          title: 'Bundles that are up to date',
          help: 'Share of the namespaces whose ConfigMap holds the present trust anchors.',
          kind: 'stat',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expr: '1 - sum(max by (trust_domain) (signet_bundle_stale_config_maps)) / sum(max by (trust_domain) (signet_bundle_config_maps))',
            },
          ],
          thresholds: { warn: 1, bad: 0.99 },
        },
        {
          title: 'Identities by state',
          help: 'By the reason of their Ready condition.',
          kind: 'timeseries',
          unit: 'none',
          width: 24,
          queries: [{ expr: 'max by (state) (signet_identities) > 0', legend: '{{state}}' }],
        },
      ],
    },
    {
      title: 'Risk',
      panels: [
        {
          title: 'Survival time',
          help: 'How long until the first SVID ends if the controller stopped now.',
          kind: 'stat',
          unit: 's',
          width: 6,
          queries: [{ expr: 'min(signet_survival_seconds)' }],
        },
        {
          title: 'Least lifetime left',
          help: 'Planned renewals keep it above 40 %.',
          kind: 'stat',
          unit: 'percentunit',
          width: 6,
          queries: [{ expr: 'min(signet_survival_ratio)' }],
          thresholds: { warn: 0.35, bad: 0.3 },
        },
        {
          title: 'Compromised roots that are still trusted',
          help: 'More than none: somebody works on the runbook of SignetRootCompromised.',
          kind: 'stat',
          unit: 'none',
          width: 6,
          queries: [{ expr: 'sum(max by (trust_domain) (signet_compromised_roots))' }],
          thresholds: { warn: 1, bad: 1 },
        },
        {
          title: 'Identities that break a policy',
          help: 'Of all policies, those that are only audited too.',
          kind: 'stat',
          unit: 'none',
          width: 6,
          queries: [
            {
              expr: 'sum by (enforcement) (max by (policy, enforcement) (signet_policy_identities{verdict="broken"}))',
              legend: '{{enforcement}}',
            },
          ],
        },
        {
          title: 'Ends of the authorities',
          help: 'When the active root and intermediate end. They are replaced long before.',
          kind: 'timeseries',
          unit: 's',
          width: 24,
          queries: [
            {
              expr: 'max by (trust_domain, kind) (signet_authority_expiry_timestamp_seconds) - time()',
              legend: '{{trust_domain}} {{kind}}',
            },
          ],
        },
      ],
    },
  ],
};
