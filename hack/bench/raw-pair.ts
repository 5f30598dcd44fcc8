// SPDX-License-Identifier: Apache-2.0
/**
 * The denominator of the cluster benchmarks: the same two writes an issuance makes (POST Secret, PUT status), sent by a
 * bare undici loop with prepared bodies.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import type { KubeObject } from '../../src/kube/resources.ts';
import { listObjects, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
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
  const identities = await listObjects<KubeObject & { spec: unknown }>(cluster.transport, SERVICE_IDENTITIES, {
    namespace,
  });
  const { server, caFile } = cluster.plane;
  const token = await cluster.plane.serviceAccountToken({ namespace: 'signet-system', name: 'signet-controller' });
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
  const pool = new Pool(server, { connections: CONNECTIONS, connect: ca });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: METADATA };
  const call = async (method: 'POST' | 'PUT', path: string, body: string): Promise<void> => {
    const answer = await pool.request({ method, path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  };
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (let item = identities[next++]; item !== undefined; item = identities[next++]) {
      const { name, uid, resourceVersion } = item.metadata;
      const owner = { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', name, uid, controller: true };
      const metadata = { ...template.secretMetadata, name: `${name}-svid`, namespace, ownerReferences: [owner] };
      const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: template.data };
      await call('POST', `/api/v1/namespaces/${namespace}/secrets`, JSON.stringify(secret));
      const status = {
        apiVersion: 'signet.dev/v1alpha1',
        kind: 'ServiceIdentity',
        metadata: { namespace, name, uid, resourceVersion },
        spec: item.spec,
        status: template.status,
      };
      await call(
        'PUT',
        `/apis/signet.dev/v1alpha1/namespaces/${namespace}/serviceidentities/${name}/status`,
        JSON.stringify(status),
      );
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const rate = identities.length / ((performance.now() - started) / 1000);
  await pool.close();
  return rate;
}
