// SPDX-License-Identifier: Apache-2.0
/**
 * Three intermediate and two root rotations, one after the other, under at least 20,000 handshakes between pods of all
 * stacks, every file of every pod late by its own delay: none fails. SIGNET_SEED repeats the delays of a run.
 * @module
 */
import { beforeAll, expect, it } from 'vitest';
import type { RotationAction } from '../../src/api/trust-domain.ts';
import { present, storyWorld } from '../integration/stories/world.ts';
import { startLab } from '../support/handshakes/lab.ts';
import { rotate, settle } from '../support/handshakes/rotations.ts';
import { runSeed } from '../support/handshakes/seed.ts';
import { everyPairMet } from '../support/handshakes/tally.ts';
import { createWorkloads, LAG, SHORT_INTERMEDIATE, type Workloads } from '../support/handshakes/workloads.ts';

const IDENTITIES = ['checkout', 'frontend', 'reports', 'stock', 'orders', 'search'];
const HANDSHAKES = 20_000;
const ACTIONS: readonly RotationAction[] = [
  'RotateIntermediate',
  'RotateRoot',
  'RotateIntermediate',
  'RotateRoot',
  'RotateIntermediate',
];
const seed = runSeed();
const world = storyWorld();
let created: Workloads | undefined;

beforeAll(async () => {
  created = await createWorkloads(world, 'rotating', IDENTITIES, SHORT_INTERMEDIATE);
});

it(`${ACTIONS.length} rotations break none of ${HANDSHAKES} handshakes (seed ${seed})`, async () => {
  const workloads = present(created, 'workloads');
  const lab = await startLab({ ...workloads.lab, lag: { seed, upTo: LAG }, rate: 80 });
  try {
    for (const [index, action] of ACTIONS.entries()) {
      await rotate(world, workloads, `rotation-${index}`, action);
      await settle(lab, 100);
      console.log(`seed ${seed}: ${action} done, ${lab.tally.total} handshakes, ${lab.tally.failed} failed`);
    }
    await lab.until((tally) => tally.total >= HANDSHAKES && everyPairMet(tally));
  } finally {
    await lab.stop();
    console.log(`seed ${seed}: ${lab.tally.format()}`);
  }
  expect(lab.problems).toEqual([]);
  expect(lab.tally.failures).toEqual([]);
  expect(lab.tally.successes).toBeGreaterThanOrEqual(HANDSHAKES);
});
