// SPDX-License-Identifier: Apache-2.0
/**
 * Which ClusterTrustBundles an API server has: the newest version, an older one, none, or none that may be watched.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import type { KubeRequest, Transport } from '../../../../src/kube/transport.ts';
import { ServedTrustBundles } from '../../../../src/reconcilers/bundle/served.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

interface Served {
  /** Names of resources by version; a version that is not there answers 404. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  /** What becomes of a watch; undefined: it hangs. */
  readonly watch?: SignetError;
}

function start({ versions, watch }: Served) {
  const asked: string[] = [];
  const changed = Promise.withResolvers<void>();
  const watched = Promise.withResolvers<string>();
  const refused = Promise.withResolvers<void>();
  const transport: Transport = {
    request: async <T>({ path }: KubeRequest) => {
      asked.push(path);
      const resources = versions[path.split('/').at(-1) ?? ''];
      if (resources === undefined) throw new SignetError('ERR_KUBE_NOT_FOUND', 'no such version');
      return { resources: resources.map((name) => ({ name })) } as T;
    },
    requestBytes: () => Promise.reject(new SignetError('ERR_INVARIANT', 'nobody reads bytes')),
    stream: ({ path, signal }) => {
      watched.resolve(path);
      if (watch !== undefined) return Promise.reject(watch);
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
    close: () => Promise.resolve(),
  };
  const served = new ServedTrustBundles({
    transport,
    clock: new ManualClock(),
    observer: { onDisconnected: () => refused.resolve() },
    onEvent: () => undefined,
    onChange: () => changed.resolve(),
    onProblem: () => undefined,
  });
  served.start();
  return { served, asked, changed: changed.promise, watched: watched.promise, refused: refused.promise };
}

describe('ClusterTrustBundles', () => {
  it.each([
    ['v1', { v1: ['clustertrustbundles'], v1beta1: ['clustertrustbundles'] }],
    ['v1beta1', { v1: ['certificatesigningrequests'], v1beta1: ['clustertrustbundles'] }],
    ['v1beta1', { v1beta1: ['clustertrustbundles'] }],
  ])('are watched in version %s where there are %o', async (version, versions) => {
    const { served, watched } = start({ versions });
    expect(await watched).toBe(`/apis/certificates.k8s.io/${version}/clustertrustbundles`);
    expect([served.isKnown, served.isServed]).toEqual([true, true]);
    // Nothing is decided on a cache that is not complete.
    expect(served.resource).toBeUndefined();
    await served.stop();
  });

  it.each([[{}], [{ v1: ['certificatesigningrequests'] }]])('are not there with %o', async (versions) => {
    const { served, asked, changed } = start({ versions });
    expect([served.isKnown, served.isServed]).toEqual([false, false]);
    await changed;
    expect([served.isKnown, served.isServed]).toEqual([true, false]);
    expect(asked).toEqual(['/apis/certificates.k8s.io/v1', '/apis/certificates.k8s.io/v1beta1']);
    await served.stop();
  });

  it('that may not be watched are told with the answer of the API server', async () => {
    const watch = new SignetError('ERR_KUBE_FORBIDDEN', 'may not list clustertrustbundles');
    const { served, refused } = start({ versions: { v1: ['clustertrustbundles'] }, watch });
    await refused;
    await expect.poll(() => served.refusal).toBe('may not list clustertrustbundles');
    expect(served.isServed).toBe(true);
    await served.stop();
  });

  it('that are served no more are given up', async () => {
    const watch = new SignetError('ERR_KUBE_NOT_FOUND', 'no such resource');
    const { served, changed } = start({ versions: { v1: ['clustertrustbundles'] }, watch });
    await changed;
    expect(served.isServed).toBe(false);
    await served.stop();
  });
});
