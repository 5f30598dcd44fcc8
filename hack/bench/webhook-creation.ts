// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `admission_*`: creating an identity and a pod on the real API server, one at a time, in turns in a namespace about
 * which the webhook is asked and in one about which it is not.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createObject } from '../../src/kube/resource-calls.ts';
import { type Resource, SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { createNamespace } from './cluster.ts';
import { against, quantile, type Row } from './report.ts';
import { ASKED, passingIdentity, passingPod } from './webhook-review.ts';
import { type BenchInProgress, startWebhook } from './webhook-servers.ts';

const UNASKED = 'webhook-unasked';
const PODS: Resource = { group: '', version: 'v1', plural: 'pods', namespaced: true };
const KINDS = [
  { id: 'identity', resource: SERVICE_IDENTITIES, body: passingIdentity },
  { id: 'pod', resource: PODS, body: passingPod },
] as const;

/** Not counted: connections open and code gets warm. */
const WARM_UP = 100;

export async function benchCreation(bench: BenchInProgress, count: number): Promise<Row[]> {
  const { cluster, supervisor } = bench;
  const webhook = await startWebhook(cluster, supervisor);
  try {
    await createNamespace(cluster, UNASKED);
    await register(bench, webhook.url);
    const rows: Row[] = [];
    for (const kind of KINDS) rows.push(...(await benchKind(bench, kind, count)));
    return rows;
  } finally {
    await kubectl(cluster.plane.kubectl, ['delete', 'validatingwebhookconfigurations', '--all']);
    await webhook.stop();
  }
}

async function benchKind(
  { cluster: { transport } }: BenchInProgress,
  { id, resource, body }: (typeof KINDS)[number],
  count: number,
): Promise<Row[]> {
  const create = async (namespace: string, index: number): Promise<number> => {
    const started = performance.now();
    await createObject(transport, resource, { namespace, body: body(`created-${index}`), metadataOnly: true });
    return performance.now() - started;
  };
  const asked: number[] = [];
  const unasked: number[] = [];
  for (let index = 0; index < WARM_UP + count; index += 1) {
    // The first of the two finds other caches than the second, so they change places.
    const order = index % 2 === 0 ? [ASKED, UNASKED] : [UNASKED, ASKED];
    for (const namespace of order) {
      const took = await create(namespace, index);
      if (index >= WARM_UP) (namespace === ASKED ? asked : unasked).push(took);
    }
  }
  return [0.5, 0.99].flatMap((q) => {
    const [value, bare] = [quantile(asked, q), quantile(unasked, q)];
    const figure = `p${q * 100}`;
    const base: Row = { id: `admission_${id}_unasked_${figure}`, value: bare, unit: 'ms' };
    const note = `the webhook adds ${(value - bare).toFixed(2)} ms`;
    return [base, against({ id: `admission_${id}_${figure}`, value, unit: 'ms', note }, base)];
  });
}

/** The shipped configurations, but by URL, and about one namespace. */
async function register({ cluster: { plane }, parts }: BenchInProgress, url: string): Promise<void> {
  const caBundle = (await readFile(parts.authorityFile)).toString('base64');
  const items = parts.configurations.map((configuration) => ({
    ...configuration,
    webhooks: configuration.webhooks.map((entry) => ({
      ...entry,
      clientConfig: { url, caBundle },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ASKED } },
    })),
  }));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(plane.kubectl, ['apply', '--server-side', '-f', '-'], list);
  await untilAsked(plane.kubectl);
}

/** The API server hears of a configuration a moment later: until then the probe's name is admitted. */
async function untilAsked(using: Parameters<typeof kubectl>[0]): Promise<void> {
  const wrong = { ...passingIdentity('wrong'), spec: { serviceAccountName: 'bench', dnsNames: ['www.example.com'] } };
  const args = ['create', '--dry-run=server', '--namespace', ASKED, '-f', '-'];
  for (;;) {
    const said = await kubectl(using, args, JSON.stringify(wrong)).catch((error: Error) => error.message);
    if (said.includes('cannot be accepted')) return;
  }
}
