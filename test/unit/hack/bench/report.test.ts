// SPDX-License-Identifier: Apache-2.0
/** @module What a benchmark says of a figure that is beyond its limit, and how it comes to the figure. */
import { describe, expect, it } from 'vitest';
import { checkTurn, costRows, type Turn } from '../../../../hack/bench/instrument-cost.ts';
import { brokenLimits, type Row } from '../../../../hack/bench/report.ts';

const AT_EASE: Turn = { count: 400, took: 2000, cpu: 800 };

function slower(ratio: number, turn = AT_EASE): Turn {
  return { ...turn, count: turn.count * ratio };
}

/** A controller for each, which issues with instruments as much as this of what it issues without. */
function controllers(...ratios: readonly number[]): Row[] {
  return costRows(ratios.map((ratio) => ({ on: [slower(ratio), slower(ratio)], off: [AT_EASE, AT_EASE] })));
}

/** A controller that takes so many times the CPU with instruments, at the same rate. */
function dearer(times: number): Row[] {
  return costRows([{ on: [{ ...AT_EASE, cpu: AT_EASE.cpu * times }], off: [AT_EASE] }]);
}

function scrape(value: number): Row {
  return { id: 'scrape_10000', value, unit: 'ms', note: '1 series', limit: { most: 50, remedy: 'count less' } };
}

describe('throughput', () => {
  it('is of all turns together, with the spread of controllers beside it', () => {
    expect(controllers(1.05, 0.99, 0.9)).toMatchObject([
      { id: 'instrument_off', value: 200 },
      { id: 'instrument_on', value: 196, ratio: 0.98, note: '6 turns each, of 3 controllers: 0.90 to 1.05, +- 0.044' },
      { id: 'instrument_off_cpu', value: 2 },
      { id: 'instrument_on_cpu', value: 4800 / 2352, note: '6 turns each, of 3 controllers: 0.95 to 1.11, +- 0.046' },
    ]);
  });

  it('is held against the same machine, however fast it is at the moment', () => {
    const turns = [1, 2, 4].map((times) => ({ ...AT_EASE, count: AT_EASE.count * times }));
    expect(costRows([{ on: turns.map((turn) => slower(0.98, turn)), off: turns }])[1]?.ratio).toBeCloseTo(0.98);
  });

  it('keeps its limit where one controller is below and another above', () => {
    expect(brokenLimits(controllers(0.98, 0.96))).toEqual([]);
  });

  it('breaks it where all together are below', () => {
    expect(brokenLimits(controllers(1, 0.9))).toEqual([
      expect.stringMatching(
        /^instrument_on is 0\.950 x instrument_off \(.* 0\.90 to 1\.00, \+- 0\.050\), and has to be >= 0\.97 x: take out /u,
      ),
    ]);
  });

  it('may cost a tenth of CPU at the same rate, and no more', () => {
    expect(brokenLimits(dearer(1.1))).toEqual([]);
    expect(brokenLimits(dearer(1.2))).toEqual([
      expect.stringMatching(
        /^instrument_on_cpu is 1\.200 x instrument_off_cpu .*, and has to be <= 1\.1 x: take out /u,
      ),
    ]);
  });

  it('breaks it where nothing was measured of it', () => {
    expect(brokenLimits(costRows([]))).toHaveLength(2);
  });
});

describe('a turn', () => {
  it.each([
    { on: true, count: 600, counted: 590 },
    { on: false, count: 600, counted: 12 },
  ])('is taken as what it is: $on, $counted of $count counted', (turn) => expect(() => checkTurn(turn)).not.toThrow());

  it.each([
    [{ on: true, count: 600, counted: 0 }, /^0 of 600 issuances were counted in a turn with instruments/u],
    [{ on: false, count: 600, counted: 600 }, /^600 of 600 issuances were counted in a turn without instruments/u],
    [{ on: true, count: 0, counted: 0 }, /^nothing was issued/u],
  ])('is not taken as another one: %o', (turn, message) => expect(() => checkTurn(turn)).toThrow(message));
});

describe('a scrape', () => {
  it('may take 50 ms', () => {
    expect(brokenLimits([scrape(50)])).toEqual([]);
  });

  it('may not take longer', () => {
    expect(brokenLimits([scrape(62.34)])).toEqual([
      'scrape_10000 is 62.34 ms (1 series), and has to be <= 50: count less',
    ]);
  });
});

it('says nothing of what was not measured', () => {
  expect(brokenLimits([{ id: 'mint', value: 1, unit: 'mints/s' }])).toEqual([]);
});
