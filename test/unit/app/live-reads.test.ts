// SPDX-License-Identifier: Apache-2.0
/**
 * What is read past the caches: one thing each time, and nothing for a name that no object can have.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { liveReads } from '../../../src/app/live-reads.ts';
import { SignetError } from '../../../src/errors.ts';
import type { KubeRequest, Transport } from '../../../src/kube/transport.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function never(): Promise<never> {
  return Promise.reject(new Error('never called'));
}

/** An API server that gives one answer, or what a function says, and what it was asked for. */
function api(answer: unknown) {
  const asked: string[] = [];
  const request = <T>({ path, query }: KubeRequest): Promise<T> => {
    asked.push([path, ...Object.values(query ?? {})].join(' '));
    if (answer instanceof Error) return Promise.reject(answer);
    // Whatever is asked for.
    return Promise.resolve((typeof answer === 'function' ? answer() : answer) as T);
  };
  const transport: Transport = { request, requestBytes: never, stream: never, close: never };
  return { asked, reads: liveReads(transport, new ManualClock()) };
}

const metadata = { name: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '', labels: { team: 'pay' } };

describe('a live read', () => {
  it('of a namespace tells its labels', async () => {
    const { reads, asked } = api({ metadata });
    expect(await reads.liveNamespace('shop')).toMatchObject({ labels: { team: 'pay' } });
    expect(asked).toEqual(['/api/v1/namespaces/shop']);
  });

  it('of what does not exist is none, and another failure is one', async () => {
    const gone = api(new SignetError('ERR_KUBE_NOT_FOUND', 'gone'));
    expect(await gone.reads.liveNamespace('shop')).toBeUndefined();
    expect(await gone.reads.liveTrustDomain('default')).toBeUndefined();
    const broken = api(new SignetError('ERR_KUBE_TIMEOUT', 'no answer'));
    await expect(broken.reads.liveNamespace('shop')).rejects.toThrow('no answer');
  });

  it('of identities asks for those of the account alone', async () => {
    const items = [{ metadata: { ...metadata, name: 'i' }, spec: { serviceAccountName: 'checkout' } }];
    const { reads, asked } = api({ metadata: { resourceVersion: '1' }, items });
    expect(await reads.liveIdentities('shop', 'checkout')).toEqual([
      { name: 'i', serviceAccountName: 'checkout', secretName: 'i-svid', claimed: true },
    ]);
    expect(asked).toEqual([
      '/apis/signet.dev/v1alpha1/namespaces/shop/serviceidentities spec.serviceAccountName=checkout 50',
    ]);
  });

  it('of many identities, each as large as it may be, holds a small page of them at a time', async () => {
    const items = [{ metadata, spec: { serviceAccountName: 'checkout' } }];
    const pages = [
      { metadata: { resourceVersion: '1', continue: 'more' }, items },
      { metadata: { resourceVersion: '1' }, items },
    ];
    const { reads, asked } = api(() => pages.shift());
    expect(await reads.liveIdentities('shop', 'checkout')).toHaveLength(2);
    expect(asked.map((call) => call.split(' ').slice(2))).toEqual([['50'], ['50', 'more']]);
  });

  it('of ever more identities takes no longer than one of anything else', async () => {
    const clock = new ManualClock();
    let pages = 0;
    const request = async <T>({ signal }: KubeRequest): Promise<T> => {
      if (signal?.aborted === true) throw new SignetError('ERR_KUBE_UNAVAILABLE', 'canceled');
      await clock.advance(SECOND);
      pages += 1;
      return { metadata: { resourceVersion: '1', ...(pages < 100 ? { continue: 'more' } : {}) }, items: [] } as T;
    };
    const reads = liveReads({ request, requestBytes: never, stream: never, close: never }, clock);
    await expect(reads.liveIdentities('shop', 'checkout')).rejects.toMatchObject({ code: 'ERR_KUBE_TIMEOUT' });
    expect(pages).toBe(2);
    expect(clock.timers).toBe(0);
  });

  it('is made once for all who wait for the same', async () => {
    const { reads, asked } = api({ metadata });
    await Promise.all(Array.from({ length: 100 }, () => reads.liveNamespace('shop')));
    expect(asked).toEqual(['/api/v1/namespaces/shop']);
  });

  it('of one kind leaves room for the others, and waits for its own', async () => {
    const { reads, asked } = api({ metadata });
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const namespaces = Promise.all(names.map((name) => reads.liveNamespace(name)));
    expect(await reads.liveTrustDomain('default')).toBeDefined();
    expect(await namespaces).toHaveLength(40);
    expect(asked).toHaveLength(41);
  });

  it.each(['', '..', '.', 'a/b', 'a,metadata.name=b', 'A', 'x'.repeat(254)])('asks nothing for %j', async (name) => {
    const { reads, asked } = api({ metadata });
    expect(await reads.liveNamespace(name)).toBeUndefined();
    expect(await reads.liveIdentities('shop', name)).toEqual([]);
    expect(await reads.liveIdentities(name, 'checkout')).toEqual([]);
    expect(asked).toEqual([]);
  });
});
