// SPDX-License-Identifier: Apache-2.0
/**
 * Where the user stories with pods play: the cluster that KUBECONFIG names, or a local node with an image of this
 * working tree on it; and kubectl and Helm acting there.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CHART, type Helm, helmProgram, runHelm } from '../../../hack/chart/helm.ts';
import { startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { type Kubectl, kubectl, tryKubectl } from '../../../hack/controlplane/kubectl.ts';
import { buildImage } from '../../../hack/image/build.ts';
import { type LocalNode, startLocalNode } from '../../../hack/localnode/local-node.ts';
import { createProgress, type Progress } from '../../../hack/progress.ts';

export const RELEASE = 'signet';
export const SYSTEM = 'signet-system';
const LOOK_EVERY_MS = 100;

export interface Scene {
  readonly image: string;
  /** Undefined on a cluster of somebody else. */
  readonly node: LocalNode | undefined;
  /** With every right, for programs that are not ours. */
  readonly using: Kubectl;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** What `kubectl get` finds, as JSON. */
  get<T>(...args: readonly string[]): Promise<T>;
  apply(...objects: readonly unknown[]): Promise<void>;
  /** What kubectl says when it fails; undefined: it did not. */
  complaint(args: readonly string[], ...objects: readonly unknown[]): Promise<string | undefined>;
  helm(args: readonly string[]): Promise<string>;
  /** Installs or upgrades the chart with these values over those of every story. */
  release(command: 'install' | 'upgrade', ...values: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly using: Kubectl;
  readonly image: string;
  readonly node?: LocalNode;
  close(): Promise<unknown>;
}

/** Sets the stage. On a cluster of somebody else, SIGNET_E2E_IMAGE names an image (repository:tag) that its nodes have. */
export async function openScene(): Promise<Scene> {
  const progress = createProgress();
  const place = (process.env['KUBECONFIG'] ?? '') === '' ? await localPlace(progress) : await foreignPlace(progress);
  const { using, image } = place;
  const helm: Helm = await helmProgram(progress, using.kubeconfig);
  const [repository = '', tag = ''] = image.split(/:(?=[^:/]*$)/u);
  const shared = [`trustDomain=example.org`, `image.repository=${repository}`, `image.tag=${tag}`];
  const scene: Scene = {
    image,
    node: place.node,
    using,
    kubectl: (args, input) => kubectl(using, args, input),
    get: async (...args) => JSON.parse(await kubectl(using, ['get', ...args, '-o', 'json'])) as never,
    async apply(...items) {
      await kubectl(using, ['apply', '-f', '-'], listOf(items));
    },
    async complaint(args, ...items) {
      const { code, stderr } = await tryKubectl(using, args, items.length === 0 ? undefined : listOf(items));
      return code === 0 ? undefined : stderr;
    },
    helm: (args) => runHelm(helm, [...args, '--namespace', SYSTEM]),
    async release(command, ...values) {
      const sets = [...shared, 'image.pullPolicy=Never', ...values].flatMap((value) => ['--set', value]);
      await scene.helm([command, RELEASE, CHART, ...sets]);
    },
    async close() {
      if (place.node === undefined) await cleanUp(using, helm);
      await place.close();
    },
  };
  return scene;
}

async function localPlace(progress: Progress): Promise<Place> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-image-'));
  try {
    const { repository, tag, archive } = await buildImage('e2e', directory, progress);
    const node = await startLocalNode(progress);
    try {
      await progress.run('Loading the image', () => node.load(archive));
    } catch (error) {
      await node.stop();
      throw error;
    }
    return { using: node.plane.kubectl, image: `${repository}:${tag}`, node, close: () => node.stop() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function foreignPlace(progress: Progress): Promise<Place> {
  const image = process.env['SIGNET_E2E_IMAGE'];
  if (image === undefined) throw new Error('SIGNET_E2E_IMAGE is not set: name an image that the nodes already have');
  const plane = await startControlPlane({ progress });
  return { using: plane.kubectl, image, close: () => plane.stop() };
}

/** A local node goes whole; what stories created on another cluster is taken away, whatever they came to. */
async function cleanUp(using: Kubectl, helm: Helm): Promise<void> {
  await helm(['uninstall', RELEASE, '--ignore-not-found', '--wait', '--namespace', SYSTEM]);
  const kinds = ['serviceidentities', 'trustdomains', 'identitypolicies'];
  for (const args of [
    ['namespace', '--selector=signet.dev/story'],
    ['namespace', 'shop', 'web', 'reports', SYSTEM],
    ['crd', ...kinds.map((kind) => `${kind}.signet.dev`)],
    ['clusterrole,clusterrolebinding', '--selector=app.kubernetes.io/part-of=signet'],
  ]) {
    await tryKubectl(using, ['delete', '--ignore-not-found', '--timeout=120s', ...args]);
  }
}

function listOf(items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Resolves to the first result that is not undefined; an Error that says what was waited for otherwise. */
export async function until<T>(
  what: string,
  within: number,
  look: () => Promise<T | undefined>,
  explain: () => Promise<string> = async () => '',
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${within / 1000} s\n${await explain()}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** The namespace of a release, and one whose pods are judged, with these service accounts; `story` labels the latter. */
export function enforcedNamespaces(story: string, namespace: string, accounts: readonly string[]): readonly object[] {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const enforced = { ...restricted, 'signet.dev/enforce': 'true', 'signet.dev/story': story };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM, labels: restricted } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: enforced } },
    ...accounts.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
  ];
}
