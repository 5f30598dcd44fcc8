// SPDX-License-Identifier: Apache-2.0
/**
 * The reflector against a real API server through a network that misbehaves.
 * @module
 */
import { isIP } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Cluster } from '../../../src/kube/cluster.ts';
import type { ReflectorOptions } from '../../../src/kube/reflector.ts';
import { sharedControlPlane } from '../../support/control-plane.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { type WatchedNamespace, watchedNamespace } from './watched-namespace.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource.close();
});

interface Bench {
  readonly proxy: FaultProxy;
  readonly world: WatchedNamespace;
}

async function bench(reflector: Partial<ReflectorOptions<string>> = {}): Promise<Bench> {
  const { kubeconfig, server } = sharedControlPlane();
  const { hostname, port } = new URL(server);
  const proxy = await FaultProxy.start({ host: hostname, port: Number(port) });
  open.push(proxy);
  const through = (cluster: Cluster): Cluster => ({
    ...cluster,
    server: `https://127.0.0.1:${proxy.port}`,
    access: async (fresh) => {
      const access = await cluster.access(fresh);
      // The certificate is for the server's own name; an address is no name to ask for (RFC 6066).
      return isIP(hostname) === 0 ? { ...access, tls: { serverName: hostname, ...access.tls } } : access;
    },
  });
  const world = await watchedNamespace({ kubeconfig, through, reflector });
  open.push(world);
  return { proxy, world };
}

it('survives resets in the middle of watches, and misses nothing', async () => {
  const { proxy, world } = await bench();
  for (let i = 0; i < 8; i += 1) {
    await world.caughtUp();
    proxy.reset();
    await world.moreWrites(10);
  }
  await world.settle();
  expect(world.calls.length).toBeGreaterThanOrEqual(9);
  expect(world.calls.length).toBeLessThan(30);
});

it('notices a connection that has gone silent by its watchdog', async () => {
  const { proxy, world } = await bench({ watchdog: 1500 });
  for (let i = 0; i < 2; i += 1) {
    await world.caughtUp();
    proxy.mode = 'swallow';
    await world.moreWrites(20);
    const before = world.events.length;
    await expect.poll(() => world.errors.at(-1)?.code, { timeout: 10_000 }).toBe('ERR_KUBE_TIMEOUT');
    expect(world.events.length).toBe(before);
    proxy.mode = 'pass';
    // A connection begun meanwhile hangs in its TLS handshake, and gives up by itself.
    await world.caughtUp();
    world.errors.length = 0;
  }
  await world.settle();
  expect(world.calls.length).toBeLessThan(30);
});

it('waits out an API server that can not be reached, without a storm', async () => {
  const { proxy, world } = await bench();
  await world.caughtUp();
  await proxy.refuse();
  await expect.poll(() => world.errors.length, { timeout: 20_000 }).toBeGreaterThan(8);
  const { calls, reflector } = world;
  // Backed off to 200-400 ms: two thirds of the calls are those of the first second.
  expect(calls.length).toBeLessThan(30);
  expect(reflector.hasSynced).toBe(true);
  expect(reflector.size).toBeGreaterThan(0);
  await proxy.accept();
  await world.caughtUp();
  await world.settle();
});

it('follows over a line that is slow', async () => {
  const { proxy, world } = await bench();
  proxy.mode = 'trickle';
  proxy.reset();
  await world.caughtUp();
  await world.moreWrites(50);
  await world.caughtUp();
  proxy.mode = 'pass';
  await world.settle();
  expect(world.calls.length).toBeLessThan(10);
});

it('takes bytes that were changed on the way for what they are', async () => {
  const { proxy, world } = await bench();
  for (let i = 0; i < 4; i += 1) {
    await world.caughtUp();
    proxy.mode = 'corrupt';
    const errors = world.errors.length;
    await expect.poll(() => world.errors.length, { timeout: 10_000 }).toBeGreaterThan(errors);
    await world.moreWrites(10);
    proxy.mode = 'pass';
  }
  await world.caughtUp();
  await world.settle();
  expect(world.calls.length).toBeLessThan(60);
});
