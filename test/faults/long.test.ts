// SPDX-License-Identifier: Apache-2.0
/**
 * The long form of the fault proof: 100 rounds, 5,000 identities. SIGNET_SEED repeats a run; SIGNET_FAULTS_ROUNDS,
 * SIGNET_FAULTS_IDENTITIES and SIGNET_FAULTS (names, separated by commas) make it smaller or narrower;
 * SIGNET_FAULTS_REPORT names a file for what was measured.
 * @module
 */
import { it } from 'vitest';
import { FAULTS, type FaultName } from '../support/faults/faults.ts';
import { proveFaults } from '../support/faults/proof.ts';
import { expectProven } from '../support/faults/verdict.ts';
import { runSeed } from '../support/handshakes/seed.ts';

const { env } = process;
const ROUNDS = Number(env['SIGNET_FAULTS_ROUNDS'] ?? 100);
const IDENTITIES = Number(env['SIGNET_FAULTS_IDENTITIES'] ?? 5000);
const NAMES = (env['SIGNET_FAULTS'] ?? '').split(',').filter((name) => name !== '');
/** About this many renewals a second, enough to see a hand-over by. */
const RENEWALS_PER_SECOND = 33;
const ttl = Math.max(60, Math.ceil((2 * IDENTITIES) / RENEWALS_PER_SECOND));
const seed = runSeed();

it(`${ROUNDS} rounds of faults cost none of ${IDENTITIES} identities anything (seed ${seed})`, async () => {
  const faults = NAMES.length === 0 ? {} : { faults: NAMES.filter((name): name is FaultName => name in FAULTS) };
  const half = Math.floor(ROUNDS / 2);
  const stages = [
    { lease: 'default', rounds: ROUNDS - half },
    { lease: 'fast', rounds: half },
  ] as const;
  const report = await proveFaults({ seed, identities: IDENTITIES, ttl, stages, ...faults, log: console.log });
  await expectProven(report, ROUNDS);
});
