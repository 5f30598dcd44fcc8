// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Dashboard, Panel } from '../../../../../hack/observability/dashboards/grafana.ts';
import { roundTicks } from '../../../../../hack/observability/pictures/chart.ts';
import { dashboardPage, pageHeight, type Series } from '../../../../../hack/observability/pictures/page.ts';
import { formatted } from '../../../../../hack/observability/pictures/units.ts';

const SPAN = { start: 1_700_000_000, end: 1_700_000_120 };

function aDashboard(...panels: readonly Panel[]): Dashboard {
  return {
    uid: 'u',
    title: 'Signet / Test',
    description: '',
    refresh: '5m',
    from: 'now-1h',
    rows: [{ title: 'Row', panels }],
  };
}

const STAT: Panel = {
  title: 'Least <lifetime> left',
  help: '',
  kind: 'stat',
  unit: 'percentunit',
  width: 12,
  queries: [{ expr: 'ratio' }],
  thresholds: { warn: 0.35, bad: 0.3 },
};

function page(panel: Panel, series: readonly Series[]): string {
  return dashboardPage(aDashboard(panel), () => [series], SPAN);
}

describe('a number', () => {
  it.each([
    [0.5, '50 %', '#1a7f45'],
    [0.32, '32 %', '#b97d00'],
    [0.1, '10 %', '#c9252d'],
  ])('%d is shown as %s, in the color of its threshold', (value, text, color) => {
    const html = page(STAT, [{ metric: {}, points: [[SPAN.end, value]] }]);
    expect(html).toContain(`style="color:${color}">${text}<`);
    expect(html).toContain('Least &lt;lifetime&gt; left');
  });
});

describe('a graph', () => {
  const panel: Panel = { ...STAT, kind: 'timeseries', queries: [{ expr: 'x', legend: '{{kind}} {{state}}' }] };

  it('draws a line for each series, called as the query says, and none where nothing was measured', () => {
    const points = [0, 2, 4, 60, 62].map((after) => [SPAN.start + after, after] as const);
    const html = page(panel, [{ metric: { kind: 'Root', state: 'Active' }, points }]);
    expect(html).toContain('>Root Active<');
    const [, line = ''] = /class="line"[^>]* d="([^"]+)"/u.exec(html) ?? [];
    expect(line.match(/M/gu)).toHaveLength(2);
    expect(line.match(/L/gu)).toHaveLength(3);
  });
});

it('is as high as the rows of its panels, wrapped', () => {
  const one = pageHeight(aDashboard(STAT, STAT));
  expect(pageHeight(aDashboard(STAT, STAT, STAT))).toBeGreaterThan(one);
  expect(pageHeight(aDashboard(STAT))).toBe(one);
});

it.each([
  [0, 0.9, [0, 0.5, 1]],
  [0, 40, [0, 10, 20, 30, 40]],
  [-3, 7, [-5, 0, 5, 10]],
  [0, 0, [0, 0.5]],
])('has even steps from %d to %d', (low, high, ticks) => expect(roundTicks(low, high)).toEqual(ticks));

it.each([
  [0.0123, 's', '12.3 ms'],
  [5400, 's', '1.5 h'],
  [3 * 1024 ** 2, 'bytes', '3 MiB'],
  [0.25, 'reqps', '0.25/s'],
  [1, 'bool_yes_no', 'Yes'],
  [1_795_377_000_000, 'none', '1.8T'],
  [Number.NaN, 's', '–'],
])('%d %s is written %s', (value, unit, text) => expect(formatted(value, unit)).toBe(text));
