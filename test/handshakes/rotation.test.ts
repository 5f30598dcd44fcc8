// SPDX-License-Identifier: Apache-2.0
/**
 * An intermediate and a root rotate on demand while pods of all stacks shake hands, every file of every pod late by its
 * own delay: no handshake fails. Pods that get no cross-certificates and lag for twice as long see them fail.
 * @module
 */
import { beforeAll, expect, it } from 'vitest';
import { present, storyWorld } from '../integration/stories/world.ts';
import { withoutCrossCertificate } from '../support/handshakes/edits.ts';
import { type Lab, startLab } from '../support/handshakes/lab.ts';
import { rotate, settle } from '../support/handshakes/rotations.ts';
import { runSeed } from '../support/handshakes/seed.ts';
import { everyPairMet } from '../support/handshakes/tally.ts';
import { createWorkloads, LAG, MARGIN, SHORT_INTERMEDIATE, type Workloads } from '../support/handshakes/workloads.ts';

const IDENTITIES = ['checkout', 'frontend', 'reports', 'stock'];
const HANDSHAKES = 2000;
/** The old root stays until the last leaf under it and the clocks of others are surely past. */
const TIMEOUT_MS = 400_000;
const seed = runSeed();
const world = storyWorld();
let created: Workloads | undefined;

beforeAll(async () => {
  created = await createWorkloads(world, 'rotating', IDENTITIES, SHORT_INTERMEDIATE);
});

it(
  `breaks no handshake, and would without cross-certificates and with twice the lag (seed ${seed})`,
  async () => {
    const workloads = present(created, 'workloads');
    const sound = await startLab({ ...workloads.lab, lag: { seed, upTo: LAG }, rate: 50 });
    const control = await startLab({
      ...workloads.lab,
      lag: { seed, upTo: 2 * MARGIN, styles: [['AnchorsLate', 1]] },
      edit: withoutCrossCertificate,
      stacks: ['node', 'go'],
      rate: 20,
    });
    try {
      await rotate(world, workloads, 'first', 'RotateIntermediate');
      expect(control.tally.failures).toEqual([]);
      await rotate(world, workloads, 'second', 'RotateRoot');
      await settle(sound, 100);
      await sound.until((tally) => tally.total >= HANDSHAKES && everyPairMet(tally));
    } finally {
      await Promise.all([sound.stop(), control.stop()]);
      print('the proof', sound);
      print('the negative control', control);
    }
    expect(sound.problems).toEqual([]);
    expect(sound.tally.failures).toEqual([]);
    expect(sound.tally.successes).toBeGreaterThanOrEqual(HANDSHAKES);
    expect(control.tally.failed).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

function print(what: string, lab: Lab): void {
  console.log(`${what}, seed ${seed}: ${lab.tally.format()}`);
}
