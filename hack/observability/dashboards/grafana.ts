// SPDX-License-Identifier: Apache-2.0
/**
 * From rows of panels to the JSON that Grafana loads: places, ids, units and the data source are the same everywhere.
 * @module
 */

export interface Query {
  readonly expr: string;
  /** How a series is called, with its labels between double braces. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What it tells, and what to do when it looks bad. */
  readonly help: string;
  readonly kind: 'stat' | 'timeseries' | 'table';
  /** As Grafana calls it. */
  readonly unit: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly queries: readonly Query[];
  /** From which value on it is yellow and red; falling ones are bad below them. */
  readonly thresholds?: { readonly warn: number; readonly bad: number };
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Stable: links and bookmarks name it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly refresh: string;
  readonly from: string;
  readonly rows: readonly Row[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
export const COLUMNS = 24;
/** In rows of the grid. */
export const HEIGHT: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8, table: 8 };
const REF_IDS = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
/** The version of the format, as of Grafana 10. */
const SCHEMA_VERSION = 39;

/** The dashboard as Grafana's JSON. */
export function grafanaDashboard({ uid, title, description, refresh, from, rows }: Dashboard): object {
  return {
    uid,
    title,
    description,
    tags: ['signet'],
    timezone: 'browser',
    editable: false,
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    refresh,
    time: { from, to: 'now' },
    links: [
      {
        type: 'dashboards',
        title: 'Signet',
        icon: 'external link',
        tooltip: '',
        tags: ['signet'],
        asDropdown: true,
        targetBlank: false,
        includeVars: true,
        keepTime: true,
      },
    ],
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 }],
    },
    annotations: { list: [] },
    panels: placed(rows),
  };
}

function placed(rows: readonly Row[]): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of inRow) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      const h = HEIGHT[panel.kind];
      panels.push({ id: panels.length + 1, ...grafanaPanel(panel), gridPos: { x, y, w: panel.width, h } });
      x += panel.width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels;
}

function grafanaPanel({ title, help, kind, unit, queries, thresholds }: Panel): object {
  const instant = kind !== 'timeseries';
  return {
    type: kind,
    title,
    description: help,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: REF_IDS[index],
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat: legend ?? '__auto',
      ...(instant ? { instant: true, range: false } : { instant: false, range: true }),
      ...(kind === 'table' ? { format: 'table' } : {}),
    })),
    fieldConfig: { defaults: { unit, ...colors(thresholds) }, overrides: [] },
    options: OPTIONS[kind],
  };
}

const OPTIONS: Readonly<Record<Panel['kind'], object>> = {
  stat: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none', textMode: 'auto' },
  timeseries: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  table: { showHeader: true },
};

function colors(thresholds: Panel['thresholds']): object {
  if (thresholds === undefined) return {};
  return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps: thresholdSteps(thresholds) } };
}

export interface ThresholdStep {
  readonly color: 'green' | 'yellow' | 'red';
  /** From here on; null: from the lowest. */
  readonly value: number | null;
}

export function thresholdSteps({ warn, bad }: NonNullable<Panel['thresholds']>): ThresholdStep[] {
  return bad >= warn
    ? [
        { color: 'green', value: null },
        { color: 'yellow', value: warn },
        { color: 'red', value: bad },
      ]
    : [
        { color: 'red', value: null },
        { color: 'yellow', value: bad },
        { color: 'green', value: warn },
      ];
}
