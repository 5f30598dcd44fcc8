// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `start` and `limits`: from the start of a process to ready, and whether the roles of the chart survive their own
 * memory limits with 10,000 identities.
 * @module
 */
import path from 'node:path';
import { patchObject } from '../../src/kube/resource-calls.ts';
import { SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import { applyManifests, kubectl } from '../controlplane/kubectl.ts';
import { type BenchCluster, createIdentities, createNamespace, ReadyWatch, startBenchCluster } from './cluster.ts';
import { median, type Row } from './report.ts';
import { chartContainers, type Role, type RunningRole, startRole } from './role.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NAMESPACE = 'limits';
const RENEWALS = 1000;
const STARTS = 7;
const PORTS: Readonly<Record<Role, number>> = { controller: 19_412, webhook: 19_413 };
const REVIEWS_PORT = 19_443;
const WITHOUT_WEBHOOK = ['defaultTrustDomain.allowedNamespaces=all', 'webhook.enabled=false'];
const WITH_WEBHOOK = ['defaultTrustDomain.allowedNamespaces=all'];

export async function benchStart(log: (line: string) => void): Promise<Row[]> {
  const cluster = await startBenchCluster();
  try {
    const { start } = await roles(cluster, WITHOUT_WEBHOOK);
    log('start: with nothing in the cluster');
    const first = await start('controller');
    const firstReady = (await first.ready()) - first.startedAt;
    // The TrustDomain and its authorities are there from now on.
    await waitForTrustDomain(cluster);
    await first.stop();
    const starts: number[] = [];
    for (let index = 0; index < STARTS; index += 1) {
      const again = await start('controller');
      starts.push((await again.ready()) - again.startedAt);
      await again.stop();
    }
    return [
      { id: 'start_first', value: firstReady / 1000, unit: 's', note: 'from the process to /readyz, empty cluster' },
      {
        id: 'start_ready',
        value: median(starts) / 1000,
        unit: 's',
        note: `the same with an authority to read, median of ${STARTS}, slowest ${(Math.max(...starts) / 1000).toFixed(2)} s`,
      },
    ];
  } finally {
    await cluster.stop();
  }
}

export async function benchLimits(identities: number, log: (line: string) => void): Promise<Row[]> {
  const cluster = await startBenchCluster();
  const alone = await roles(cluster, WITHOUT_WEBHOOK);
  const together = await roles(cluster, WITH_WEBHOOK);
  try {
    await createNamespace(cluster, NAMESPACE);
    log(`limits: creating ${identities} identities`);
    await createIdentities(cluster, NAMESPACE, identities);
    const ready = new ReadyWatch(cluster.transport, NAMESPACE);
    await ready.start();
    const first = await alone.start('controller');
    await ready.reach(identities);
    await ready.stop();
    log(`limits: all issued, ${RENEWALS} renewals`);
    await renew(cluster, Math.min(RENEWALS, identities));
    const issued = await first.use();
    await first.stop();
    // Only now: API servers of this machine do not reach a Service.
    await applyManifests(cluster.plane.kubectl, [path.join(ROOT, 'hack/manifests/webhook.yaml')]);
    const second = await together.start('controller');
    const webhook = await together.start('webhook', [`--webhook-address=127.0.0.1:${REVIEWS_PORT}`]);
    await Promise.all([second.ready(), webhook.ready()]);
    log('limits: both roles restarted');
    const restarted = await second.use();
    const peak = Math.max(issued.peak, restarted.peak);
    const judging = await webhook.use();
    return [
      row('limits_controller', peak, second, `cold issue of ${identities}, ${RENEWALS} renewals, restart`),
      row('limits_webhook', judging.peak, webhook, `caches of ${identities} identities`),
      {
        id: 'limits_kills',
        value: issued.kills + restarted.kills + judging.kills,
        unit: 'processes',
        note: 'by the kernel, out of memory',
      },
    ];
  } finally {
    await alone.stopAll();
    await together.stopAll();
    await cluster.stop();
  }
}

interface Roles {
  start(role: Role, flags?: readonly string[]): Promise<RunningRole>;
  stopAll(): Promise<void>;
}

async function roles(cluster: BenchCluster, values: readonly string[]): Promise<Roles> {
  const containers = await chartContainers(values);
  const running = new Set<RunningRole>();
  return {
    async start(role, flags = []) {
      const container = containers.get(role);
      const started = await startRole(cluster, { role, container, metricsPort: PORTS[role], flags });
      const entry: RunningRole = {
        ...started,
        async stop() {
          running.delete(entry);
          await started.stop();
        },
      };
      running.add(entry);
      return entry;
    },
    async stopAll() {
      for (const one of running) await one.stop();
    },
  };
}

async function renew({ transport, plane }: BenchCluster, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const body = { spec: { renewRequest: 'bench' } };
    const name = `identity-${index}`;
    await patchObject(transport, SERVICE_IDENTITIES, { namespace: NAMESPACE, name, body, metadataOnly: true });
  }
  const last = `serviceidentity/identity-${count - 1}`;
  const renewed = '--for=jsonpath={.status.observedRenewRequest}=bench';
  await kubectl(plane.kubectl, ['wait', last, renewed, `--namespace=${NAMESPACE}`, '--timeout=100s']);
}

async function waitForTrustDomain({ plane }: BenchCluster): Promise<void> {
  await kubectl(plane.kubectl, ['wait', '--for=create', 'trustdomain/default', '--timeout=60s']);
  await kubectl(plane.kubectl, ['wait', '--for=condition=Ready', 'trustdomain/default', '--timeout=60s']);
}

function row(id: string, peak: number, { limit }: RunningRole, what: string): Row {
  return { id, value: peak, unit: 'MiB', note: `of ${limit} MiB, page cache included; ${what}` };
}
