// SPDX-License-Identifier: Apache-2.0
/** @module The dashboard for whoever was woken: what is wrong, since when, and whether it is us. */
import type { Dashboard } from './grafana.ts';

export const ON_CALL: Dashboard = {
  uid: 'signet-on-call',
  title: 'Signet / On call',
  description: 'What is wrong now, since when, and where to look next. Read it from the top.',
  refresh: '30s',
  from: 'now-3h',
  rows: [
    {
      title: 'Is it up?',
      panels: [
        {
          title: 'Signers',
          help: 'Must be 1. Runbook: no-signer.',
          kind: 'stat',
          unit: 'none',
          width: 4,
          queries: [{ expr: 'sum(signet_lease_held)' }],
          thresholds: { warn: 1, bad: 1 },
        },
        {
          title: 'Authorities that cannot sign',
          help: 'Must be 0. Runbook: authority-unavailable.',
          kind: 'stat',
          unit: 'none',
          width: 5,
          queries: [
            { expr: 'sum(max by (state) (signet_trust_domains{state=~"Authority(Lost|WentBack|Expired|Mismatch)"}))' },
          ],
          thresholds: { warn: 1, bad: 1 },
        },
        {
          title: 'Clock skew',
          help: "Against the API server's clock; beyond 30 s nothing is signed. Runbook: clock-skew.",
          kind: 'stat',
          unit: 's',
          width: 5,
          queries: [{ expr: 'max(abs(signet_clock_skew_seconds))' }],
          thresholds: { warn: 10, bad: 25 },
        },
        {
          title: 'Oldest watch',
          help: 'How long a cache has heard nothing; bookmarks come every minute or two. Runbook: watch-stale.',
          kind: 'stat',
          unit: 's',
          width: 5,
          queries: [{ expr: 'max(time() - signet_reflector_last_activity_timestamp_seconds)' }],
          thresholds: { warn: 180, bad: 300 },
        },
        {
          title: 'Admission works',
          help: 'Must be 1. Runbook: admission-not-proven.',
          kind: 'stat',
          unit: 'none',
          width: 5,
          queries: [{ expr: 'max(signet_admission_works)' }],
          thresholds: { warn: 1, bad: 0.5 },
        },
      ],
    },
    {
      title: 'Who suffers?',
      panels: [
        {
          title: 'SVIDs that are late or gone',
          help: 'Renewable ones are ours to mend; the others wait for a tenant or a policy.',
          kind: 'timeseries',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: 'max by (validity, renewable) (signet_svids{validity!="current"})',
              legend: '{{validity}} renewable={{renewable}}',
            },
          ],
        },
        {
          title: 'Identities that are not well, by reason',
          help: 'kubectl get sid -A shows which namespaces: the reason stands in the column Ready.',
          kind: 'timeseries',
          unit: 'none',
          width: 12,
          queries: [{ expr: 'max by (state) (signet_identities{state!~"Issued|Suspended"})', legend: '{{state}}' }],
        },
        {
          title: 'Failed issuances by error',
          help: 'FORBIDDEN and INVALID are refusals (quota, admission, rights); docs/reference/errors.md has each.',
          kind: 'timeseries',
          unit: 'reqps',
          width: 12,
          queries: [
            { expr: 'sum by (code) (rate(signet_issuance_failures_total[$__rate_interval]))', legend: '{{code}}' },
          ],
        },
        {
          title: 'Issuances by reason',
          help: 'A wall of one reason tells what happened: AuthorityChanged a rotation, SecretEdited somebody else writing.',
          kind: 'timeseries',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expr: 'sum by (reason) (rate(signet_issuances_total{result="success"}[$__rate_interval]))',
              legend: '{{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'What holds it up?',
      panels: [
        {
          title: 'Wait in the queue',
          help: 'How long the identity that waits longest has waited. Runbook: queue-backlog.',
          kind: 'timeseries',
          unit: 's',
          width: 8,
          queries: [{ expr: 'max by (controller) (signet_workqueue_oldest_wait_seconds)', legend: '{{controller}}' }],
        },
        {
          title: 'Answers of the API server',
          help: 'By code; 429 is throttling, 409 somebody else writing. Runbooks: api-server-slow, api-throttled.',
          kind: 'timeseries',
          unit: 'reqps',
          width: 8,
          queries: [{ expr: 'sum by (code) (rate(signet_api_requests_total[$__rate_interval]))', legend: '{{code}}' }],
        },
        {
          title: 'Failing reconciles',
          help: 'By controller and error code; the log has one line for each.',
          kind: 'timeseries',
          unit: 'reqps',
          width: 8,
          queries: [
            {
              expr: 'sum by (controller, code) (rate(signet_reconcile_errors_total[$__rate_interval]))',
              legend: '{{controller}} {{code}}',
            },
          ],
        },
        {
          title: 'Admission reviews by outcome',
          help: 'Errors are answered to nobody: the failurePolicy decides. Runbook: admission-failing.',
          kind: 'timeseries',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expr: 'sum by (kind, outcome) (rate(signet_admission_reviews_total[$__rate_interval]))',
              legend: '{{kind}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Somebody else writes or takes',
          help: 'Foreign writes to Secrets of SVIDs, and pods refused that would have taken a foreign one.',
          kind: 'timeseries',
          unit: 'none',
          width: 12,
          queries: [
            { expr: 'sum(increase(signet_foreign_writes_total[$__rate_interval]))', legend: 'foreign writes' },
            {
              expr: 'sum(increase(signet_admission_reviews_total{kind="Pod",outcome="denied"}[$__rate_interval]))',
              legend: 'refused pods',
            },
          ],
        },
      ],
    },
    {
      title: 'Rotation',
      panels: [
        {
          title: 'Step of the rotation',
          help: '1 for the step in progress. Runbook: rotation-stuck.',
          kind: 'timeseries',
          unit: 'none',
          width: 12,
          queries: [
            { expr: 'max by (trust_domain, step) (signet_rotation_step)', legend: '{{trust_domain}} {{step}}' },
          ],
        },
        {
          title: 'What it waits for',
          help: 'Secrets and bundles without the new anchors, and those given up.',
          kind: 'timeseries',
          unit: 'none',
          width: 12,
          queries: [
            { expr: 'max by (trust_domain) (signet_rotation_stale_targets)', legend: '{{trust_domain}} stale' },
            {
              expr: 'max by (trust_domain) (signet_rotation_quarantined_targets)',
              legend: '{{trust_domain}} given up',
            },
            { expr: 'max by (trust_domain) (signet_bundle_stale_config_maps)', legend: '{{trust_domain}} bundles' },
          ],
        },
      ],
    },
  ],
};
