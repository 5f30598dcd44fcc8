// SPDX-License-Identifier: Apache-2.0
/**
 * The story of an operator who stops the controller while the API server does not answer it any more.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ListeningProxy, listenTo } from './listening-proxy.ts';
import { disagreement } from './svid-files.ts';
import { isReady, storyWorld } from './world.ts';

const world = storyWorld({ running: false });
const IDENTITIES = 4;
let proxy: ListeningProxy;

beforeAll(async () => {
  proxy = await listenTo(world.installation);
});

afterAll(() => proxy.close());

it('stops in time, without complaints, and the next controller adopts what had been stored unseen', async () => {
  const names = Array.from({ length: IDENTITIES }, (_, index) => `unheard-${index}`);
  const signet = await world.startAs({ kubeconfig: proxy.kubeconfig });
  await signet.untilSigning();
  await world.untilTrustDomain('default', isReady);
  const namespace = await world.namespace();
  proxy.withholds = ({ method, path }) => method === 'POST' && path === `/api/v1/namespaces/${namespace}/secrets`;
  await Promise.all(names.map((name) => world.identity(namespace, {}, name)));
  await expect.poll(() => proxy.withheld, { timeout: 10_000 }).toBe(IDENTITIES);

  expect(await signet.stop()).toEqual({ code: 0, signal: null });
  expect(await signet.untilLogged('Stopped')).toMatchObject({ unfinished: [] });
  const log = await signet.log();
  expect(log.filter(({ msg }) => msg?.startsWith('Reconcile failed'))).toEqual([]);
  expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  const stored = new Map((await world.cluster.list('Secret', namespace)).map((each) => [each.metadata.name, each]));
  expect(stored.size).toBe(IDENTITIES);

  proxy.withholds = () => false;
  const next = await world.startAs({ kubeconfig: proxy.kubeconfig });
  for (const name of names) {
    const identity = await world.ready(namespace, name);
    const secret = await world.secret(namespace, identity.status?.secret?.name);
    expect(disagreement(secret)).toBeUndefined();
    expect(secret.metadata.resourceVersion).toBe(stored.get(secret.metadata.name)?.metadata.resourceVersion);
  }
  await next.stop();
});
