// SPDX-License-Identifier: Apache-2.0
/**
 * The short form of the fault proof: ten rounds. SIGNET_SEED repeats a run; SIGNET_FAULTS_REPORT names a file for what was
 * measured.
 * @module
 */
import { it } from 'vitest';
import { proveFaults } from '../../support/faults/proof.ts';
import { expectProven } from '../../support/faults/verdict.ts';
import { runSeed } from '../../support/handshakes/seed.ts';

const seed = runSeed();

it(`ten faults in a row cost no identity anything (seed ${seed})`, async () => {
  const stages = [
    { lease: 'fast', rounds: 7 },
    { lease: 'default', rounds: 3 },
  ] as const;
  const report = await proveFaults({ seed, identities: 500, ttl: 60, stages, log: console.log });
  await expectProven(report, 10);
});
