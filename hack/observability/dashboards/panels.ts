// SPDX-License-Identifier: Apache-2.0
/** @module The kinds of panels and queries that every dashboard has, with what is the same in all of them. */
import { bySigner } from '../rules/causes.ts';
import type { Panel, Query } from './grafana.ts';

/** A number, or a few side by side. */
type Stat = Pick<Panel, 'title' | 'help' | 'thresholds'> &
  ({ readonly expr: string } | { readonly queries: readonly Query[] });

/** Numbers of one width; `unit` as Grafana calls it. */
export function stats(width: number): (unit: string, stat: Stat) => Panel {
  return (unit, { title, help, thresholds, ...asked }) => ({
    title,
    help,
    kind: 'stat',
    unit,
    width,
    queries: 'expr' in asked ? [{ expr: asked.expr }] : asked.queries,
    ...(thresholds === undefined ? {} : { thresholds }),
  });
}

/** Graphs of one width. */
export function graphs(
  width: number,
): (title: string, help: string, unit: string, ...queries: readonly Query[]) => Panel {
  return (title, help, unit, ...queries) => ({ title, help, kind: 'timeseries', unit, width, queries });
}

/** A line for each combination of labels, called by their values. */
export function perSecond(counter: string, ...labels: readonly string[]): Query {
  return { expr: `sum by (${labels.join(', ')}) (rate(${counter}[$__rate_interval]))`, legend: legendOf(labels) };
}

/** The same for a gauge that every replica shows. */
export function highest(gauge: string, ...labels: readonly string[]): Query {
  return { expr: `max by (${labels.join(', ')}) (${gauge})`, legend: legendOf(labels) };
}

/** The same for what replicas read off their caches, as the signer has it. */
export function held(gauge: string, ...labels: readonly string[]): Query {
  return highest(bySigner(gauge), ...labels);
}

export function quantile(share: number, histogram: string, label: string): Query {
  return { expr: quantileOf(share, histogram, `le, ${label}`), legend: legendOf([label]) };
}

/** The middle, and how bad it gets. */
export function quantiles(histogram: string): Query[] {
  return [0.5, 0.95, 0.99].map((share) => ({ expr: quantileOf(share, histogram, 'le'), legend: `p${share * 100}` }));
}

/** Of everything since the controllers started: for what happens too rarely to have a rate. */
export function quantileEver(share: number, histogram: string, ...labels: readonly string[]): Query {
  const by = ['le', ...labels].join(', ');
  return { expr: `histogram_quantile(${share}, sum by (${by}) (${histogram}_bucket))`, legend: legendOf(labels) };
}

function quantileOf(share: number, histogram: string, by: string): string {
  return `histogram_quantile(${share}, sum by (${by}) (rate(${histogram}_bucket[$__rate_interval])))`;
}

function legendOf(labels: readonly string[]): string {
  return labels.map((label) => `{{${label}}}`).join(' ');
}
