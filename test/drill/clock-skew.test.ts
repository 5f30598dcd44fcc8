// SPDX-License-Identifier: Apache-2.0
/** @module The clock of a standby's machine is a minute ahead. Another process stands for a clock put right. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { addressesOf, startDrill } from './drill.ts';

const world = storyWorld();
const AHEAD = 'data:text/javascript,const now=Date.now;Date.now=()=>now()+60000';

it('pages for the clock and not for the standby that is not ready because of it', async () => {
  const { signet: signer } = world;
  const wrong = await world.startAs({ nodeFlags: ['--disable-sigusr1', `--import=${AHEAD}`] });
  await wrong.untilLogged('Serving probes and metrics');
  const drill = await startDrill({ signer, wrong });
  expect(await drill.untilFiring('SignetClockSkew')).toBeLessThan(60);
  await wrong.stop();
  const right = await world.start();
  await right.untilReady();
  await drill.prometheus.retarget(await addressesOf({ signer, right }));
  await drill.untilQuiet();
});
