// SPDX-License-Identifier: Apache-2.0
/** @module The dashboard for whoever looks for a cause: the way of an issuance, queues, the API server, the process. */
import { bySigner } from '../rules/causes.ts';
import type { Dashboard, Query } from './grafana.ts';
import { graphs, held, highest, perSecond, quantile, quantileEver, quantiles } from './panels.ts';

const graph = graphs(8);

export const DEBUGGING: Dashboard = {
  uid: 'signet-debugging',
  title: 'Signet / Debugging',
  description: 'The way of an issuance from the queue to the stored Secret, the API server, rotations, the process.',
  refresh: '30s',
  from: 'now-1h',
  rows: [
    {
      title: 'The way of an issuance',
      panels: [
        graph(
          'Seen to stored',
          'The whole, the wait in the queue included.',
          's',
          ...quantiles('signet_issuance_latency_seconds'),
        ),
        graph(
          'Decided to stored',
          'Cryptography, the write of the Secret and nothing else.',
          's',
          ...quantiles('signet_issuance_duration_seconds'),
        ),
        graph(
          'Key, signature and path check',
          'No call to the API server in it; rises when the CPU is short.',
          's',
          ...quantiles('signet_mint_duration_seconds'),
        ),
        graph(
          'Lateness of renewals',
          'Against the planned time.',
          's',
          ...quantiles('signet_renewal_lateness_seconds'),
        ),
        graph(
          'Failed tries by reason',
          'What made the issuance necessary; the on-call dashboard has those that succeeded.',
          'reqps',
          perSecond('signet_issuances_total{result="error"}', 'reason'),
        ),
        {
          title: 'SVIDs that end soonest',
          help: 'Where --identity-metrics-limit asks for them.',
          kind: 'table',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `bottomk(10, max by (namespace, name) (${bySigner('signet_identity_expiry_timestamp_seconds')}) - time())`,
            },
          ],
        },
      ],
    },
    {
      title: 'Queues and workers',
      panels: [
        graph('Ready keys', 'Waiting for a worker.', 'none', byController('signet_workqueue_depth')),
        graph('Scheduled keys', 'Renewals and retries of later.', 'none', byController('signet_workqueue_delayed')),
        graph(
          'Wait for a worker (p95)',
          'By controller.',
          's',
          quantile(0.95, 'signet_workqueue_wait_seconds', 'controller'),
        ),
        graph(
          'Runs (p95)',
          'How long a reconcile run takes.',
          's',
          quantile(0.95, 'signet_reconcile_duration_seconds', 'controller'),
        ),
        graph(
          'Runs in progress',
          'At most as many as there are workers.',
          'none',
          byController('signet_reconciles_in_flight'),
        ),
        graph(
          'Retries',
          'Keys put back after a failure.',
          'reqps',
          perSecond('signet_workqueue_retries_total', 'controller'),
        ),
      ],
    },
    {
      title: 'API server',
      panels: [
        graph('Calls', 'By verb and resource.', 'reqps', perSecond('signet_api_requests_total', 'verb', 'resource')),
        graph(
          'Duration of calls (p95)',
          'By verb; of a watch until it is open.',
          's',
          quantile(0.95, 'signet_api_request_duration_seconds', 'verb'),
        ),
        graph('Throttled calls', 'Refused with 429.', 'reqps', {
          expr: 'sum(rate(signet_api_throttled_total[$__rate_interval]))',
          legend: '429',
        }),
        graph(
          'Age of watches',
          'Since something was heard, bookmarks too.',
          's',
          highest('time() - signet_reflector_last_activity_timestamp_seconds', 'resource'),
        ),
        graph('Cached objects', 'By resource.', 'none', highest('signet_reflector_objects', 'resource')),
        graph(
          'Ended watches',
          'In good order, or by an error.',
          'reqps',
          perSecond('signet_reflector_restarts_total', 'cause'),
        ),
      ],
    },
    {
      title: 'Authorities and bundles',
      panels: [
        graph(
          'Authorities by state',
          'Roots and intermediates.',
          'none',
          held('signet_authorities', 'trust_domain', 'kind', 'state'),
        ),
        graph('Last SVID under an authority', 'Until then its root stays trusted.', 's', {
          expr: `max by (trust_domain, kind, authority) (${bySigner('signet_authority_latest_svid_expiry_timestamp_seconds')}) - time()`,
          legend: '{{trust_domain}} {{kind}} {{authority}}',
        }),
        graph(
          'Sequence of the bundle',
          'Rises with each change of the anchors.',
          'none',
          held('signet_bundle_sequence', 'trust_domain'),
        ),
        graph(
          'New anchors to everybody (p95)',
          'From a change of the anchors until every ConfigMap holds them; of all changes since the controllers started.',
          's',
          { ...quantileEver(0.95, 'signet_bundle_propagation_seconds'), legend: 'p95' },
        ),
        graph(
          'Compromises (p95)',
          'From the request until the last SVID was replaced, and until the anchor was gone; of all since the controllers started.',
          's',
          quantileEver(0.95, 'signet_compromise_seconds', 'phase'),
        ),
        graph(
          'Exposed by a compromise',
          'SVIDs in use that a compromised authority signed, and roots of them that are still trusted.',
          'none',
          {
            expr: `max by (trust_domain) (${bySigner('signet_rotation_exposed_svids')})`,
            legend: '{{trust_domain}} SVIDs',
          },
          { expr: `max by (trust_domain) (${bySigner('signet_compromised_roots')})`, legend: '{{trust_domain}} roots' },
        ),
      ],
    },
    {
      title: 'Webhook',
      panels: [
        graph(
          'Duration of reviews (p95)',
          'By kind.',
          's',
          quantile(0.95, 'signet_admission_duration_seconds', 'kind'),
        ),
        graph(
          'Probes of admission',
          'Refused is the good one.',
          'reqps',
          perSecond('signet_admission_probes_total', 'result'),
        ),
        graph('Serving certificate', 'How long it is still valid.', 's', {
          expr: 'signet_webhook_certificate_expiry_timestamp_seconds - time()',
          legend: '{{instance}}',
        }),
        graph(
          'Broken rules at admission',
          'By policy, rule and what was done about it; dry runs aside.',
          'reqps',
          perSecond('signet_admission_policy_violations_total', 'policy', 'rule', 'effect'),
        ),
        graph(
          'Steps with the serving certificate',
          'Writes of its Secret, and Publish of a caBundle.',
          'reqps',
          perSecond('signet_webhook_certificate_steps_total', 'step'),
        ),
        graph(
          'Serving certificates taken up',
          'By the webhooks; an error leaves the old one in service.',
          'reqps',
          perSecond('signet_webhook_certificate_loads_total', 'result'),
        ),
      ],
    },
    {
      title: 'Prober, traces, events',
      panels: [
        graph(
          'Time of handshakes',
          'Of the prober: two reads of SVIDs, one of the bundle, and mutual TLS; where --prober-identities names two.',
          's',
          ...quantiles('signet_probe_handshake_duration_seconds'),
        ),
        graph(
          'Spans of traces',
          'Dropped ones did not reach the collector. Runbook: spans-dropped.',
          'reqps',
          perSecond('signet_spans_total', 'result'),
        ),
        graph(
          'Events and log lines',
          'What was sent, and what was left out so that a failing cluster is not flooded.',
          'reqps',
          perSecond('signet_events_total', 'result'),
          { expr: 'sum(rate(signet_log_lines_left_out_total[$__rate_interval]))', legend: 'log lines left out' },
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph(
          'Memory',
          'Resident, and the heap of it.',
          'bytes',
          {
            expr: 'process_resident_memory_bytes and on (instance) signet_build_info',
            legend: '{{instance}} resident',
          },
          { expr: 'process_heap_used_bytes', legend: '{{instance}} heap' },
        ),
        graph('CPU', 'Cores in use.', 'none', {
          expr: 'rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) signet_build_info',
          legend: '{{instance}}',
        }),
        graph(
          'Lag of the event loop (p99)',
          'Above 100 ms everything is late.',
          's',
          quantile(0.99, 'signet_event_loop_lag_seconds', 'instance'),
        ),
      ],
    },
  ],
};

function byController(metric: string): Query {
  return { expr: `sum by (controller) (${metric})`, legend: '{{controller}}' };
}
