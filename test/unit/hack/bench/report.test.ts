// SPDX-License-Identifier: Apache-2.0
/** @module What a benchmark says of a figure that is beyond its limit, and how it comes to the figure. */
import { describe, expect, it } from 'vitest';
import { checkTurn, costRows } from '../../../../hack/bench/instrument-cost.ts';
import { brokenLimits, type Row } from '../../../../hack/bench/report.ts';

const AT_EASE = { rate: 200, cpu: 2 };

/** Rows of pairs whose rounds with instruments are as fast as this, compared with those without. */
function pairs(...ratios: readonly number[]): Row[] {
  const on = ratios.map((ratio) => ({ rate: AT_EASE.rate * ratio, cpu: 2.1 }));
  return costRows({ on, off: ratios.map(() => AT_EASE) });
}

function scrape(value: number): Row {
  return { id: 'scrape_10000', value, unit: 'ms', note: '1 series', limit: { most: 50, remedy: 'count less' } };
}

describe('throughput', () => {
  it('is the median of pairs, with their spread beside it', () => {
    expect(pairs(1.04, 0.99, 0.91)).toMatchObject([
      { id: 'instrument_off', value: 200 },
      { id: 'instrument_on', value: 198, ratio: 0.99, note: '3 pairs of turns: 0.91 to 1.04' },
      { id: 'instrument_off_cpu', value: 2 },
      { id: 'instrument_on_cpu', value: 2.1, ratio: 1.05, note: '3 pairs of turns: 1.05 to 1.05' },
    ]);
  });

  it('is held against neighbors, however fast the machine is at the moment', () => {
    const on = [196, 98, 49].map((rate) => ({ rate, cpu: 2 }));
    const off = [200, 100, 50].map((rate) => ({ rate, cpu: 2 }));
    expect(costRows({ on, off })[1]?.ratio).toBeCloseTo(0.98);
  });

  it.each([
    [1.04, 0.97, 0.91],
    [1.1, 1.02, 0.5],
  ])('keeps its limit at %d, %d, %d', (...ratios) => {
    expect(brokenLimits(pairs(...ratios))).toEqual([]);
  });

  it('breaks it where the median of pairs is below', () => {
    expect(brokenLimits(pairs(1.04, 0.962, 0.91))).toEqual([
      expect.stringMatching(
        /^instrument_on is 0\.962 x instrument_off \(.* 0\.91 to 1\.04\), and has to be >= 0\.97 x: take out /u,
      ),
    ]);
  });

  it('breaks it where nothing was measured of it', () => {
    expect(brokenLimits(costRows({ on: [], off: [] }))).toHaveLength(1);
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
