// SPDX-License-Identifier: Apache-2.0
/**
 * Alerts, runbooks and dashboards speak of what there is: every alert has its page and every page its alert, and every
 * metric in an expression stands in the catalog with the labels that are asked of it.
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../hack/observability/dashboards/dashboards.ts';
import { grafanaDashboard } from '../../hack/observability/dashboards/grafana.ts';
import { runbookOf } from '../../hack/observability/rules/rule.ts';
import { alertsOf, ruleGroups } from '../../hack/observability/rules/rules.ts';
import { METRICS } from '../../src/observability/metric-catalog.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');
const RUNBOOKS = path.join(DOCS, 'runbooks');
const ALERTS = alertsOf(ruleGroups());
const RULES = ruleGroups().flatMap(({ rules }) => rules);
const RECORDED = new Set(RULES.flatMap((rule) => ('record' in rule ? [rule.record] : [])));
const SECTIONS = ['## Look here first', '## Fix', '## Prevention'];

function runbook(name: string): string {
  return readFileSync(path.join(RUNBOOKS, `${name}.md`), 'utf8');
}

describe.each(ALERTS)('$alert', ({ alert, expr, summary }) => {
  it('has a runbook that says what it means, whom it hurts, where to look and what to do', () => {
    const page = runbook(runbookOf(alert));
    expect(page.split('\n')[0]).toBe(`# ${alert}`);
    expect(page).toMatch(/^\*\*Meaning\.\*\* .{20}/mu);
    expect(page).toMatch(/^\*\*Impact\.\*\* .{4}/mu);
    expect(page.match(/^## .+$/gmu)).toEqual(SECTIONS);
    const [, commands = ''] = /## Look here first\n\n```sh\n([^`]+)```/u.exec(page) ?? [];
    expect(commands.trim().split('\n').length).toBeGreaterThan(0);
  });

  it('has every label that its summary names', () => {
    const named = [...summary.matchAll(/\$labels\.(\w+)/gu)].map(([, label = '']) => label);
    const kept = new RegExp(
      `by \\([^)]*\\b(?:${named.join('|')})\\b[^)]*\\)|label_replace\\([^"]*"(?:${named.join('|')})"`,
      'u',
    );
    if (named.length > 0) for (const part of expr.split(' or (')) expect(part).toMatch(kept);
  });

  it('has a summary of one line', () => expect(summary).toMatch(/^[^\n]{10,140}[^.]$/u));
});

it('has no two alerts of one name and severity, and no runbook of an alert that is not there', () => {
  const kinds = ALERTS.map(({ alert, severity }) => `${alert} ${severity}`);
  expect(new Set(kinds).size).toBe(kinds.length);
  const names = [...new Set(ALERTS.map(({ alert }) => alert))];
  const pages = readdirSync(RUNBOOKS).map(
    (file) => readFileSync(path.join(RUNBOOKS, file), 'utf8').split('\n')[0] ?? '',
  );
  const told = pages.filter((title) => title.startsWith('# Signet')).map((title) => title.slice(2));
  expect(told.toSorted()).toEqual(names.toSorted());
});

/** Labels that Prometheus or our scrapes add to every series. */
const EVERYWHERE = ['instance', 'pod', 'le'];
/** What the API server counts of ours. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  apiserver_validating_admission_policy_check_total: ['policy', 'policy_binding', 'enforcement_action', 'error_type'],
};

/** Names of metrics in an expression, with the labels that are matched or grouped by. */
function problemsOf(expr: string): string[] {
  const known = new Map([
    ...Object.entries(FOREIGN),
    ...Object.values(METRICS).map(({ name, labels }) => [name as string, labels as readonly string[]] as const),
  ]);
  const problems: string[] = [];
  const present = new Set(EVERYWHERE);
  for (const [, name = '', , matchers = ''] of expr.matchAll(
    /\b((?:signet|process|apiserver)[_:][\w:]+)(\{([^}]*)\})?/gu,
  )) {
    if (RECORDED.has(name)) continue;
    const labels = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/u, ''));
    if (labels === undefined) problems.push(`${name} is no metric`);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=|!=|=~|!~)\s*"/gu)) {
      if (labels?.includes(label) === false) problems.push(`${name} has no label ${label}`);
    }
    for (const label of labels ?? []) present.add(label);
  }
  return [
    ...problems,
    ...groupingsOf(expr)
      .filter((label) => !present.has(label))
      .map((label) => `nothing in ${expr} has a label ${label}`),
  ];
}

/** Labels that an expression groups or joins by. */
function groupingsOf(expr: string): string[] {
  const lists = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/gu)].flatMap(([, labels = '']) => labels.split(', '));
  return lists.filter((label) => label !== '');
}

it.each(RULES.map((rule) => ['record' in rule ? rule.record : rule.alert, rule.expr]))(
  '%s asks for what there is',
  (_, expr) => {
    expect(problemsOf(expr)).toEqual([]);
  },
);

it.each(Object.keys(DASHBOARDS))('shows a picture of the dashboard %s, small enough for a page', (name) => {
  const picture = `images/dashboard-${name}.png`;
  expect(readFileSync(path.join(DOCS, 'observability.md'), 'utf8')).toContain(`](${picture})`);
  expect(statSync(path.join(DOCS, picture)).size).toBeLessThan(200_000);
});

interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

/** Labels of a legend that the expression groups away; one that groups by nothing keeps them all. */
function missingIn(expr: string, legend: string): string[] {
  const kept = [...expr.matchAll(/\bby \(([^)]*)\)/gu)].flatMap(([, labels = '']) => labels.split(', '));
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/gu)].map(([, label = '']) => label);
  return kept.length === 0 ? [] : named.filter((label) => !kept.includes(label));
}

describe.each(Object.entries(DASHBOARDS))('dashboard %s', (name, dashboard) => {
  const { panels, uid } = grafanaDashboard(dashboard) as { panels: GrafanaPanel[]; uid: string };

  it('is called as its file', () => expect(uid).toBe(`signet-${name}`));

  it('asks for what there is, and says what to make of it', () => {
    for (const { type, title, description, targets = [] } of panels) {
      if (type === 'row') continue;
      expect([title, targets.flatMap(({ expr }) => problemsOf(expr))]).toEqual([title, []]);
      expect([title, description]).toEqual([title, expect.stringMatching(/\.$/u)]);
      for (const { expr, legendFormat } of targets) expect([title, missingIn(expr, legendFormat)]).toEqual([title, []]);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('has panels beside each other, never over each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, x < 24, taken.has(`${x} ${y}`)]).toEqual([title, true, false]);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

it('names runbooks that are there in the dashboards', () => {
  const text = JSON.stringify(DASHBOARDS);
  for (const [, names = ''] of text.matchAll(/Runbooks?: ([a-z, -]+)\./gu)) {
    for (const name of names.split(', '))
      expect([name, existsSync(path.join(RUNBOOKS, `${name}.md`))]).toEqual([name, true]);
  }
});
