// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { judgeRound, type Round } from '../../../support/faults/judge-round.ts';
import { LeaseLog } from '../../../support/faults/lease-log.ts';
import type { Issuance } from '../../../support/faults/ledger.ts';

const ONE = 'controller-1_71_1795424738245';
const OTHER = 'controller-2_72_1795424738246';

/** One holds from the first second on and renews it until the tenth; another holds it from the twentieth on. */
function aLog(): LeaseLog {
  const log = new LeaseLog();
  for (let second = 1; second <= 10; second += 1) log.saw({ holder: ONE, revision: 100 * second, at: 1000 * second });
  log.saw({ holder: OTHER, revision: 2000, at: 20_000 });
  return log;
}

/** By the one, `at` ms, with a revision of that time. */
function anIssuance(at: number, changes: Partial<Issuance> = {}): Issuance {
  const revision = at / 10 + 1;
  return { where: `identity-1@${revision}`, revision, at, writer: 71, overdue: 0, left: 40_000, ...changes };
}

function aRound(issuances: readonly Issuance[], changes: Partial<Round> = {}): Round {
  const lease = { duration: 4000, renewDeadline: 3000 };
  return {
    title: 'round 1',
    lease,
    ttl: 60_000,
    issuances,
    left: 30_000,
    outage: 0,
    rewriting: 0,
    underWay: 0,
    ...changes,
  };
}

it('finds nothing wrong with what a holder stores in time', () => {
  const verdict = judgeRound(aRound([anIssuance(5000), anIssuance(12_900)]), aLog());
  expect(verdict).toEqual({ violations: [], late: [], overstay: -100, overdue: 0, leastLeft: 30_000 });
});

it('counts what is stored in the tenure of another, whether or not its issuer ever said so', () => {
  const { violations, late } = judgeRound(aRound([anIssuance(21_000)]), aLog());
  expect(late).toEqual([`identity-1@2101: stored by 71, held by ${OTHER}`]);
  expect(violations).toEqual([`round 1: ${late[0]}`]);
});

it('counts what is stored when nobody holds the Lease', () => {
  const log = aLog();
  log.saw({ holder: '', revision: 2500, at: 25_000 });
  const { late } = judgeRound(aRound([anIssuance(26_000, { writer: 72 })]), log);
  expect(late).toEqual(['identity-1@2601: stored by 72, held by nobody']);
});

it('counts what nobody known has stored', () => {
  const { violations, late } = judgeRound(aRound([anIssuance(5000, { writer: undefined })]), aLog());
  expect(late).toEqual([`identity-1@501: stored by nobody known, held by ${ONE}`]);
  expect(violations).toHaveLength(1);
});

it('finds a holder that does not stop when it cannot renew, though nobody has followed it yet', () => {
  expect(judgeRound(aRound([anIssuance(14_000)]), aLog()).violations).toEqual([]);
  const { violations, overstay } = judgeRound(aRound([anIssuance(14_010)]), aLog());
  expect(overstay).toBe(1010);
  expect(violations).toEqual([
    'round 1: identity-1@1402: stored by 71, 1010 ms after it had to stop, because it had not renewed its Lease',
  ]);
});

it('allows as many late writes as were under way, and tells of them', () => {
  const two = [anIssuance(15_000), anIssuance(21_000)];
  const { violations, late } = judgeRound(aRound(two, { underWay: 2 }), aLog());
  expect([violations.length, late.length]).toEqual([0, 2]);
  expect(judgeRound(aRound(two, { underWay: 1 }), aLog()).violations).toHaveLength(2);
});

it('allows renewals to be as late as an outage and a hand-over make them', () => {
  const log = aLog();
  const judged = (overdue: number, outage: number) =>
    judgeRound(aRound([anIssuance(5000, { overdue })], { outage }), log).violations;
  expect(judged(14_000, 0)).toEqual([]);
  expect(judged(14_001, 0)).toEqual(['round 1: renewed 14001 ms after the plan, at most 14000 are allowed']);
  expect(judged(14_001, 1)).toEqual([]);
  const rewritten = aRound([anIssuance(5000, { overdue: 14_001 })], { rewriting: 1 });
  expect(judgeRound(rewritten, log).violations).toEqual([]);
});

it('wants of every SVID to have left what the latest allowed renewal leaves', () => {
  const least = 10_000;
  expect(judgeRound(aRound([anIssuance(5000, { left: least })]), aLog()).violations).toEqual([]);
  const issued = judgeRound(aRound([anIssuance(5000, { left: least - 1 })]), aLog());
  expect(issued.violations).toEqual(['round 1: an SVID had 9999 ms left, at least 10000 are wanted']);
  expect(issued.leastLeft).toBe(least - 1);
  expect(judgeRound(aRound([], { left: least - 1 }), aLog()).violations).toHaveLength(1);
});
