// SPDX-License-Identifier: Apache-2.0
/** @module A row of a bench may have a limit: it is printed, and whoever breaks it is named. */
import { describe, expect, it } from 'vitest';
import { memoryLimit } from '../../../hack/bench/process-readings.ts';
import { brokenLimits, formatTable, type Limit } from '../../../hack/bench/report.ts';

function aRow(value: number, limit?: Limit) {
  return { id: 'steady_rss', value, unit: 'MiB', ...(limit && { limit }) };
}

describe('brokenLimits', () => {
  it.each([
    [142.9, { most: 143 }],
    [143, { most: 143 }],
    [0.8, { least: 0.8 }],
    [1000, undefined],
    [Number.NaN, undefined],
  ])('%s keeps to %o', (value, limit) => {
    expect(brokenLimits([aRow(value, limit)])).toEqual([]);
  });

  it.each([
    [143.01, { most: 143 }, 'steady_rss is 143.01 MiB, and has to be <= 143'],
    [0.79, { least: 0.8 }, 'steady_rss is 0.79 MiB, and has to be >= 0.8'],
    [Number.NaN, { most: 143 }, 'steady_rss is NaN MiB, and has to be <= 143'],
    [Number.NaN, { least: 0 }, 'steady_rss is NaN MiB, and has to be >= 0'],
  ])('%s does not keep to %o', (value, limit, sentence) => {
    expect(brokenLimits([aRow(1), aRow(value, limit)])).toEqual([sentence]);
  });
});

it('is printed beside the value', () => {
  const [, , limited, free] = formatTable([aRow(120, { most: 143 }), aRow(167)]).split('\n');
  expect(limited).toBe('| steady_rss | 120 | MiB | <= 143 |  |  |');
  expect(free).toBe('| steady_rss | 167 | MiB |  |  |  |');
});

it('promises megabytes of 10,000 and 50,000 identities, and nothing of others', () => {
  expect(megabytes(10_000)).toBeLessThanOrEqual(150);
  expect(megabytes(10_000)).toBeGreaterThan(148.9);
  expect(megabytes(50_000)).toBeLessThanOrEqual(350);
  expect(megabytes(50_000)).toBeGreaterThan(348.9);
  expect(memoryLimit(1000)).toEqual({});
});

/** Where there is a limit. */
function megabytes(identities: number): number {
  const { limit } = memoryLimit(identities);
  return ((limit !== undefined && 'most' in limit ? limit.most : Number.NaN) * 2 ** 20) / 1e6;
}
