// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/metrics.md says what the catalog says, the process exposes exactly the catalog, and the names are those
 * that Prometheus asks for (https://prometheus.io/docs/practices/naming/).
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUTHORITY_KINDS, AUTHORITY_STATES, ROTATION_ACTIONS, ROTATION_STEPS } from '../../src/api/trust-domain.ts';
import { CERTIFICATE_CONTROLLER } from '../../src/app/webhook-app.ts';
import { OUTCOMES } from '../../src/controller/controller.ts';
import { ISSUE_REASONS } from '../../src/identity/checks.ts';
import { METRICS } from '../../src/observability/metric-catalog.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { SOURCE_NAMES } from '../../src/observability/source-readers.ts';
import { PROBER_RESULTS } from '../../src/prober/prober.ts';
import { PROBE_RESULTS } from '../../src/reconcilers/webhook-upkeep/probe.ts';
import { controllerLabels } from '../../src/signals/controller-labels.ts';
import { NO_LABELS } from '../support/metric-options.ts';

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
  const text = await createMetrics(NO_LABELS).scrape();
  const exposed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(exposed.toSorted()).toEqual(ALL.map(({ name, type }) => `${name} ${type}`).toSorted());
});

const OBSERVABILITY = new URL('../../src/observability/', import.meta.url);
const WRITERS = readdirSync(OBSERVABILITY)
  .filter((file) => !file.endsWith('-catalog.ts'))
  .map((file) => readFileSync(new URL(file, OBSERVABILITY), 'utf8'))
  .join('\n');

it.each(Object.keys(METRICS))('%s is written by the code', (key) => {
  expect(WRITERS).toMatch(new RegExp(`\\b(counters|gauges|histograms)\\.${key}\\b`, 'u'));
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

const { controllers: CONTROLLERS } = controllerLabels({ webhook: true, prober: true });

/** What is between backticks in the sentence that begins so, without the label itself. */
function listed(beginning: string): string[] {
  const from = PAGE.indexOf(beginning);
  const [sentence = ''] = /^(?:`[^`]*`|[^.`])*\./u.exec(PAGE.slice(Math.max(0, from) + beginning.length)) ?? [];
  return [...sentence.matchAll(/`(\w[\w-]*)`/gu)].map(([, name = '']) => name);
}

it.each<[string, string, readonly string[]]>([
  ['reasons', '`reason` of an issuance is', ISSUE_REASONS],
  [
    'kinds and states of authorities',
    '`trust_domain` is the name of the TrustDomain object, `kind` is',
    [...AUTHORITY_KINDS, 'state', ...AUTHORITY_STATES, 'authority'],
  ],
  ['steps', 'explains:', ROTATION_STEPS],
  ['actions', '`action` is', ROTATION_ACTIONS],
  ['controllers', '`controller` is', [...CONTROLLERS, CERTIFICATE_CONTROLLER]],
  ['results of runs', '`result` is', OUTCOMES],
  ['results of probes', 'of a probe is', PROBE_RESULTS],
  ['sources', '`source` is', SOURCE_NAMES],
])('lists the %s that there are', (_, beginning, values) => {
  expect(listed(beginning)).toEqual(values);
});

it('lists the results of handshakes that there are', () => {
  for (const result of PROBER_RESULTS) expect(METRICS.handshakes.help).toMatch(new RegExp(`\\b${result}\\b`, 'u'));
});
