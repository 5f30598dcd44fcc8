// SPDX-License-Identifier: Apache-2.0
/** @module The choice of free ports. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, portAt } from '../../../../hack/controlplane/ports.ts';

it('stays below the ports of outgoing connections', () => {
  expect(portAt(0)).toBe(20_000);
  expect(portAt(0.999_999)).toBe(29_999);
});

it('passes over a port that is taken', async () => {
  const taken = createServer().listen(await freePort(), '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const first = (port - 20_000 + 0.5) / 10_000;
  const draws = [first, first];
  const found = await freePort(() => draws.shift() ?? Math.random());
  expect(draws).toEqual([]);
  expect(found).not.toBe(port);
  expect(found).toBeGreaterThanOrEqual(20_000);
  taken.close();
});
