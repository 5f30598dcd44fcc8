// SPDX-License-Identifier: Apache-2.0
/** @module The way to the API server is slow: its bytes trickle. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { sharedControlPlane } from '../support/control-plane.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { startDrill } from './drill.ts';

const world = storyWorld({ running: false });
let proxy: FaultProxy | undefined;

afterAll(() => proxy?.close());

it('pages nobody and tells of the API server alone, and renewals go on', async () => {
  const { hostname, port, origin } = new URL(sharedControlPlane().server);
  // A call takes seconds, and less than the deadline of the Lease.
  proxy = await FaultProxy.start({ host: hostname, port: Number(port), trickle: { bytes: 400, every: 300 } });
  const { kubeconfig, directory } = world.installation;
  const slow = path.join(directory, 'slow-kubeconfig');
  await writeFile(slow, (await readFile(kubeconfig, 'utf8')).replaceAll(origin, `https://127.0.0.1:${proxy.port}`));
  const signer = await world.startAs({ kubeconfig: slow });
  await signer.untilSigning();
  const standby = await world.start();
  await standby.untilReady();
  const { identity } = await world.issued({ ttl: '30s' });
  const drill = await startDrill({ signer, standby });
  await drill.staysQuiet(15);
  proxy.mode = 'trickle';
  expect(await drill.untilFiring('SignetAPIServerSlow')).toBeLessThan(90);
  await world.reissued(identity);
  proxy.mode = 'pass';
  await drill.untilQuiet();
});
