// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/metrics.md says what the catalog says, the process exposes exactly the catalog, and the names are those
 * that Prometheus asks for (https://prometheus.io/docs/practices/naming/).
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/observability/metric-catalog.ts';
import { createMetrics } from '../../src/observability/metrics.ts';

const PAGE = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
const ALL = Object.values(METRICS);

const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it('documents every metric once and invents none', () => {
  expect(ROWS.map(([name = '']) => name).toSorted()).toEqual(ALL.map(({ name }) => `\`${name}\``).toSorted());
});

it('exposes exactly the catalog', async () => {
  const none = {
    controllers: [],
    issuanceReasons: [],
    identityStates: [],
    trustDomainStates: [],
    rotationActions: [],
    reflectors: [],
  };
  const text = await createMetrics({ version: '0', ...none }).scrape();
  const exposed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(exposed.toSorted()).toEqual(ALL.map(({ name, type }) => `${name} ${type}`).toSorted());
});

describe.each(ALL)('$name', (metric) => {
  it('is documented as it is', () => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ') || 'none';
    const row = ROWS.find(([name]) => name === `\`${metric.name}\``);
    expect(row).toEqual([`\`${metric.name}\``, metric.type, labels, metric.help]);
  });

  it('has a name by the rules', () => {
    expect(metric.name).toMatch(/^(signet|process)_[a-z]+(_[a-z]+)*$/);
    expect(metric.name.endsWith('_total')).toBe(metric.type === 'counter');
    expect(metric.name).not.toMatch(/_(milliseconds|ms|minutes|kb|count|sum|bucket)(_|$)/);
    if (metric.type === 'histogram') {
      expect(metric.name).toMatch(/_seconds$/);
    }
  });

  it('has labels and help by the rules', () => {
    for (const label of metric.labels) {
      expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
      // Prometheus and its exposition format use these themselves.
      expect(['le', 'quantile', 'job', 'instance']).not.toContain(label);
    }
    expect(metric.help).toMatch(/^[A-Z1].*[^.]$/);
  });

  it('has buckets in ascending order', () => {
    const buckets: readonly number[] = 'buckets' in metric ? metric.buckets : [];
    expect(buckets).toEqual([...new Set(buckets)].toSorted((a, b) => a - b));
  });
});
