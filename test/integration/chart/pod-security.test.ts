// SPDX-License-Identifier: Apache-2.0
/**
 * Every pod that the chart renders, asked of the API server in a namespace that enforces the restricted Pod Security
 * Standard. Deployments are judged by no admission of this kind; their pods are.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, type Helm, helmProgram } from '../../../hack/chart/helm.ts';
import { createProgress } from '../../../hack/progress.ts';
import { apply, createNamespace, kubectl, tryKubectl } from '../../support/control-plane.ts';
import { deploymentsOf, objectsOf, type Rendered, renderChart } from './rendered.ts';
import { MATRIX } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

const RUNTIME_CLASS = {
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'gvisor' },
  handler: 'runsc',
};

let helm: Helm;
let namespace: string;

beforeAll(async () => {
  helm = await helmProgram(createProgress());
  namespace = await createNamespace('restricted', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  const accounts = new Map<string | undefined, Rendered>();
  for (const values of Object.values(MATRIX)) {
    const rendered = await objects(values);
    for (const each of rendered) if (each.kind === 'ServiceAccount') accounts.set(each.metadata.name, each);
  }
  // Admission refuses a class or an account that is not there before it looks at anything else.
  await apply(RUNTIME_CLASS, ...accounts.values());
});
afterAll(() => kubectl(['delete', 'runtimeclass', RUNTIME_CLASS.metadata.name]));

const renders = new Map<Values, Promise<Rendered[]>>();

/** Once for the same values. */
function objects(values: Values): Promise<Rendered[]> {
  const known = renders.get(values) ?? renderChart(helm, namespace, values).then(objectsOf);
  renders.set(values, known);
  return known;
}

/** What a Deployment's controller would create, and pods that are rendered as such. */
async function podsOf(values: Values): Promise<object[]> {
  const rendered = await objects(values);
  const ofDeployments = deploymentsOf(rendered).map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    ...spec.template,
    metadata: { ...spec.template.metadata, name: metadata.name, namespace },
  }));
  return [...ofDeployments, ...rendered.filter(({ kind }) => kind === 'Pod')];
}

interface Answer {
  readonly admitted: number;
  /** What the standard says of each pod that it does not let in. */
  readonly refused: readonly string[];
}

/** Most values change no pod. */
const answers = new Map<string, Promise<Answer>>();

async function ask(values: Values): Promise<Answer> {
  const items = await podsOf(values);
  const pods = JSON.stringify(items);
  const known = answers.get(pods) ?? askFor(items);
  answers.set(pods, known);
  return known;
}

/** Asks the API server to create them, in a dry run. */
async function askFor(items: readonly object[]): Promise<Answer> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { stdout, stderr } = await tryKubectl(['create', '--dry-run=server', '-f', '-'], list);
  const refused = [...stderr.matchAll(/violates PodSecurity "restricted:latest": (.*)$/gmu)].map(([, why = '']) => why);
  const admitted = stdout.match(/^pod\/\S+ created/gmu)?.length ?? 0;
  // Whatever else is wrong with a pod has not been judged by the standard.
  expect({ answers: admitted + refused.length, stderr }).toEqual({ answers: items.length, stderr: expect.anything() });
  return { admitted, refused };
}

const { 'a webhook on the network of the nodes': onNodes = {}, ...fitting } = MATRIX;

it.concurrent.each(Object.entries(fitting))('lets in every pod with %s', async (_, values) => {
  const { admitted, refused } = await ask(values);
  expect(refused).toEqual([]);
  expect(admitted).toBeGreaterThan(1);
});

it('keeps out the webhook on the network of the nodes and nothing else, as its value says', async () => {
  const { admitted, refused } = await ask(onNodes);
  expect(refused).toEqual([expect.stringMatching(/^host namespaces \(hostNetwork=true\)/u)]);
  expect(admitted).toBe(2);
});

const ROOT_USER = { podSecurityContext: { runAsNonRoot: false, runAsUser: 0 } };
const HOST_PATH = { extraVolumes: [{ name: 'node', hostPath: { path: '/' } }] };
const UNCONFINED = { podSecurityContext: { seccompProfile: { type: 'Unconfined' } } };

describe('keeps out what breaks the standard', () => {
  it.each([
    [
      'a controller that is root, and with it the test of the installation',
      { controller: ROOT_USER },
      2,
      /runAsNonRoot != true/u,
    ],
    ['a webhook that is root', { webhook: ROOT_USER }, 1, /runAsNonRoot != true/u],
    ['a controller without seccomp', { controller: UNCONFINED }, 2, /seccompProfile/u],
    ['a webhook with a folder of the node', { webhook: HOST_PATH }, 1, /hostPath/u],
  ])('%s', async (_, values, count, says) => {
    const { refused } = await ask(values);
    expect(refused).toEqual(Array.from({ length: count }, () => expect.stringMatching(says)));
  });
});

it('is asked with every value of the chart', () => {
  const values = parse(readFileSync(path.join(CHART, 'values.yaml'), 'utf8')) as Values;
  const all = leavesOf(values).filter((leaf) => leaf !== 'trustDomain');
  expect(all.length).toBeGreaterThan(100);
  const tried = new Set(Object.values(MATRIX).flatMap((one) => prefixesOf(leavesOf(one))));
  expect(all.filter((leaf) => !tried.has(leaf))).toEqual([]);
});

function leavesOf(values: Values, above = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const isGroup =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    return isGroup ? leavesOf(value as Values, `${above}${name}.`) : [`${above}${name}`];
  });
}

/** A value that is empty by default is a group where it is set. */
function prefixesOf(leaves: readonly string[]): string[] {
  return leaves.flatMap((leaf) => {
    const names = leaf.split('.');
    return names.map((_, index) => names.slice(0, index + 1).join('.'));
  });
}
