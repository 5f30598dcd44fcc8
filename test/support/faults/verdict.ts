// SPDX-License-Identifier: Apache-2.0
/**
 * What becomes of the report of a fault proof: it is told, kept where SIGNET_FAULTS_REPORT says, and judged.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { describeReport, type ProofReport } from './report.ts';

/**
 * No rule was broken, and every round was played. How long hand-overs took is told, and measured by the benchmark: it is a
 * matter of the machine.
 */
export async function expectProven(report: ProofReport, rounds: number): Promise<void> {
  console.log(describeReport(report));
  const file = process.env['SIGNET_FAULTS_REPORT'];
  if (file !== undefined) await writeFile(file, JSON.stringify(report));
  // Whatever broke a rule has ended the rounds, too, so it is to be heard first.
  expect(report.violations).toEqual([]);
  expect(report.rounds).toBe(rounds);
  expect(report.leastLeft).toBeGreaterThan(0);
}
