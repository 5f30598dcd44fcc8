// SPDX-License-Identifier: Apache-2.0
/**
 * Row `reissue`: every SVID replaced under a new root, as on a compromise, beside the raw rate of the same two writes
 * over the same objects, in turns; and how long it takes until the old root is gone.
 * @module
 */
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import type { TrustDomain } from '../../src/api/trust-domain.ts';
import { systemClock } from '../../src/controller/clock.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { getObject, patchObject } from '../../src/kube/resource-calls.ts';
import { SERVICE_IDENTITIES, TRUST_DOMAINS } from '../../src/kube/resources.ts';
import {
  type BenchCluster,
  createIdentities,
  createNamespace,
  onFreshClusters,
  ReadyWatch,
  startController,
} from './cluster.ts';
import { rawReplacements } from './raw-pair.ts';
import { against, median, type Row } from './report.ts';
import { whileWatched } from './watched.ts';

const ROUNDS = 3;
const NAMESPACE = 'reissue';
const TRUST_DOMAIN = { name: 'default' } as const;

/** Two rates and two times for each size. */
export function benchReissue(sizes: readonly number[], log: (line: string) => void): Promise<Row[]> {
  return onFreshClusters(sizes, (cluster, size) => benchSize(cluster, size, log));
}

async function benchSize(cluster: BenchCluster, size: number, log: (line: string) => void): Promise<Row[]> {
  await prepare(cluster, size, log);
  const raw: number[] = [];
  const rounds: Compromise[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    log(`reissue ${size}: round ${round} of ${ROUNDS}, raw writes`);
    raw.push(await whileWatched(cluster, NAMESPACE, () => rawReplacements(cluster, NAMESPACE)));
    log(`reissue ${size}: round ${round} of ${ROUNDS}, compromise (raw ${raw.at(-1)?.toFixed(0)}/s)`);
    rounds.push(await compromise(cluster, size, `round-${round}`));
  }
  const rawRow = { id: `reissue_${size}_raw`, value: median(raw), unit: 'pairs/s' };
  const rate = median(rounds.map(({ replaced }) => size / replaced));
  const row = { id: `reissue_${size}`, value: rate, unit: 'SVIDs/s', note: 'from the request to the last new SVID' };
  return [
    rawRow,
    against(row, rawRow),
    { id: `compromise_${size}_replaced`, value: median(rounds.map(({ replaced }) => replaced)), unit: 's' },
    {
      id: `compromise_${size}_root_gone`,
      value: median(rounds.map(({ gone }) => gone)),
      unit: 's',
      note: 'from the last new SVID until no Secret and no bundle holds the old root; M is 5 s',
    },
  ];
}

async function prepare(cluster: BenchCluster, size: number, log: (line: string) => void): Promise<void> {
  log(`reissue ${size}: issuing`);
  await createNamespace(cluster, NAMESPACE);
  await createIdentities(cluster, NAMESPACE, size);
  const ready = new ReadyWatch(cluster.transport, NAMESPACE);
  await ready.start();
  const controller = await startController(cluster, 0);
  await ready.reach(size);
  await ready.stop();
  await controller.stop();
}

export interface Compromise {
  /** Seconds from the request to the last SVID under the new authority. */
  readonly replaced: number;
  /** Seconds from there until the rotation is complete. */
  readonly gone: number;
}

async function compromise(cluster: BenchCluster, size: number, id: string): Promise<Compromise> {
  const controller = await startController(cluster, 0);
  await controller.logged('Lease won, signing');
  const times = await replaceAll(cluster, { namespace: NAMESPACE, size, id });
  await controller.stop();
  return times;
}

/** Reports a compromise to the controller that runs, and waits until it is over for all `size` identities. */
export async function replaceAll(
  { transport }: BenchCluster,
  { namespace, size, id }: { readonly namespace: string; readonly size: number; readonly id: string },
): Promise<Compromise> {
  const call = { namespace, name: 'identity-0' };
  // All identities were signed by the same authority when a round begins.
  const before = (await getObject<ServiceIdentity>(transport, SERVICE_IDENTITIES, call)).status?.authorityID;
  const count = Promise.withResolvers<number>();
  const moved = new Set<string>();
  const identities = new Reflector<string>({
    transport,
    clock: systemClock,
    resource: SERVICE_IDENTITIES,
    namespace,
    project: ({ status }: ServiceIdentity) => status?.authorityID ?? '',
    onEvent: (_, key, authority) => {
      if (authority !== before) moved.add(key);
      if (moved.size === size) count.resolve(performance.now());
    },
  });
  const completed = Promise.withResolvers<number>();
  const trustDomains = new Reflector<boolean>({
    transport,
    clock: systemClock,
    resource: TRUST_DOMAINS,
    project: ({ status }: TrustDomain) => status?.rotation?.id === id && status.rotation.state === 'Completed',
    onEvent: (_, __, done) => {
      if (done) completed.resolve(performance.now());
    },
  });
  identities.start();
  trustDomains.start();
  await Promise.all([identities.whenSynced(), trustDomains.whenSynced()]);
  const started = performance.now();
  const body = { spec: { rotation: { id, action: 'Compromise', reason: 'bench' } } };
  await patchObject(transport, TRUST_DOMAINS, { ...TRUST_DOMAIN, body, metadataOnly: true });
  const replaced = await count.promise;
  const gone = await completed.promise;
  await Promise.all([identities.stop(), trustDomains.stop()]);
  return { replaced: (replaced - started) / 1000, gone: (gone - replaced) / 1000 };
}
