// SPDX-License-Identifier: Apache-2.0
/**
 * A controller that is killed at random points of its work leaves nothing that the next one does not mend: no key that
 * does not match, no orphan, nothing stuck.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { createFleet, untilWell } from './fleet.ts';
import { watchSecrets } from './secret-stream.ts';

const IDENTITIES = 200;
const KILLS = 25;
/** Without an election the next controller starts at once, so that kills hit work and not waiting. */
const world = storyWorld({ running: false, flags: ['--leader-elect=false'] });

it(`survives ${KILLS} kills during ${IDENTITIES} issuances and their renewals`, async () => {
  const namespace = await world.namespace();
  const witness = await watchSecrets(namespace);
  await createFleet(world, namespace, IDENTITIES, '20s');
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const signet = await world.start();
    await signet.untilReady();
    // Anywhere from the first write of a start to somewhere in its renewals; the spread is what is tested.
    await pause(Math.random() ** 2 * 4000);
    await signet.kill();
  }
  await world.start();
  await untilWell(world, namespace);
  await witness.stop();
  expect(witness.violations).toEqual([]);
  expect(witness.serials.size).toBe(IDENTITIES);
});
