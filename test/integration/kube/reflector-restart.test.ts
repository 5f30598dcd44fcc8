// SPDX-License-Identifier: Apache-2.0
/**
 * The reflector and an API server that is killed and comes back, or whose etcd hangs. They have a control plane of
 * their own to break.
 * @module
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/controlplane/control-plane.ts';
import { silentProgress } from '../../../hack/progress.ts';
import { type WatchedNamespace, watchedNamespace } from './watched-namespace.ts';

let plane: ControlPlane;
const open: WatchedNamespace[] = [];

beforeAll(async () => {
  plane = await startControlPlane({ local: true, progress: silentProgress() });
});

afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

afterAll(async () => {
  await plane.stop();
});

async function aWorld(): Promise<WatchedNamespace> {
  const world = await watchedNamespace({ kubeconfig: plane.kubeconfig, through: (cluster) => cluster });
  open.push(world);
  return world;
}

it('goes on when the API server was killed and started again, and misses nothing', async () => {
  const world = await aWorld();
  for (let i = 0; i < 2; i += 1) {
    await world.caughtUp();
    const calls = world.calls.length;
    const errors = world.errors.length;
    await plane.killAPIServer();
    await expect.poll(() => world.errors.length, { timeout: 20_000 }).toBeGreaterThan(errors + 2);
    expect(world.errors.at(-1)?.code).toBe('ERR_KUBE_UNAVAILABLE');
    expect(world.reflector.size).toBeGreaterThan(0);
    await plane.startAPIServer();
    await world.moreWrites(20);
    await world.caughtUp();
    // The server needs about ten seconds to start, and a call comes every 0.2 to 0.4 s.
    expect(world.calls.length - calls).toBeLessThan(150);
  }
  await world.settle();
});

it('goes on when etcd hung', async () => {
  const world = await aWorld();
  await world.caughtUp();
  plane.pauseEtcd();
  try {
    await expect.poll(() => world.failedWrites(), { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    expect(world.reflector.size).toBeGreaterThan(0);
  } finally {
    plane.resumeEtcd();
  }
  await world.caughtUp();
  await world.settle();
});
