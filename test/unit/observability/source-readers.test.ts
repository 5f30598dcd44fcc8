// SPDX-License-Identifier: Apache-2.0
/** @module What a scrape shows of a source that throws: nothing, rather than zero or yesterday, and all else as it is. */
import { expect, it } from 'vitest';
import type { MetricSources } from '../../../src/observability/metric-sources.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const OPTIONS = {
  ...NO_LABELS,
  controllers: ['trust-domain'],
  identityStates: ['Issued', 'Pending'],
  trustDomainStates: ['AuthorityReady'],
  reflectors: ['secrets', 'namespaces'],
};

const WELL: Required<MetricSources> = {
  controllers: () => [{ name: 'trust-domain', depth: 3, delayed: 4, oldestWait: 1, longestRun: 1 }],
  reflectors: () => [{ resource: 'secrets', objects: 7, lastActivity: 1_000_000 }],
  identities: () => ({
    states: { Issued: 5 },
    forbidden: 1,
    nearestExpiry: 2_000_000,
    survival: 60_000,
    survivalRatio: 0.5,
    svids: [{ validity: 'current', renewable: true, count: 5 }],
    expiries: [{ namespace: 'shop', name: 'checkout', notAfter: 2_000_000 }],
  }),
  trustDomains: () => [
    {
      name: 'default',
      state: 'AuthorityReady',
      authorities: [{ kind: 'Root', state: 'Active', count: 1 }],
      active: [{ kind: 'Root', notAfter: 4_000_000, overdue: false }],
      latestSVIDs: [{ kind: 'Root', id: 'r1', notAfter: 3_000_000 }],
      compromisedRoots: 0,
      rotation: {
        steps: { PublishingRoot: true },
        startedAt: 1_000_000,
        nextStepTime: 2_000_000,
        targets: 10,
        stale: 3,
        exposed: 0,
        quarantined: 1,
      },
      bundle: { sequence: 1, configMaps: 5, stale: 2 },
    },
  ],
  policies: () => [{ policy: 'p', enforcement: 'Enforce', matched: 2, violating: 1 }],
  leaseHeld: () => true,
  ready: () => true,
  clockSkew: () => 100,
  process: () => ({ residentBytes: 1e8, heapUsedBytes: 1e7, cpu: 2500, startedAt: 3_000_000 }),
};

/** Metrics that a source alone tells of, by its name in the label `source`. */
const TOLD_BY: Readonly<Record<string, { readonly source: keyof MetricSources; readonly metrics: RegExp }>> = {
  controllers: {
    source: 'controllers',
    metrics: /^signet_(workqueue_(depth|delayed|oldest_wait_seconds)|reconcile_longest_running_seconds)$/u,
  },
  reflectors: { source: 'reflectors', metrics: /^signet_reflector_(objects|last_activity_timestamp_seconds)$/u },
  identities: {
    source: 'identities',
    metrics:
      /^signet_(identit(ies|ies_forbidden|y_expiry_timestamp_seconds)|nearest_expiry.*|svids|survival_(seconds|ratio))$/u,
  },
  trust_domains: {
    source: 'trustDomains',
    metrics: /^signet_(trust_domains|root_key_lost|authorit|compromised_roots|rotation_|bundle_).*$/u,
  },
  policies: { source: 'policies', metrics: /^signet_policy_identities$/u },
  lease_held: { source: 'leaseHeld', metrics: /^signet_lease_held$/u },
  ready: { source: 'ready', metrics: /^signet_ready$/u },
  clock_skew: { source: 'clockSkew', metrics: /^signet_clock_skew_seconds$/u },
  process: {
    source: 'process',
    metrics: /^process_(resident_memory|heap_used)_bytes$|^process_(cpu_seconds_total|start_time_seconds)$/u,
  },
};

/** Counted, although their names look like what is looked up. */
const COUNTED = /^signet_(rotation_requests_total|bundle_propagation_seconds_.*)$/u;

/** Values by series, those of the sources themselves aside. */
function valuesIn(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

function nameOf(series: string): string {
  return series.replace(/\{.*$/u, '');
}

function successOf(source: string): string {
  return `signet_scrape_source_success{source="${source}"}`;
}

it.each(Object.entries(TOLD_BY))('of %s that throw, shows nothing, says so, and all else', async (label, told) => {
  const metrics = createMetrics(OPTIONS);
  const failures: unknown[] = [];
  const onProblem = (...failure: unknown[]): void => void failures.push(failure);
  metrics.observe(WELL, onProblem);
  const before = valuesIn(await metrics.scrape());
  const error = new Error('out of order');
  const broken = () => {
    throw error;
  };
  metrics.observe({ ...WELL, [told.source]: broken }, onProblem);
  const during = valuesIn(await metrics.scrape());

  const own = [...before.keys()].filter((series) => told.metrics.test(nameOf(series)) && !COUNTED.test(nameOf(series)));
  expect(own.length).toBeGreaterThan(0);
  expect([...during.keys()].filter((series) => own.includes(series))).toEqual([]);
  const others = [...before].filter(([series]) => !own.includes(series) && series !== successOf(label));
  expect([...during].filter(([series]) => series !== successOf(label))).toEqual(others);
  expect([before.get(successOf(label)), during.get(successOf(label))]).toEqual(['1', '0']);
  expect(failures).toEqual([[label, error]]);

  metrics.observe(WELL, onProblem);
  expect(valuesIn(await metrics.scrape())).toEqual(before);
});

it('shows nothing of a source that throws after it has told something', async () => {
  const metrics = createMetrics(OPTIONS);
  metrics.observe({
    ...WELL,
    *reflectors() {
      yield { resource: 'secrets', objects: 7, lastActivity: 1_000_000 };
      throw new Error('out of order');
    },
  });
  const values = valuesIn(await metrics.scrape());
  expect([...values.keys()].filter((series) => series.startsWith('signet_reflector_objects'))).toEqual([]);
  expect(values.get(successOf('reflectors'))).toBe('0');
});

it('says nothing of sources that a role does not have', async () => {
  const metrics = createMetrics(OPTIONS);
  metrics.observe({ ready: WELL.ready });
  const values = valuesIn(await metrics.scrape());
  const told = [...values.keys()].filter((series) => series.startsWith('signet_scrape_source_success'));
  expect(told).toEqual([successOf('ready'), successOf('counts')]);
});
