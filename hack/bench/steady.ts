// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `steady` and `restart`: what 10,000 identities cost when nothing happens, over 1,000 renewals, and when the
 * controller starts again.
 * @module
 */
import { patchObject } from '../../src/kube/resource-calls.ts';
import { SERVICE_IDENTITIES } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  type ControllerUnderTest,
  createIdentities,
  createNamespace,
  ReadyWatch,
  startBenchCluster,
  startController,
} from './cluster.ts';
import { memoryLimit, pause, residentMiB, scrape, sum } from './process-readings.ts';
import type { Limit, Row } from './report.ts';

const NAMESPACE = 'steady';
const IDENTITIES = 10_000;
const RENEWALS = 1000;
const METRICS_PORT = 19_402;
/** Its authority's, a few times; none of an SVID. */
const SECRET_READS: Limit = { most: 20, remedy: 'a start reads Secrets that a watch has told of already' };

export async function benchSteady(minutes: number, log: (line: string) => void): Promise<Row[]> {
  const cluster = await startBenchCluster();
  try {
    await createNamespace(cluster, NAMESPACE);
    log(`steady: creating ${IDENTITIES} identities`);
    await createIdentities(cluster, NAMESPACE, IDENTITIES);
    const ready = new ReadyWatch(cluster.transport, NAMESPACE);
    await ready.start();
    const first = await startController(cluster, METRICS_PORT);
    await ready.reach(IDENTITIES);
    log('steady: all issued, restarting the controller');
    await first.stop();
    await ready.stop();

    const second = await startController(cluster, METRICS_PORT);
    const held = await second.logged('Lease won, signing');
    log(`steady: watching for ${minutes} minutes`);
    const quiet = await watchQuiet(second, minutes);
    log(`steady: ${RENEWALS} renewals`);
    const renewed = await renew(cluster, second);
    await second.stop();
    return [
      { id: 'restart_ready', value: (held - second.startedAt) / 1000, unit: 's', note: 'caches synced and Lease held' },
      { id: 'restart_reissues', value: quiet.issuances, unit: 'SVIDs' },
      {
        id: 'restart_secret_reads',
        value: quiet.secretReads,
        unit: 'GETs',
        limit: SECRET_READS,
        note: 'within 20 s; those of the authority are among them',
      },
      { id: 'steady_writes', value: quiet.writes / minutes, unit: '1/min', note: 'Lease aside' },
      { id: 'steady_cpu', value: quiet.cpuPercent, unit: '% of a core' },
      {
        id: 'steady_rss',
        value: quiet.rss,
        unit: 'MiB',
        ...memoryLimit(IDENTITIES),
        note: `highest in ${minutes} min, 10,000 identities`,
      },
      {
        id: 'renewals_rss',
        value: renewed,
        unit: 'MiB',
        ...memoryLimit(IDENTITIES),
        note: `highest over ${RENEWALS} renewals`,
      },
    ];
  } finally {
    await cluster.stop();
  }
}

async function watchQuiet(
  controller: ControllerUnderTest,
  minutes: number,
): Promise<Record<'writes' | 'issuances' | 'cpuPercent' | 'rss' | 'secretReads', number>> {
  await pause(20_000);
  const before = await scrape(controller);
  const started = performance.now();
  let rss = 0;
  while (performance.now() - started < minutes * 60_000) {
    await pause(1000);
    rss = Math.max(rss, await residentMiB(controller));
  }
  const after = await scrape(controller);
  const elapsed = (performance.now() - started) / 1000;
  const difference = (pattern: RegExp): number => sum(after, pattern) - sum(before, pattern);
  return {
    writes: difference(/^signet_api_requests_total\{verb="(create|update|patch|delete)",resource="(?!leases)/),
    secretReads: sum(before, /^signet_api_requests_total\{verb="get",resource="secrets"/),
    issuances: sum(after, /^signet_issuances_total\{.*result="success"/),
    cpuPercent: (difference(/^process_cpu_seconds_total/) / elapsed) * 100,
    rss,
  };
}

async function renew(cluster: BenchCluster, controller: ControllerUnderTest): Promise<number> {
  let rss = 0;
  for (let index = 0; index < RENEWALS; index += 1) {
    const body = { spec: { renewRequest: 'bench' } };
    await patchObject(cluster.transport, SERVICE_IDENTITIES, {
      namespace: NAMESPACE,
      name: `identity-${index}`,
      body,
      metadataOnly: true,
    });
    if (index % 50 === 0) rss = Math.max(rss, await residentMiB(controller));
  }
  while (
    sum(await scrape(controller), /^signet_issuances_total\{reason="RenewRequested",result="success"/) < RENEWALS
  ) {
    rss = Math.max(rss, await residentMiB(controller));
    await pause(200);
  }
  return Math.max(rss, await residentMiB(controller));
}
