// SPDX-License-Identifier: Apache-2.0
/**
 * Every metric of the program with its labels and meaning. docs/reference/metrics.md is held equal to it.
 * @module
 */
import { SERVICE_LEVEL_METRICS } from './service-level-metric-catalog.ts';
import { TRUST_DOMAIN_METRICS } from './trust-domain-metric-catalog.ts';
import { WEBHOOK_METRICS } from './webhook-metric-catalog.ts';

/** Policies with series of their own: whoever may create some must not make up series without end. */
export const MAX_POLICIES = 100;

const PROCESS_METRICS = {
  buildInfo: {
    type: 'gauge',
    name: 'signet_build_info',
    labels: ['version'],
    help: 'Always 1; the label says which version runs',
  },
  leaseHeld: {
    type: 'gauge',
    name: 'signet_lease_held',
    labels: [],
    help: '1 while this replica may sign, 0 on a standby; absent in a webhook',
  },
  clockSkew: {
    type: 'gauge',
    name: 'signet_clock_skew_seconds',
    labels: [],
    help: "This machine's clock minus the API server's; nothing is signed beyond 30 s",
  },
  sourceSuccess: {
    type: 'gauge',
    name: 'signet_scrape_source_success',
    labels: ['source'],
    help: '1 where what a source tells could be read for this scrape, else 0: then its metrics are missing, and no others; of counts 0 from the first that was lost until the process ends',
  },
  issuances: {
    type: 'counter',
    name: 'signet_issuances_total',
    labels: ['reason', 'result'],
    help: 'SVIDs issued (result success) and failed tries (result error), by what made them necessary',
  },
  issuanceDuration: {
    type: 'histogram',
    name: 'signet_issuance_duration_seconds',
    labels: [],
    help: 'Time from the decision to issue until the SVID is stored',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  renewalLateness: {
    type: 'histogram',
    name: 'signet_renewal_lateness_seconds',
    labels: [],
    help: 'Time from the planned renewal of an SVID until it was renewed',
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
  },
  identities: {
    type: 'gauge',
    name: 'signet_identities',
    labels: ['state'],
    help: 'ServiceIdentities by the reason of their Ready condition',
  },
  nearestExpiry: {
    type: 'gauge',
    name: 'signet_nearest_expiry_timestamp_seconds',
    labels: [],
    help: 'When the first of the stored SVIDs expires that is not expired yet, in Unix time; absent when there is none',
  },
  queueDepth: {
    type: 'gauge',
    name: 'signet_workqueue_depth',
    labels: ['controller'],
    help: 'Keys ready to be worked on',
  },
  queueDelayed: {
    type: 'gauge',
    name: 'signet_workqueue_delayed',
    labels: ['controller'],
    help: 'Keys scheduled for later: renewals and retries',
  },
  queueOldest: {
    type: 'gauge',
    name: 'signet_workqueue_oldest_wait_seconds',
    labels: ['controller'],
    help: 'How long the ready key that waits longest has waited',
  },
  queueAdds: {
    type: 'counter',
    name: 'signet_workqueue_adds_total',
    labels: ['controller'],
    help: 'Keys that became ready to be worked on',
  },
  queueRetries: {
    type: 'counter',
    name: 'signet_workqueue_retries_total',
    labels: ['controller'],
    help: 'Keys put back after a failure',
  },
  queueWait: {
    type: 'histogram',
    name: 'signet_workqueue_wait_seconds',
    labels: ['controller'],
    help: 'Time a ready key waited for a worker',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300],
  },
  reconciles: {
    type: 'counter',
    name: 'signet_reconciles_total',
    labels: ['controller', 'result'],
    help: 'Finished reconcile runs by result',
  },
  reconcileErrors: {
    type: 'counter',
    name: 'signet_reconcile_errors_total',
    labels: ['controller', 'code'],
    help: 'Failed reconcile runs by error code',
  },
  reconcileDuration: {
    type: 'histogram',
    name: 'signet_reconcile_duration_seconds',
    labels: ['controller'],
    help: 'Duration of reconcile runs',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  },
  reconcilesInFlight: {
    type: 'gauge',
    name: 'signet_reconciles_in_flight',
    labels: ['controller'],
    help: 'Reconcile runs in progress',
  },
  longestReconcile: {
    type: 'gauge',
    name: 'signet_reconcile_longest_running_seconds',
    labels: ['controller'],
    help: 'How long the oldest reconcile run in progress has taken so far',
  },
  apiRequests: {
    type: 'counter',
    name: 'signet_api_requests_total',
    labels: ['verb', 'resource', 'code'],
    help: 'Calls to the API server, retries too, by HTTP status, by error code where there was no answer, or `canceled` where the caller gave up',
  },
  apiDuration: {
    type: 'histogram',
    name: 'signet_api_request_duration_seconds',
    labels: ['verb'],
    help: 'Duration of calls to the API server; of a watch until it is open',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15],
  },
  apiThrottled: {
    type: 'counter',
    name: 'signet_api_throttled_total',
    labels: [],
    help: 'Calls that the API server refused with 429 Too Many Requests',
  },
  reflectorObjects: {
    type: 'gauge',
    name: 'signet_reflector_objects',
    labels: ['resource'],
    help: 'Objects in a cache',
  },
  reflectorActivity: {
    type: 'gauge',
    name: 'signet_reflector_last_activity_timestamp_seconds',
    labels: ['resource'],
    help: 'When a cache last heard from the API server, in Unix time; bookmarks come about every minute',
  },
  reflectorLists: {
    type: 'counter',
    name: 'signet_reflector_lists_total',
    labels: ['resource'],
    help: 'Times a cache was compared with everything there is; once at the start, more after outages',
  },
  reflectorRestarts: {
    type: 'counter',
    name: 'signet_reflector_restarts_total',
    labels: ['resource', 'cause'],
    help: 'Ended lists and watches: in good order (cause end) or by an error (cause error)',
  },
  events: {
    type: 'counter',
    name: 'signet_events_total',
    labels: ['result'],
    help: 'Kubernetes events by what became of them: sent or dropped',
  },
  spans: {
    type: 'counter',
    name: 'signet_spans_total',
    labels: ['result'],
    help: 'Spans of traces by what became of them: sent or dropped',
  },
  eventLoopLag: {
    type: 'histogram',
    name: 'signet_event_loop_lag_seconds',
    labels: [],
    help: 'How much later than asked for a timer of the process ran, measured twice a second',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  residentMemory: {
    type: 'gauge',
    name: 'process_resident_memory_bytes',
    labels: [],
    help: 'Resident memory of the process',
  },
  heapUsed: {
    type: 'gauge',
    name: 'process_heap_used_bytes',
    labels: [],
    help: 'JavaScript heap in use',
  },
  cpu: {
    type: 'counter',
    name: 'process_cpu_seconds_total',
    labels: [],
    help: 'User and system CPU time of the process',
  },
  startTime: {
    type: 'gauge',
    name: 'process_start_time_seconds',
    labels: [],
    help: 'When the process started, in Unix time',
  },
} as const;

export const METRICS: typeof PROCESS_METRICS &
  typeof SERVICE_LEVEL_METRICS &
  typeof TRUST_DOMAIN_METRICS &
  typeof WEBHOOK_METRICS = {
  ...PROCESS_METRICS,
  ...SERVICE_LEVEL_METRICS,
  ...TRUST_DOMAIN_METRICS,
  ...WEBHOOK_METRICS,
};

export type MetricKey = keyof typeof METRICS;

/** Metrics of one type. */
export type MetricKeyOf<Type> = {
  [Key in MetricKey]: (typeof METRICS)[Key]['type'] extends Type ? Key : never;
}[MetricKey];
