// SPDX-License-Identifier: Apache-2.0
/**
 * The Prometheus objects behind the catalog, in a registry of their own: nothing is global.
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricKey, type MetricKeyOf } from './metric-catalog.ts';

export interface MetricRegistry {
  readonly registry: Registry;
  readonly counters: Readonly<Record<MetricKeyOf<'counter'>, Counter>>;
  readonly gauges: Readonly<Record<MetricKeyOf<'gauge'>, Gauge>>;
  readonly histograms: Readonly<Record<MetricKeyOf<'histogram'>, Histogram>>;
}

export function createMetricRegistry(): MetricRegistry {
  const registry = new Registry();
  const counters: Partial<Record<MetricKey, Counter>> = {};
  const gauges: Partial<Record<MetricKey, Gauge>> = {};
  const histograms: Partial<Record<MetricKey, Histogram>> = {};
  for (const key of Object.keys(METRICS) as MetricKey[]) {
    const metric = METRICS[key];
    const common = { name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
    switch (metric.type) {
      case 'counter':
        counters[key] = new Counter(common);
        break;
      case 'gauge':
        gauges[key] = new Gauge(common);
        break;
      case 'histogram':
        histograms[key] = new Histogram({ ...common, buckets: [...metric.buckets] });
        break;
      default:
        metric satisfies never;
    }
  }
  return { registry, counters, gauges, histograms } as MetricRegistry;
}
