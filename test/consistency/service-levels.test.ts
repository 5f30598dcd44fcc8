// SPDX-License-Identifier: Apache-2.0
/**
 * The table of service levels in docs/observability.md names metrics, alerts and panels that are there, and no page
 * speaks of a metric or an alert that is not.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../hack/observability/dashboards/dashboards.ts';
import { alertsOf, ruleGroups } from '../../hack/observability/rules/rules.ts';
import { METRICS } from '../../src/observability/metric-catalog.ts';
import { ROOT, readPages } from '../support/docs/pages.ts';

const DOCS = path.join(ROOT, 'docs');
const GROUPS = ruleGroups();
const ALERTS = new Set(alertsOf(GROUPS).map(({ alert }) => alert));
const NAMES = new Set<string>(Object.values(METRICS).map(({ name }) => name));
const RECORDED = new Set(
  GROUPS.flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? [rule.record] : []))),
);

const PANELS: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries(DASHBOARDS).map(([name, { rows }]) => [
    name,
    new Set(rows.flatMap(({ panels }) => panels.map(({ title }) => title))),
  ]),
);

const [, TABLE = ''] =
  /\| level \| target .*\n\|[-|]+\n((?:\|.*\n)+)/u.exec(readFileSync(path.join(DOCS, 'observability.md'), 'utf8')) ??
  [];
const ROWS = TABLE.trim()
  .split('\n')
  .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/gu, '')));

it('has a row for each level', () => expect(ROWS.length).toBeGreaterThanOrEqual(14));

describe.each(ROWS)('%s', (...cells) => {
  const [, target = '', metrics = '', alerts = '', panels = ''] = cells;

  it('has a target and says what it is read from', () => {
    expect(cells).toHaveLength(5);
    expect(target).not.toBe('');
    const named = [...metrics.matchAll(/`(signet_\w+)/gu)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !NAMES.has(name))).toEqual([]);
  });

  it('wakes somebody, or tells somebody', () => {
    const named = [...alerts.matchAll(/`(\w+)`/gu)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !ALERTS.has(name))).toEqual([]);
  });

  it('is seen', () => {
    const named = panels
      .split('; ')
      .flatMap((part) =>
        [...part.matchAll(/\*([^*]+)\*/gu)].map(([, title = '']) => [part.split(':')[0] ?? '', title]),
      );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([dashboard = '', title = '']) => PANELS[dashboard]?.has(title) !== true)).toEqual([]);
  });
});

it.each([...readPages().keys()])('%s speaks of metrics and alerts that are there', (page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const metrics = [...text.matchAll(/\bsignet_[a-z_]*[a-z]/gu)].map(([name]) => name);
  expect(metrics.filter((name) => !NAMES.has(name.replace(/_(bucket|sum|count)$/u, '')) && !NAMES.has(name))).toEqual(
    [],
  );
  const recorded = [...text.matchAll(/\bsignet:\w+:\w+/gu)].map(([name]) => name);
  expect(recorded.filter((name) => !RECORDED.has(name))).toEqual([]);
  const alerts = [...text.matchAll(/\bSignet[A-Z]\w+/gu)].map(([name]) => name);
  expect(alerts.filter((name) => !ALERTS.has(name))).toEqual([]);
});
