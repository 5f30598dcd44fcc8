// SPDX-License-Identifier: Apache-2.0
/**
 * The manifests of the demo in a cluster: marked as the demo's, refused where something of that name is there already,
 * and taken away again.
 * @module
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { type Kubectl, kubectl } from '../controlplane/kubectl.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** In the order in which they are applied. */
export const CLUSTER_MANIFESTS = ['crds', 'hack/manifests/controller.yaml'] as const;
export const EXAMPLE_MANIFESTS = ['examples/basics', 'hack/demo/kubelet.yaml'] as const;

/** Carried by every object of the demo that lies in no namespace; the namespaces take the others along. */
const LABEL = { key: 'app.kubernetes.io/managed-by', value: 'signet-demo' } as const;
const MARKED_KINDS = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface ManifestList {
  readonly items: readonly Manifest[];
}

/** Writes marked copies of manifest files or folders into `target`; gives back their paths, in order. */
export async function markedCopies(sources: readonly string[], target: string): Promise<string[]> {
  await mkdir(target, { recursive: true });
  const copies: string[] = [];
  for (const file of await filesOf(sources)) {
    const documents = (await readManifests(file)).map(marked);
    const copy = path.join(target, path.basename(file));
    await writeFile(copy, documents.map((document) => stringify(document)).join('---\n'));
    copies.push(copy);
  }
  return copies;
}

/** An Error when the cluster has something of a name that the demo needs. */
export async function assertUnused(using: Kubectl): Promise<void> {
  const files = await filesOf([...CLUSTER_MANIFESTS, ...EXAMPLE_MANIFESTS]);
  const manifests = (await Promise.all(files.map(readManifests))).flat();
  const names = manifests.filter(isMarked).map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  const answer = await kubectl(using, ['get', ...names, '--ignore-not-found', '-o', 'json']);
  if (answer.trim() === '') return;
  const found = asList(JSON.parse(answer) as Manifest | ManifestList);
  const ours = found.every(({ metadata }) => metadata.labels?.[LABEL.key] === LABEL.value);
  const advice = ours
    ? 'an earlier demo left them; remove them with: npm run demo -- --stop'
    : 'they are not of a demo: use another cluster, or run with --local for a control plane of its own.';
  const list = found.map(({ kind, metadata }) => `  ${kind} ${metadata.name}`).join('\n');
  throw new Error(`The cluster already has objects that the demo would make:\n${list}\nWhat to do: ${advice}`);
}

/** kubectl shows a single object without a list around it. */
function asList(answer: Manifest | ManifestList): readonly Manifest[] {
  return 'items' in answer ? answer.items : [answer];
}

/** Removes everything that the demo made in a cluster, and waits until it is gone. */
export async function removeFromCluster(using: Kubectl): Promise<void> {
  const kinds = MARKED_KINDS.map((kind) => kind.toLowerCase()).join(',');
  await kubectl(using, ['delete', kinds, '-l', labelSelector(), '--ignore-not-found', '--wait', '--timeout=100s']);
}

function labelSelector(): string {
  return `${LABEL.key}=${LABEL.value}`;
}

function isMarked(manifest: Manifest): boolean {
  return MARKED_KINDS.includes(manifest.kind);
}

function marked(manifest: Manifest): Manifest {
  if (!isMarked(manifest)) return manifest;
  const labels = { ...manifest.metadata.labels, [LABEL.key]: LABEL.value };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

async function filesOf(sources: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const source of sources.map((name) => path.join(ROOT, name))) {
    if (source.endsWith('.yaml')) files.push(source);
    else
      files.push(
        ...(await readdir(source))
          .filter((name) => name.endsWith('.yaml'))
          .sort()
          .map((name) => path.join(source, name)),
      );
  }
  return files;
}

async function readManifests(file: string): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as Manifest);
}
