// SPDX-License-Identifier: Apache-2.0
/** @module The dashboard for whoever was woken: what is wrong, since when, and whether it is us. */
import { bySigner } from '../rules/causes.ts';
import type { Dashboard } from './grafana.ts';
import { graphs, held, highest, perSecond, stats } from './panels.ts';

const stat = stats(5);
const half = graphs(12);
const third = graphs(8);

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
        stats(4)('none', {
          title: 'Signers',
          help: 'Must be 1. Runbook: no-signer.',
          expr: 'sum(signet_lease_held)',
          thresholds: { warn: 1, bad: 0.5 },
        }),
        stat('none', {
          title: 'Authorities that cannot sign',
          help: 'Must be 0. Runbook: authority-unavailable.',
          // Where there is no TrustDomain that is none.
          expr: `sum(max by (trust_domain) (${bySigner('signet_authority_unavailable')})) or 0 * sum(max by (state) (${bySigner('signet_trust_domains')}))`,
          thresholds: { warn: 1, bad: 1 },
        }),
        stat('s', {
          title: 'Clock skew',
          help: "Against the API server's clock; beyond 30 s nothing is signed. Runbook: clock-skew.",
          expr: 'max(abs(signet_clock_skew_seconds))',
          thresholds: { warn: 10, bad: 25 },
        }),
        stat('s', {
          title: 'Oldest watch',
          help: 'How long a cache has heard nothing; bookmarks come every minute or two. Runbook: watch-stale.',
          expr: 'max(time() - signet_reflector_last_activity_timestamp_seconds)',
          thresholds: { warn: 180, bad: 300 },
        }),
        stat('none', {
          title: 'Admission works',
          help: 'Must be 1. Runbook: admission-not-proven.',
          expr: 'max(signet_admission_works)',
          thresholds: { warn: 1, bad: 0.5 },
        }),
      ],
    },
    {
      title: 'Who suffers?',
      panels: [
        half(
          'SVIDs that are late or gone',
          'Renewable ones are ours to mend; the others wait for a tenant or a policy.',
          'none',
          {
            expr: `max by (validity, renewable) (${bySigner('signet_svids{validity!="current"}')})`,
            legend: '{{validity}} renewable={{renewable}}',
          },
        ),
        half(
          'Identities that are not well, by reason',
          'kubectl get sid -A -o wide shows which, with the reason in a column of its own.',
          'none',
          held('signet_identities{state!~"Issued|Suspended"}', 'state'),
        ),
        half(
          'Failed issuances by error',
          'FORBIDDEN and INVALID are refusals (quota, admission, rights); docs/reference/messages.md has each.',
          'reqps',
          perSecond('signet_issuance_failures_total', 'code'),
        ),
        half(
          'Issuances by reason',
          'A wall of one reason tells what happened: AuthorityChanged a rotation, SecretEdited somebody else writing.',
          'reqps',
          perSecond('signet_issuances_total{result="success"}', 'reason'),
        ),
      ],
    },
    {
      title: 'What holds it up?',
      panels: [
        third(
          'Wait in the queue',
          'How long the identity that waits longest has waited. Runbook: queue-backlog.',
          's',
          highest('signet_workqueue_oldest_wait_seconds', 'controller'),
        ),
        third(
          'Answers of the API server',
          'By code; 429 is throttling, 409 somebody else writing. Runbooks: api-server-slow, api-throttled.',
          'reqps',
          perSecond('signet_api_requests_total', 'code'),
        ),
        third(
          'Failing reconciles',
          'By controller and error code. The log has a line for each but for conflicts, which pass and are told at debug.',
          'reqps',
          perSecond('signet_reconcile_errors_total', 'controller', 'code'),
        ),
        third(
          'Admission reviews by outcome',
          'Errors are answered to nobody: the failurePolicy decides. Runbook: admission-failing.',
          'reqps',
          perSecond('signet_admission_reviews_total', 'kind', 'outcome'),
        ),
        third(
          'Somebody else writes or takes',
          'Foreign writes to Secrets of SVIDs, refused mounts of foreign ones, and what the ValidatingAdmissionPolicies refuse, where Prometheus scrapes the API server. Runbooks: secrets-tampered, mounts-refused, guard-refused.',
          'none',
          { expr: 'sum(increase(signet_foreign_writes_total[$__rate_interval]))', legend: 'foreign writes' },
          {
            expr: 'sum(increase(signet_admission_policy_violations_total{policy="built-in",rule="own-svid",effect="deny"}[$__rate_interval]))',
            legend: 'refused mounts',
          },
          {
            expr: 'sum by (policy) (increase(apiserver_validating_admission_policy_check_total{policy=~"signet-.*",enforcement_action="deny"}[$__rate_interval]))',
            legend: '{{policy}}',
          },
        ),
        third(
          'Handshakes of the prober',
          'Mutual TLS with what is stored, where --prober-identities names two. Runbook: handshakes-failing.',
          'reqps',
          perSecond('signet_probe_handshakes_total', 'result'),
        ),
      ],
    },
    {
      title: 'Rotation',
      panels: [
        half(
          'Step of the rotation',
          '1 for the step in progress. Runbook: rotation-stuck.',
          'none',
          held('signet_rotation_step', 'trust_domain', 'step'),
        ),
        half(
          'What it waits for',
          'Secrets and bundles without the new anchors, and those given up.',
          'none',
          {
            expr: `max by (trust_domain) (${bySigner('signet_rotation_stale_targets')})`,
            legend: '{{trust_domain}} stale',
          },
          {
            expr: `max by (trust_domain) (${bySigner('signet_rotation_quarantined_targets')})`,
            legend: '{{trust_domain}} given up',
          },
          {
            expr: `max by (trust_domain) (${bySigner('signet_bundle_stale_config_maps')})`,
            legend: '{{trust_domain}} bundles',
          },
        ),
      ],
    },
  ],
};
