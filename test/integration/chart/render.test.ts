// SPDX-License-Identifier: Apache-2.0
/**
 * The chart over many values: it lints, renders the same twice, is accepted by the API server, and refuses what it does
 * not know.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { CHART, type Helm, helmProgram, runHelm } from '../../../hack/chart/helm.ts';
import { renderedManifests } from '../../../hack/chart/manifests.ts';
import { createProgress } from '../../../hack/progress.ts';
import { parseCommand } from '../../../src/config/parse.ts';
import { apply, tryKubectl } from '../../support/control-plane.ts';
import { monitoring } from '../../support/prometheus-operator.ts';
import { deploymentsOf, objectsOf, type Rendered, renderChart, withTrustDomain } from './rendered.ts';
import { MATRIX, REFUSED } from './values.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const NAMESPACE = 'signet-system';
const RESTRICTED = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
};

const NODE_NETWORK = /would violate PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\)$/u;

let helm: Helm;
const renders = new Map<object, Promise<string>>();
const applied = new Map<string, Promise<void>>();
/** Objects to the letter: a dry run stores nothing, so what is accepted once is accepted again. */
const accepted = new Map<string, Promise<void>>();

beforeAll(async () => {
  helm = await helmProgram(createProgress());
  const namespaces = [NAMESPACE, 'shop', 'web'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, ...(name === NAMESPACE ? { labels: RESTRICTED } : {}) },
  }));
  await apply(...namespaces, monitoring('ServiceMonitor'), monitoring('PodMonitor'), monitoring('PrometheusRule'));
});

function render(values: Readonly<Record<string, unknown>>): Promise<string> {
  return renderChart(helm, NAMESPACE, values);
}

function once<K, V>(made: Map<K, V>, key: K, make: () => V): V {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}

/** As `render`, once for the same values. */
function renderOnce(values: Readonly<Record<string, unknown>>): Promise<string> {
  return once(renders, values, () => render(values));
}

/** Most values come to the same accounts. */
function applyOnce(objects: readonly object[]): Promise<void> {
  return once(applied, JSON.stringify(objects), () => apply(...objects));
}

/** One after the other they mostly wait for the API server. Nothing is stored but accounts. */
it.concurrent.each(Object.entries(MATRIX))('installs with %s', async (_, values) => {
  await runHelm(helm, ['lint', '--strict', CHART, `--namespace=${NAMESPACE}`, '--values=-'], withTrustDomain(values));
  const first = await renderOnce(values);
  expect(await render(values)).toBe(first);
  await applyOnce(objectsOf(first).filter(({ kind }) => kind === 'ServiceAccount'));
  const objects = first.split(/^---$/mu).filter((text) => /^kind: /mu.test(text));
  const asked = accept(objects.filter((text) => !accepted.has(text)));
  await Promise.all([asked, ...objects.map((text) => accepted.get(text))]);
});

/** Asks the API server for these in a dry run; whoever has one of them as well waits for this answer. */
function accept(objects: readonly string[]): Promise<void> {
  const answer = objects.length === 0 ? Promise.resolve() : dryRun(objects.join('---'));
  for (const text of objects) accepted.set(text, answer);
  return answer;
}

async function dryRun(objects: string): Promise<void> {
  const flags = ['--server-side', '--dry-run=server', '--force-conflicts', '--field-manager=helm'];
  const { code, stderr } = await tryKubectl(['apply', ...flags, '-f', '-'], objects);
  // A warning of the restricted standard would be here, too. Only the network of a node breaks it.
  const warnings = stderr.split('\n').filter((line) => !NODE_NETWORK.test(line));
  expect({ code, stderr: warnings.join('\n') }).toEqual({ code: 0, stderr: '' });
}

it.concurrent.each(Object.entries(REFUSED))('refuses %s and says which value is wrong', async (_, { values, says }) => {
  const args = ['template', 'signet', CHART, `--namespace=${NAMESPACE}`, '--values=-'];
  const { code, stderr } = await helm(args, withTrustDomain(values));
  expect(code).not.toBe(0);
  expect(stderr).toMatch(says);
});

it.concurrent.each(Object.entries(MATRIX))(
  'gives the program arguments that it understands, with %s',
  async (_, values) => {
    const deployments = deploymentsOf(objectsOf(await renderOnce(values)));
    expect(deployments.length).toBeGreaterThan(0);
    for (const { spec } of deployments) {
      for (const { name, args } of spec.template.spec.containers) {
        const env = { POD_NAME: 'signet-0', POD_NAMESPACE: NAMESPACE };
        expect(parseCommand({ argv: args, env, readFile: () => '' })).toMatchObject({ kind: name });
      }
    }
  },
);

it('gives V8 half of the memory limit', async () => {
  expect(await render({})).toContain('--max-old-space-size=256');
  expect(await render(MATRIX['more memory'] ?? {})).toContain('--max-old-space-size=1024');
});

