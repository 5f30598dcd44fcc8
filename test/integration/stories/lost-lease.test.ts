// SPDX-License-Identifier: Apache-2.0
/**
 * The story of a controller that loses the Lease while the API server has told it to come again with a write.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ListeningProxy, listenTo } from './listening-proxy.ts';
import { apart } from './published-bundles.ts';
import { isReady, storyWorld } from './world.ts';

const world = storyWorld({ running: false });
/** In seconds. Calls come again for 15 s. */
const COMES_AGAIN = 3;
let proxy: ListeningProxy;

beforeAll(async () => {
  proxy = await listenTo(world.installation);
});

afterAll(() => proxy.close());

it('does not send again what was throttled', async () => {
  const signet = await world.startAs({ kubeconfig: proxy.kubeconfig });
  await signet.untilSigning();
  await world.untilTrustDomain('default', isReady);
  const { namespace, label } = await apart(world);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  proxy.throttles = (exchange) =>
    exchange.method !== 'GET' && exchange.path.startsWith(path) ? COMES_AGAIN : undefined;
  await world.trustDomain('lost', {
    trustDomain: 'lost.example',
    bundle: { namespaceSelector: { matchLabels: label } },
  });
  await expect.poll(() => proxy.throttled, { timeout: 20_000 }).toBeGreaterThan(0);

  const lease = { kind: 'Lease', namespace: world.installation.namespace, name: 'signet-controller' } as const;
  await world.cluster.patch(lease, { spec: { holderIdentity: 'another', leaseDurationSeconds: 600 } });
  await signet.untilLogged('Lease lost or given up, standing by');
  const sent = proxy.throttled;
  // The time at which it was to come again.
  await delay(COMES_AGAIN * 1500);
  expect(proxy.throttled).toBe(sent);
  await signet.stop();
});
