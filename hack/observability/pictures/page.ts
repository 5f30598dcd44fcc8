// SPDX-License-Identifier: Apache-2.0
/**
 * A dashboard as one page of HTML that needs nothing else: the same rows, panels, queries, units and thresholds as the
 * JSON for Grafana, drawn from what Prometheus answered.
 * @module
 */
import { COLUMNS, type Dashboard, HEIGHT, type Panel, type Query, thresholdSteps } from '../dashboards/grafana.ts';
import { chart, colorOf, type Line } from './chart.ts';
import { escaped } from './html.ts';
import { formatted } from './units.ts';

/** A series that a query gave. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: Line['points'];
}

/** What each query of a panel gave, in its order. */
export type Answers = (panel: Panel) => readonly (readonly Series[])[];

export interface Span {
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

/** Pixels. */
export const WIDTH = 1280;
const MARGIN = 12;
const GAP = 8;
const ROW_HEIGHT = 26;
/** Of one row of Grafana's grid. */
const UNIT_HEIGHT = 27;
const HEAD_HEIGHT = 46;
const MOST_LEGENDS = 7;
const GREEN = '#1a7f45';
const COLORS: Readonly<Record<string, string>> = { green: GREEN, yellow: '#b97d00', red: '#c9252d' };

export function dashboardPage({ title, description, rows }: Dashboard, answers: Answers, span: Span): string {
  const body = rows.map(
    (row) =>
      `<h2>${escaped(row.title)}</h2><div class="row">${row.panels.map((panel) => panelBox(panel, answers(panel), span)).join('')}</div>`,
  );
  const time = new Date(span.end * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style>
<header><b>${escaped(title)}</b> ${escaped(description)}<i>${Math.round((span.end - span.start) / 60)} minutes until ${time} UTC</i></header>
${body.join('\n')}</html>`;
}

/** Of the whole page. */
export function pageHeight({ rows }: Dashboard): number {
  const heights = rows.map(({ panels }) => ROW_HEIGHT + linesOf(panels).reduce((sum, line) => sum + line + GAP, 0));
  return HEAD_HEIGHT + heights.reduce((sum, height) => sum + height, 0) + MARGIN;
}

/** The height of each line of panels, as they are wrapped. */
function linesOf(panels: readonly Panel[]): number[] {
  const heights: number[] = [];
  let x = COLUMNS;
  for (const { width, kind } of panels) {
    if (x + width > COLUMNS) {
      heights.push(0);
      x = 0;
    }
    x += width;
    heights[heights.length - 1] = Math.max(heights.at(-1) ?? 0, HEIGHT[kind] * UNIT_HEIGHT);
  }
  return heights;
}

function panelBox(panel: Panel, answers: readonly (readonly Series[])[], span: Span): string {
  const width = Math.floor((panel.width / COLUMNS) * (WIDTH - 2 * MARGIN + GAP)) - GAP;
  const height = HEIGHT[panel.kind] * UNIT_HEIGHT;
  const all = panel.queries.flatMap((query, i) => named(query, answers[i] ?? []));
  const lines = panel.kind === 'timeseries' ? all.toSorted((a, b) => highestOf(b) - highestOf(a)) : all;
  return `<section style="width:${width}px;height:${height}px"><h3>${escaped(panel.title)}</h3>${CONTENT[panel.kind]({ panel, lines, width, height, span })}</section>`;
}

/** What there was much of comes first in the legend, and what never happened last. */
function highestOf({ points }: Line): number {
  return Math.max(0, ...points.map(([, value]) => value));
}

interface Drawing {
  readonly panel: Panel;
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly span: Span;
}

const CONTENT: Readonly<Record<Panel['kind'], (drawing: Drawing) => string>> = {
  stat: ({ panel, lines }) => {
    const values = lines.map(({ name, points }) => {
      const value = points.at(-1)?.[1] ?? Number.NaN;
      const label = lines.length > 1 ? `<small>${escaped(name)}</small>` : '';
      return `<span style="color:${colorFor(value, panel)}">${label}${escaped(formatted(value, panel.unit))}</span>`;
    });
    return `<div class="stat">${values.join('')}</div>`;
  },
  timeseries: ({ panel, lines, width, height, span }) => {
    const legends = lines
      .slice(0, MOST_LEGENDS)
      .map(({ name }, i) => `<em style="color:${colorOf(i)}">${escaped(name)}</em>`);
    if (lines.length > MOST_LEGENDS) legends.push(`<em>and ${lines.length - MOST_LEGENDS} more</em>`);
    const frame = { ...span, width: width - 12, height: height - 72, unit: panel.unit };
    return `${chart(lines, frame)}<div class="legend">${legends.join(' ')}</div>`;
  },
  table: ({ panel, lines }) => {
    const rows = lines.map(
      ({ name, points }) =>
        `<tr><td>${escaped(name)}<td>${escaped(formatted(points.at(-1)?.[1] ?? Number.NaN, panel.unit))}`,
    );
    return `<table>${rows.join('')}</table>`;
  },
};

function colorFor(value: number, { thresholds }: Panel): string {
  if (thresholds === undefined) return GREEN;
  const reached = thresholdSteps(thresholds).findLast((step) => step.value === null || value >= step.value);
  return COLORS[reached?.color ?? 'green'] ?? GREEN;
}

/** As Grafana names series: by the legend of the query, or by all their labels. */
function named({ legend }: Query, series: readonly Series[]): Line[] {
  return series.map(({ metric, points }) => {
    const { __name__: _, ...labels } = metric;
    const name = legend?.replaceAll(/\{\{(\w+)\}\}/gu, (_all, label: string) => labels[label] ?? '');
    return { name: name ?? Object.values(labels).join(' / '), points };
  });
}

const STYLE = `
*{box-sizing:border-box}
html{background:#fff}
body{margin:0;padding:0 ${MARGIN}px ${MARGIN}px;width:${WIDTH}px;background:#eef0f3;color:#23272e;font:13px/1.3 'DejaVu Sans',sans-serif}
header{height:${HEAD_HEIGHT}px;line-height:${HEAD_HEIGHT}px;white-space:nowrap;color:#555c66}
header b{font-size:17px;color:#23272e;margin-right:10px}
header i{float:right;font-style:normal}
h2{height:${ROW_HEIGHT}px;line-height:${ROW_HEIGHT}px;margin:0;font-size:14px}
h3{margin:0 0 4px;font-size:13px;font-weight:bold;white-space:nowrap;overflow:hidden}
.row{display:flex;flex-wrap:wrap;column-gap:${GAP}px}
section{background:#fff;border:1px solid #d5d9df;padding:5px;margin-bottom:${GAP}px;overflow:hidden}
.stat{display:flex;justify-content:space-evenly;align-items:center;height:70px}
.stat span{font-size:30px;font-weight:bold;text-align:center}
.stat small{display:block;font-size:13px;font-weight:normal;color:#555c66}
.grid{stroke:#e3e6ea;fill:none}
.line{fill:none;stroke-width:1.6}
text{font-size:11px;fill:#555c66}
.y{text-anchor:end;dominant-baseline:middle}
.x{text-anchor:middle}
.legend{font-size:11px;height:30px;overflow:hidden;line-height:15px}
.legend em{display:inline-block;font-style:normal;margin-right:6px}
.legend em::before{content:'\\25ac';margin-right:3px}
table{width:100%;border-collapse:collapse;font-size:12px}
td{padding:1px 4px;border-bottom:1px solid #eef0f3}
td:last-child{text-align:right}
`;
