// SPDX-License-Identifier: Apache-2.0
/**
 * The denominator of the cluster benchmarks: the same two writes an issuance makes (POST Secret, PUT status), sent by a
 * bare undici loop with prepared bodies.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import type { KubeObject } from '../../src/kube/resources.ts';
import { listObjects, SECRETS, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
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

/** Replaces Secret and status of every identity of the namespace by themselves; resolves to pairs a second. */
export async function rawReplacements(cluster: BenchCluster, namespace: string): Promise<number> {
  const identities = await listIdentities(cluster, namespace);
  const secrets = await listObjects<KubeObject & { data: unknown }>(cluster.transport, SECRETS, { namespace });
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  return timed(cluster, identities, async (item, call) => {
    const secret = byName.get(`${item.metadata.name}-svid`);
    if (secret === undefined) throw new Error(`identity ${item.metadata.name} has no Secret`);
    const { uid, resourceVersion, labels, annotations, ownerReferences, name } = secret.metadata;
    const metadata = { name, namespace, uid, resourceVersion, labels, annotations, ownerReferences };
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: secret.data };
    const stored = JSON.parse(await call('PUT', `/api/v1/namespaces/${namespace}/secrets/${name}`, body)) as KubeObject;
    const reference = { name, uid, resourceVersion: stored.metadata.resourceVersion };
    await putStatus(item, { ...item.status, secret: reference }, call);
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
