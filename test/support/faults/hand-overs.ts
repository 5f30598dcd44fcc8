// SPDX-License-Identifier: Apache-2.0
/**
 * What hand-overs cost: an SVID too many where one holder did not know yet what the other had done. Each hand-over is
 * judged for itself, because what it costs would be nothing of what a day issues.
 * @module
 */

import type { LeaseVersion } from './lease-log.ts';
import type { Issuance } from './ledger.ts';

/** Of what is issued in a hand-over. */
const RARE = 0.01;
/** Of few there is no hundredth: one race may be lost. */
const ONE = 1;
/** For so long the next holder may act on what it heard before. */
const SETTLING_MS = 5000;

export interface Races {
  readonly handOvers: number;
  /** Issued in them. */
  readonly issuances: number;
  /** Of these, one too many. */
  readonly races: number;
  readonly violations: readonly string[];
}

/** Issuances and tenures in the order of the store. */
export function judgeHandOvers(issuances: readonly Issuance[], tenures: readonly LeaseVersion[]): Races {
  const held = tenures.filter(({ holder }) => holder !== '');
  const pairs = held.flatMap((to, index) => {
    const from = held[index - 1];
    return from === undefined || from.holder === to.holder ? [] : [{ from, to }];
  });
  const windows = pairs.map(({ from, to }) => {
    const inside = issuances.slice(...windowOf(issuances, to));
    return { name: `from ${from.holder} to ${to.holder}`, inside };
  });
  const all = new Set(windows.flatMap(({ inside }) => inside));
  const races = [...all].filter(isRace);
  const outside = issuances.filter((issuance) => isRace(issuance) && !all.has(issuance));
  const violations = [
    ...windows.flatMap(({ name, inside }) => excess(name, inside)),
    ...excess('in all hand-overs', [...all]),
    ...outside.map(({ where, race }) => `${where}: issued ${race}, and in no hand-over`),
  ];
  return { handOvers: windows.length, issuances: all.size, races: races.length, violations };
}

/** From the last issuance of the one to some time after the first of the next. */
function windowOf(issuances: readonly Issuance[], { revision, at }: LeaseVersion): [number, number] {
  const first = issuances.findIndex((issuance) => issuance.revision > revision);
  if (first === -1) return [Math.max(0, issuances.length - 1), issuances.length];
  const until = (issuances[first]?.at ?? at) + SETTLING_MS;
  const end = issuances.findIndex((issuance, index) => index > first && issuance.at > until);
  return [Math.max(0, first - 1), end === -1 ? issuances.length : end];
}

function excess(name: string, inside: readonly Issuance[]): string[] {
  const races = inside.filter(isRace);
  if (races.length <= Math.max(ONE, RARE * inside.length)) return [];
  const told = races.slice(0, 5).map(({ where, race }) => `${where} ${race}`);
  return [`${name}: ${races.length} of ${inside.length} SVIDs were one too many: ${told.join(', ')}`];
}

function isRace({ race }: Issuance): boolean {
  return race !== undefined;
}
