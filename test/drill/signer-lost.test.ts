// SPDX-License-Identifier: Apache-2.0
/** @module The controller that signs is killed. Starting another stands for what its Deployment does. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { addressesOf, startDrill, withStandby } from './drill.ts';

const world = storyWorld();
/** A hand-over takes the ten seconds of the Lease, which are no two minutes of a rule. */
const SCALE = 10;

it('pages nobody: the standby takes over; that none is left is for the morning', async () => {
  const { signer, standby } = await withStandby(world);
  const drill = await startDrill({ signer, standby }, SCALE);
  const { identity } = await world.issued({ ttl: '30s' });
  await drill.staysQuiet(15);
  await signer.kill();
  await drill.prometheus.retarget(await addressesOf({ standby }));
  await standby.untilSigning();
  await world.reissued(identity);
  expect(await drill.untilFiring('SignetNoWarmStandby')).toBeLessThan(150);
  const next = await world.start();
  await next.untilReady();
  await drill.prometheus.retarget(await addressesOf({ standby, next }));
  await drill.untilQuiet();
});
