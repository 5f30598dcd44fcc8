// SPDX-License-Identifier: Apache-2.0
/**
 * The chart as Helm renders it with some values, and the objects in that.
 * @module
 */
import { parseAllDocuments } from 'yaml';
import { CHART, type Helm, runHelm } from '../../../hack/chart/helm.ts';

export interface Rendered {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
}

export interface Deployment extends Rendered {
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: PodSpec } };
}

interface PodSpec {
  readonly volumes?: readonly object[];
  readonly containers: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly volumeMounts?: readonly object[];
  readonly env?: readonly { readonly name: string; readonly valueFrom?: unknown }[];
}

/** With a trust domain and an image, which have no default, as Helm reads values. */
export function withTrustDomain(values: Readonly<Record<string, unknown>>): string {
  const image = { repository: 'localhost/signet', ...(values['image'] as object | undefined) };
  return JSON.stringify({ trustDomain: 'example.org', ...values, image });
}

export function renderChart(helm: Helm, namespace: string, values: Readonly<Record<string, unknown>>): Promise<string> {
  const args = ['template', 'signet', CHART, `--namespace=${namespace}`, '--values=-'];
  return runHelm(helm, args, withTrustDomain(values));
}

/** Pods, of `helm test` for one, are only let in where their account exists. */
export function objectsOf(rendered: string): Rendered[] {
  return parseAllDocuments(rendered).map((document) => document.toJS() as Rendered);
}

export function deploymentsOf(objects: readonly Rendered[]): Deployment[] {
  return objects.filter(({ kind }) => kind === 'Deployment') as Deployment[];
}
