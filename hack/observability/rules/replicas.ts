// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts about the controller's replicas and about what they reach: the Lease, clocks, watches, the API server, queues,
 * what they tell of themselves, the collector of traces.
 * @module
 */
import { bySigner, SKEW_LIMIT, STALE_AFTER, UNLESS_DOWN, UNLESS_UNSIGNED } from './causes.ts';
import type { Alert, Times } from './rule.ts';

/** What API servers leave silent no scale makes shorter: a test waits for a little more than that. */
const LEAST_STALE = 180;

const READS = 'namespaces|trustdomains|identitypolicies|leases';
const WRITES = 'serviceidentities|trustdomains|identitypolicies|leases';
/**
 * Calls that nothing but rights and credentials of our own decide. The probe of admission has to be refused; what quotas and
 * policies of tenants refuse is told of the identity; a namespace that is served by name and was deleted refuses reads for good.
 */
const REFUSED = [
  'code="401"',
  `code="403",verb=~"get|list|watch",resource=~"${READS}"`,
  `code="403",verb=~"update|patch",resource=~"${WRITES}"`,
];

export function replicaAlerts(times: Times): Alert[] {
  const five = times.minutes(5);
  const stale = Math.max(LEAST_STALE, times.seconds(STALE_AFTER));
  const calls = bySigner(`rate(signet_api_request_duration_seconds_bucket{verb!="watch"}[${five}])`);
  const slowAPI = `histogram_quantile(0.95, sum by (le) (${calls})) > 1`;
  const quarter = times.minutes(15);
  const spans = (selector: string): string => `sum(increase(signet_spans_total${selector}[${quarter}]))`;
  const backlog = 'max(signet_workqueue_oldest_wait_seconds{controller="service-identity"}) > 60';
  return [
    {
      alert: 'SignetDown',
      severity: 'critical',
      expr: 'absent(signet_lease_held)',
      for: 5,
      summary: 'No controller is scraped: none runs, or Prometheus cannot reach it',
    },
    {
      alert: 'SignetNoSigner',
      severity: 'critical',
      expr: `signet:signers:sum == 0 unless on () (signet:clock_skew_seconds:min > ${SKEW_LIMIT})`,
      for: 2,
      summary: 'Controllers run and none of them holds the Lease: nothing is issued or renewed',
    },
    {
      alert: 'SignetNoWarmStandby',
      severity: 'warning',
      expr: `signet:warm_standbys:count < 1 and on () (signet:signers:sum > 0) unless on () (signet:clock_skew_seconds:max > ${SKEW_LIMIT})`,
      for: 10,
      summary: 'No second controller is ready to take over',
    },
    {
      alert: 'SignetClockSkew',
      severity: 'critical',
      expr: `signet:clock_skew_seconds:max > ${SKEW_LIMIT}`,
      for: 2,
      summary: "The clock of a controller is {{ $value }} s off the API server's; beyond 30 s it signs nothing",
    },
    {
      alert: 'SignetWatchStale',
      severity: 'warning',
      // By replica: a controller, or a webhook.
      expr: `max by (resource, instance, pod) (time() - signet_reflector_last_activity_timestamp_seconds) > ${stale} ${UNLESS_UNSIGNED}`,
      for: 5,
      summary:
        'A cache of {{ $labels.resource }} at {{ $labels.instance }} has heard nothing for {{ $value | humanizeDuration }}',
    },
    {
      alert: 'SignetAPIServerSlow',
      severity: 'warning',
      expr: `${slowAPI} ${UNLESS_UNSIGNED}`,
      for: 10,
      summary: 'One call in twenty to the API server takes more than {{ $value | humanizeDuration }}',
    },
    {
      alert: 'SignetAPIThrottled',
      severity: 'warning',
      expr: `sum(rate(signet_api_throttled_total[${five}])) > 0.1`,
      for: 10,
      summary: 'The API server refuses {{ $value | humanize }} calls a second with 429 Too Many Requests',
    },
    {
      alert: 'SignetRightsMissing',
      severity: 'warning',
      expr: `sum by (verb, resource) (${REFUSED.map((calls) => `rate(signet_api_requests_total{${calls}}[${five}])`).join(' or ')}) > 0 ${UNLESS_UNSIGNED}`,
      // Longer than one refusal is seen.
      for: 10,
      summary: 'The API server refuses to {{ $labels.verb }} {{ $labels.resource }}: rights or credentials are missing',
    },
    {
      alert: 'SignetQueueBacklog',
      severity: 'warning',
      expr: `${backlog} ${UNLESS_UNSIGNED} unless on () (${slowAPI})`,
      for: 10,
      summary: 'An identity has waited {{ $value | humanizeDuration }} to be worked on',
    },
    {
      alert: 'SignetIssuanceSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le) (rate(signet_issuance_latency_seconds_bucket[${five}]))) > 1 ${UNLESS_DOWN} unless on () (${slowAPI}) unless on () (${backlog})`,
      for: 15,
      summary: 'One issuance in twenty takes more than {{ $value | humanizeDuration }}',
    },
    {
      alert: 'SignetMetricsIncomplete',
      severity: 'warning',
      expr: 'min by (source, instance, pod) (signet_scrape_source_success) == 0',
      for: 5,
      summary:
        'Metrics of {{ $labels.source }} are missing or short at {{ $labels.instance }}: alerts on them may be silent',
    },
    {
      alert: 'SignetSpansDropped',
      severity: 'warning',
      expr: `${spans('{result="dropped"}')} > 0.1 * ${spans('')}`,
      for: 30,
      summary: '{{ $value | humanize }} spans of a quarter of an hour did not reach the collector of traces',
    },
  ];
}
