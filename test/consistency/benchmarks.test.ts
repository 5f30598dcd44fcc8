// SPDX-License-Identifier: Apache-2.0
/**
 * What is promised of hand-overs and memory, held against docs/benchmarks.json: each row has the limit that the bench
 * judges it by, and keeps to it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { brokenLimits, type Limit, type Report } from '../../hack/bench/report.ts';

const { rows } = JSON.parse(readFileSync(new URL('../../docs/benchmarks.json', import.meta.url), 'utf8')) as Report;

/** 150 MB, and 350 MB. */
const [MOST_10000, MOST_50000] = [{ most: 143 }, { most: 333 }];
const PROMISED: Readonly<Record<string, Limit>> = {
  failover_kill_default_p99: { most: 11_000 },
  failover_kill_fast_p99: { most: 5000 },
  failover_stop_default_p99: { most: 500 },
  failover_stop_fast_p99: { most: 500 },
  instrument_on: { leastRatio: 0.97 },
  renewals_rss: MOST_10000,
  scale_10000_rss: MOST_10000,
  scale_50000_rss: MOST_50000,
  scrape_10000: { most: 50 },
  steady_rss: MOST_10000,
};

it.each(Object.entries(PROMISED))('%s has its limit', (id, limit) => {
  expect(rows.find((row) => row.id === id)).toMatchObject({ limit });
});

it('keeps to every limit', () => {
  expect(brokenLimits(rows)).toEqual([]);
});