it('starts without the Secret that holds headers for a collector', async () => {
  const rendered = await render(MATRIX['traced with a token, out of a closed network'] ?? {});
  const references = deploymentsOf(objectsOf(rendered))
    .flatMap(({ spec }) => spec.template.spec.containers)
    .flatMap(({ env = [] }) => env.filter(({ name }) => name === 'OTEL_EXPORTER_OTLP_HEADERS'));
  const secretKeyRef = { name: 'collector-headers', key: 'headers', optional: true };
  expect(references.map(({ valueFrom }) => valueFrom)).toEqual([{ secretKeyRef }, { secretKeyRef }]);
});

it('mounts what it is told to, for both roles', async () => {
  const rendered = await render(MATRIX['traced by a collector with a root of its own'] ?? {});
  const pods = deploymentsOf(objectsOf(rendered)).map(({ spec }) => spec.template.spec);
  expect(pods).toHaveLength(2);
  for (const { volumes = [], containers } of pods) {
    expect(volumes).toEqual([{ name: 'collector-root', configMap: { name: 'collector-root' } }]);
    expect(containers.map(({ volumeMounts = [] }) => volumeMounts)).toEqual([
      [{ name: 'collector-root', mountPath: '/etc/collector', readOnly: true }],
    ]);
  }
});

it('asks no webhook about its own namespace and that of the system, and only about pods that opted in', async () => {
  for (const values of [{}, MATRIX['a webhook in some namespaces'] ?? {}]) {
    const configurations = objectsOf(await render(values)).filter(
      (object) => object.kind === 'ValidatingWebhookConfiguration',
    ) as WebhookConfiguration[];
    const entries = configurations.flatMap(({ webhooks }) => webhooks);
    expect(entries.map(({ name }) => name)).toEqual([
      'serviceidentities.signet.dev',
      'trustdomains.signet.dev',
      'identitypolicies.signet.dev',
      'pods.signet.dev',
      'templates.signet.dev',
    ]);
    for (const { name, namespaceSelector, clientConfig } of entries) {
      // It belongs to the controller; whoever applies the chart again must not take it away.
      expect(clientConfig).not.toHaveProperty('caBundle');
      if (name === 'trustdomains.signet.dev' || name === 'identitypolicies.signet.dev') continue;
      const expressions = namespaceSelector?.matchExpressions ?? [];
      expect(expressions).toContainEqual({
        key: 'kubernetes.io/metadata.name',
        operator: 'NotIn',
        values: ['kube-system', NAMESPACE],
      });
      const optedIn = expressions.some(({ key }) => key === 'signet.dev/enforce');
      expect(optedIn).toBe(name !== 'serviceidentities.signet.dev');
    }
  }
});

it('installs the alerts but for those that are left out, with the labels and runbooks of the operator', async () => {
  const rendered = await render(MATRIX['alerts and dashboards'] ?? {});
  expect(rendered).toContain('alert: SignetNoSigner');
  expect(rendered).not.toContain('alert: SignetNoWarmStandby');
  expect(rendered).toContain('runbook_url: https://runbooks.example.com/signet/no-signer.md');
  expect(rendered.match(/^ +team: platform$/gmu)?.length).toBe(rendered.match(/^ +- alert: /gmu)?.length);
  const dashboards = objectsOf(rendered).filter(({ metadata }) => metadata.name?.includes('-dashboard-'));
  expect(dashboards.map(({ kind }) => kind)).toEqual(['ConfigMap', 'ConfigMap', 'ConfigMap']);
  for (const { data = {} } of dashboards) for (const text of Object.values(data)) JSON.parse(text);
});

it('waits for no standby where there is to be none', async () => {
  for (const replicas of [0, 1, 2]) {
    const alerts = (await render({ prometheusRule: { enabled: true }, controller: { replicas } })).match(
      /alert: \w+/gu,
    );
    expect(alerts?.includes('alert: SignetNoWarmStandby')).toBe(replicas > 1);
    expect(alerts).toContain('alert: SignetNoSigner');
  }
});

it('counts the refusals of its own guards, whatever the release is called', async () => {
  const rendered = await render({
    fullnameOverride: 'identities',
    prometheusRule: { enabled: true },
    dashboards: { enabled: true },
  });
  const asked = new Set([...rendered.matchAll(/policy[=!]~\\?"([^"\\]+)/gu)].map(([, policies = '']) => policies));
  expect([...asked].toSorted()).toEqual(['identities-.*', 'identities-.+', 'identities-controller-.+']);
  const guards = objectsOf(rendered).filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  expect(guards.length).toBeGreaterThan(0);
  for (const { metadata } of guards) expect(metadata.name).toMatch(/^identities-/u);
});

it('keeps the CRDs when the release goes', async () => {
  const crds = objectsOf(await render({})).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(crds.length).toBeGreaterThan(1);
  for (const { metadata } of crds) expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
});

it('is what the demo, the tests and the benchmarks run the controller with', async () => {
  for (const file of await renderedManifests(helm)) {
    expect(await readFile(path.join(ROOT, file.path), 'utf8')).toBe(file.text);
  }
});

interface WebhookConfiguration extends Rendered {
  readonly webhooks: readonly {
    readonly name: string;
    readonly namespaceSelector?: { readonly matchExpressions: readonly { readonly key: string }[] };
    readonly clientConfig: object;
  }[];
}
