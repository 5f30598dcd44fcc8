// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, SignetError } from '../../../src/errors.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import { SECOND } from '../../../src/time.ts';

const OPTIONS = {
  version: '0.1.0',
  controllers: ['service-identity', 'trust-domain'],
  issuanceReasons: ['NotIssued', 'RenewalDue'],
  identityStates: ['Issued', 'Pending'],
  trustDomainStates: ['AuthorityReady', 'Pending'],
  rotationActions: ['RotateRoot'],
  reflectors: ['secrets'],
};

function someMetrics(): Metrics {
  return createMetrics(OPTIONS);
}

/** The value of one series, written as in the exposition. */
async function valueOf(metrics: Metrics, series: string): Promise<number | undefined> {
  const line = (await metrics.scrape()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

it('shows every known series at zero before anything happened', async () => {
  const metrics = someMetrics();
  for (const series of [
    'signet_workqueue_adds_total{controller="trust-domain"}',
    'signet_workqueue_depth{controller="service-identity"}',
    'signet_workqueue_wait_seconds_count{controller="trust-domain"}',
    'signet_reconciles_total{controller="service-identity",result="canceled"}',
    `signet_reconcile_errors_total{controller="trust-domain",code="${ERROR_CODES[0]}"}`,
    'signet_issuances_total{reason="RenewalDue",result="error"}',
    'signet_identities{state="Pending"}',
    'signet_trust_domains{state="AuthorityReady"}',
    'signet_rotation_requests_total{action="RotateRoot",result="refused"}',
    'signet_reflector_restarts_total{resource="secrets",cause="error"}',
    'signet_events_total{result="dropped"}',
    'signet_api_throttled_total',
  ]) {
    expect([series, await valueOf(metrics, series)]).toEqual([series, 0]);
  }
  expect(await valueOf(metrics, 'signet_build_info{version="0.1.0"}')).toBe(1);
});

it('does not show a date or a skew that is not known', async () => {
  const metrics = someMetrics();
  metrics.observe({ identities: () => ({ states: {} }), clockSkew: () => undefined });
  expect(await valueOf(metrics, 'signet_nearest_expiry_timestamp_seconds')).toBeUndefined();
  expect(await valueOf(metrics, 'signet_clock_skew_seconds')).toBeUndefined();
});

it('keeps nothing global: two of them do not meet', async () => {
  const [a, b] = [someMetrics(), someMetrics()];
  a.event('dropped');
  expect(await valueOf(a, 'signet_events_total{result="dropped"}')).toBe(1);
  expect(await valueOf(b, 'signet_events_total{result="dropped"}')).toBe(0);
});

describe('hooks', () => {
  it('count the runs of a controller', async () => {
    const metrics = someMetrics();
    const observer = metrics.controllerObserver('service-identity');
    observer.started('a');
    observer.started('b');
    const error = new SignetError('ERR_KUBE_CONFLICT', 'changed meanwhile');
    observer.finished({ key: 'a', outcome: 'error', duration: 20, error });
    expect(await valueOf(metrics, 'signet_reconciles_in_flight{controller="service-identity"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_reconciles_total{controller="service-identity",result="error"}')).toBe(1);
    const code = 'signet_reconcile_errors_total{controller="service-identity",code="ERR_KUBE_CONFLICT"}';
    expect(await valueOf(metrics, code)).toBe(1);
    const sum = 'signet_reconcile_duration_seconds_sum{controller="service-identity"}';
    expect(await valueOf(metrics, sum)).toBe(0.02);
  });

  it('count what a queue does', async () => {
    const metrics = someMetrics();
    const observer = metrics.queueObserver('trust-domain');
    observer.added();
    observer.retried();
    observer.waited(1500, 'a');
    expect(await valueOf(metrics, 'signet_workqueue_adds_total{controller="trust-domain"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_workqueue_retries_total{controller="trust-domain"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_workqueue_wait_seconds_sum{controller="trust-domain"}')).toBe(1.5);
  });

  it('count calls, and those that were throttled apart', async () => {
    const metrics = someMetrics();
    metrics.apiCall({ verb: 'patch', resource: 'secrets', code: '429', duration: 10 });
    metrics.apiCall({ verb: 'patch', resource: 'secrets', code: '200', duration: 10 });
    const series = 'signet_api_requests_total{verb="patch",resource="secrets",code="429"}';
    expect(await valueOf(metrics, series)).toBe(1);
    expect(await valueOf(metrics, 'signet_api_throttled_total')).toBe(1);
    const count = 'signet_api_request_duration_seconds_count{verb="patch"}';
    expect(await valueOf(metrics, count)).toBe(2);
  });

  it('count answers to requests for a rotation', async () => {
    const metrics = someMetrics();
    metrics.rotationRequest('RotateRoot', 'accepted');
    expect(await valueOf(metrics, 'signet_rotation_requests_total{action="RotateRoot",result="accepted"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_rotation_requests_total{action="RotateRoot",result="refused"}')).toBe(0);
  });

  it('count issuances, and how late renewals were; an early one is not late', async () => {
    const metrics = someMetrics();
    metrics.issued({ reason: 'NotIssued', duration: 12, minting: 1 });
    metrics.issued({ reason: 'RenewalDue', duration: 12, minting: 1, latency: SECOND, lateness: 2 * SECOND });
    metrics.issued({ reason: 'RenewalDue', duration: 12, minting: 1, lateness: -SECOND });
    metrics.issuanceFailed('RenewalDue', 'ERR_KUBE_TIMEOUT');
    expect(await valueOf(metrics, 'signet_issuances_total{reason="RenewalDue",result="success"}')).toBe(2);
    expect(await valueOf(metrics, 'signet_issuances_total{reason="RenewalDue",result="error"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_issuance_failures_total{code="ERR_KUBE_TIMEOUT"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_issuance_duration_seconds_count')).toBe(3);
    expect(await valueOf(metrics, 'signet_mint_duration_seconds_count')).toBe(3);
    expect(await valueOf(metrics, 'signet_issuance_latency_seconds_sum')).toBe(1);
    expect(await valueOf(metrics, 'signet_renewal_lateness_seconds_count')).toBe(2);
    expect(await valueOf(metrics, 'signet_renewal_lateness_seconds_sum')).toBe(2);
  });
});

describe('sources', () => {
  it('are asked at each scrape, in seconds', async () => {
    const metrics = someMetrics();
    let depth = 3;
    metrics.observe({
      controllers: () => [{ name: 'service-identity', depth, delayed: 4, oldestWait: 2500, longestRun: 500 }],
      reflectors: () => [{ resource: 'secrets', objects: 7, lastActivity: 1_000_000 }],
      identities: () => ({ states: { Issued: 5 }, nearestExpiry: 2_000_000 }),
      leaseHeld: () => true,
      clockSkew: () => -1500,
      process: () => ({ residentBytes: 1e8, heapUsedBytes: 1e7, cpu: 2500, startedAt: 3_000_000 }),
    });
    await metrics.scrape();
    depth = 1;
    for (const [series, value] of [
      ['signet_workqueue_depth{controller="service-identity"}', 1],
      ['signet_workqueue_delayed{controller="service-identity"}', 4],
      ['signet_workqueue_oldest_wait_seconds{controller="service-identity"}', 2.5],
      ['signet_reconcile_longest_running_seconds{controller="service-identity"}', 0.5],
      ['signet_reflector_objects{resource="secrets"}', 7],
      ['signet_reflector_last_activity_timestamp_seconds{resource="secrets"}', 1000],
      ['signet_identities{state="Issued"}', 5],
      ['signet_nearest_expiry_timestamp_seconds', 2000],
      ['signet_lease_held', 1],
      ['signet_clock_skew_seconds', -1.5],
      ['process_resident_memory_bytes', 1e8],
      ['process_cpu_seconds_total', 2.5],
    ] as const) {
      expect([series, await valueOf(metrics, series)]).toEqual([series, value]);
    }
  });

  it('that end leave no stale values behind', async () => {
    const metrics = someMetrics();
    metrics.observe({
      controllers: () => [{ name: 'service-identity', depth: 3, delayed: 4, oldestWait: 1, longestRun: 1 }],
      identities: () => ({ states: { Issued: 5 }, nearestExpiry: 2_000_000 }),
      leaseHeld: () => true,
    });
    await metrics.scrape();
    metrics.observe({ identities: () => ({ states: { Pending: 1 } }) });
    expect(await valueOf(metrics, 'signet_workqueue_depth{controller="service-identity"}')).toBe(0);
    expect(await valueOf(metrics, 'signet_identities{state="Issued"}')).toBe(0);
    expect(await valueOf(metrics, 'signet_identities{state="Pending"}')).toBe(1);
    expect(await valueOf(metrics, 'signet_nearest_expiry_timestamp_seconds')).toBeUndefined();
    expect(await valueOf(metrics, 'signet_lease_held')).toBeUndefined();
  });
});

it('tells of what could not be counted, once, and counts and shows the rest', async () => {
  const metrics = createMetrics(OPTIONS);
  const problems: unknown[] = [];
  metrics.observe({}, (source, error) => problems.push([source, error]));
  metrics.apiCall({ verb: 'get', resource: 'secrets', code: '200', duration: Number.NaN });
  metrics.apiCall({ verb: 'get', resource: 'leases', code: '200', duration: 1 });
  expect(await metrics.scrape()).toContain('resource="leases"');
  await metrics.scrape();
  expect(problems).toEqual([['counts', expect.objectContaining({ message: 'something could not be counted' })]]);
});

it('shows that counts are short from the first one that is lost on, at every scrape', async () => {
  const metrics = someMetrics();
  const series = 'signet_scrape_source_success{source="counts"}';
  metrics.apiCall({ verb: 'get', resource: 'leases', code: '200', duration: 1 });
  expect(await valueOf(metrics, series)).toBe(1);
  metrics.apiCall({ verb: 'get', resource: 'secrets', code: '200', duration: Number.NaN });
  expect(await valueOf(metrics, series)).toBe(0);
  metrics.apiCall({ verb: 'get', resource: 'leases', code: '200', duration: 1 });
  metrics.observe({ ready: () => true });
  expect(await valueOf(metrics, series)).toBe(0);
  expect(await valueOf(metrics, 'signet_scrape_source_success{source="ready"}')).toBe(1);
});
