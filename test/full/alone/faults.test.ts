// SPDX-License-Identifier: Apache-2.0
/**
 * The short form of the fault proof: ten rounds. SIGNET_SEED repeats a run.
 * @module
 */
import { expect, it } from 'vitest';
import { proveFaults } from '../../support/faults/proof.ts';
import { describeReport, expectProven } from '../../support/faults/verdict.ts';
import { runSeed } from '../../support/handshakes/seed.ts';

const seed = runSeed();

it(`ten faults in a row cost no identity anything (seed ${seed})`, async () => {
  const stages = [
    { lease: 'fast', rounds: 7 },
    { lease: 'default', rounds: 3 },
  ] as const;
  const report = await proveFaults({ seed, identities: 500, ttl: '60s', stages, log: console.log });
  console.log(describeReport(report));
  expect(report.rounds).toBe(10);
  expectProven(report);
});
