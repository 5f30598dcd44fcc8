// SPDX-License-Identifier: Apache-2.0
/** @module The controller that signs dies with its node, and its pod is still there as if nothing were. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { runFix, startDrill } from './drill.ts';
import { startPods } from './pods.ts';

const world = storyWorld({ running: false });
/** A hand-over takes the ten seconds of the Lease, which are no two minutes of a rule. */
const SCALE = 10;

it('pages nobody: the standby takes over; that none is left is for the morning', async () => {
  const pods = await startPods(world, { name: 'signet-controller', replicas: 2, start: () => world.start() });
  const processes = Object.values(pods.running());
  const signer = await Promise.any(
    processes.map(async (signet) => {
      await signet.untilSigning();
      return signet;
    }),
  );
  await Promise.all(processes.map((signet) => signet.untilReady()));
  const drill = await startDrill(pods.running(), SCALE);
  pods.scrapedBy(drill.prometheus);
  const { identity } = await world.issued({ ttl: '30s' });
  await drill.staysQuiet(15);
  await signer.kill();
  await world.reissued(identity);
  expect(await drill.untilFiring('SignetNoWarmStandby')).toBeLessThan(150);
  await runFix('SignetNoWarmStandby', {
    'signet-system': world.installation.namespace,
    '<pod>': pods.nameOf(signer),
  });
  expect(await drill.untilQuiet()).toBeLessThan(60);
});
