// SPDX-License-Identifier: Apache-2.0
/**
 * The denominator of the cluster benchmarks: the same two writes an issuance makes (POST Secret, PUT status), sent by a
 * bare undici loop with prepared bodies.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import { listObjects } from '../../src/kube/resource-lists.ts';
import type { KubeObject } from '../../src/kube/resources.ts';
import { SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import type { BenchCluster } from './cluster.ts';

const CONNECTIONS = 32;
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

export interface Template {
  /** Base64 values as an issued Secret has them. */
  readonly data: Readonly<Record<string, string>>;
  readonly secretMetadata: Readonly<Record<string, unknown>>;
  readonly status: unknown;
}

/** Writes the pair for every identity of the namespace; resolves to pairs a second. */
export async function rawPairs(cluster: BenchCluster, namespace: string, template: Template): Promise<number> {
  const identities = await listIdentities(cluster, namespace);
  return timed(cluster, identities, async (item, call) => {
    const { name, uid } = item.metadata;
    const owner = { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', name, uid, controller: true };
    const metadata = { ...template.secretMetadata, name: `${name}-svid`, namespace, ownerReferences: [owner] };
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: template.data };
    await call('POST', `/api/v1/namespaces/${namespace}/secrets`, secret);
    await putStatus(item, template.status, call);
  });
}

/**
 * Replaces Secret and status of every identity of the namespace; resolves to pairs a second. Each gets what another one
 * has, because the API server writes nothing for an object that stays the same; afterwards all is as it was.
 */
export async function rawReplacements(cluster: BenchCluster, namespace: string): Promise<number> {
  const before = await storedPairs(cluster, namespace);
  const others = new Map([...before.keys()].map((name, at, names) => [name, names[(at + 1) % names.length] ?? name]));
  const rate = await replaceAll(cluster, namespace, (name) => before.get(others.get(name) ?? name));
  await replaceAll(cluster, namespace, (name) => before.get(name));
  return rate;
}

interface Pair {
  readonly identity: Identity;
  readonly secret: KubeObject & { readonly data: unknown };
}

async function storedPairs(cluster: BenchCluster, namespace: string): Promise<Map<string, Pair>> {
  const identities = await listIdentities(cluster, namespace);
  const secrets = await listObjects<Pair['secret']>(cluster.transport, SECRETS, { namespace });
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  return new Map(
    identities.map((identity) => {
      const { name } = identity.metadata;
      const secret = byName.get(`${name}-svid`);
      if (secret === undefined) throw new Error(`identity ${name} has no Secret`);
      return [name, { identity, secret }];
    }),
  );
}

/** Resolves to pairs a second. */
async function replaceAll(
  cluster: BenchCluster,
  namespace: string,
  contentOf: (name: string) => Pair | undefined,
): Promise<number> {
  const pairs = await storedPairs(cluster, namespace);
  const items = [...pairs.values()].map(({ identity }) => identity);
  return timed(cluster, items, async (item, call) => {
    const old = pairs.get(item.metadata.name);
    const content = contentOf(item.metadata.name);
    if (old === undefined || content === undefined) throw new Error(`identity ${item.metadata.name} came in between`);
    const { uid, resourceVersion, labels, annotations, ownerReferences, name } = old.secret.metadata;
    const metadata = { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences };
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: content.secret.data };
    const stored = JSON.parse(await call('PUT', `/api/v1/namespaces/${namespace}/secrets/${name}`, body)) as KubeObject;
    if (stored.metadata.resourceVersion === resourceVersion) throw new Error(`Secret ${name} stayed as it was`);
    const reference = { name, uid, resourceVersion: stored.metadata.resourceVersion };
    await putStatus(item, { ...content.identity.status, secret: reference }, call);
  });
}

type Identity = KubeObject & { readonly spec: unknown; readonly status?: object };
type Call = (method: 'POST' | 'PUT', path: string, body: unknown) => Promise<string>;

function listIdentities({ transport }: BenchCluster, namespace: string): Promise<Identity[]> {
  return listObjects<Identity>(transport, SERVICE_IDENTITIES, { namespace });
}

async function putStatus(item: Identity, status: unknown, call: Call): Promise<void> {
  const { name, namespace, uid, resourceVersion } = item.metadata;
  const metadata = { namespace, name, uid, resourceVersion };
  const body = { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', metadata, spec: item.spec, status };
  await call('PUT', `/apis/signet.dev/v1alpha1/namespaces/${namespace}/serviceidentities/${name}/status`, body);
}

/** Works on all items over as many connections as the controller has; resolves to items a second. */
async function timed(
  cluster: BenchCluster,
  items: readonly Identity[],
  work: (item: Identity, call: Call) => Promise<void>,
): Promise<number> {
  const { server, caFile } = cluster.plane;
  const token = await cluster.plane.serviceAccountToken({ namespace: 'signet-system', name: 'signet-controller' });
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
  const pool = new Pool(server, { connections: CONNECTIONS, connect: ca });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: METADATA };
  const call: Call = async (method, path, body) => {
    const answer = await pool.request({ method, path, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return text;
  };
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item, call);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const rate = items.length / ((performance.now() - started) / 1000);
  await pool.close();
  return rate;
}
