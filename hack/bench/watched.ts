// SPDX-License-Identifier: Apache-2.0
/**
 * The watches that a controller has open, for raw writes to be measured beside: the API server sends every change to them.
 * @module
 */
import { systemClock } from '../../src/controller/clock.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { type BenchCluster, ReadyWatch } from './cluster.ts';

const METADATA = ['namespaces', 'serviceaccounts', 'trustdomains', 'secrets'] as const;

/** Does the work with the watches of a controller open, and the one of identities that the benchmark itself has. */
export async function whileWatched<T>(cluster: BenchCluster, namespace: string, work: () => Promise<T>): Promise<T> {
  const watches = METADATA.map((plural) => openWatch(cluster, plural));
  const identities = [new ReadyWatch(cluster.transport), new ReadyWatch(cluster.transport, namespace)];
  try {
    await Promise.all(identities.map((watch) => watch.start()));
    return await work();
  } finally {
    await Promise.all([...watches, ...identities].map((watch) => watch.stop()));
  }
}

function openWatch({ transport }: BenchCluster, plural: (typeof METADATA)[number]): Reflector<true> {
  const group = plural === 'trustdomains' ? 'signet.dev' : '';
  const version = plural === 'trustdomains' ? 'v1alpha1' : 'v1';
  const resource = { group, version, plural, namespaced: plural === 'secrets' || plural === 'serviceaccounts' };
  const selector = plural === 'secrets' ? { labelSelector: 'signet.dev/managed' } : {};
  const watch = new Reflector<true>({
    transport,
    clock: systemClock,
    resource,
    metadataOnly: true,
    ...selector,
    project: () => true,
  });
  watch.start();
  return watch;
}
