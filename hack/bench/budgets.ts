// SPDX-License-Identifier: Apache-2.0
/**
 * What measured figures may come to at most. A benchmark that breaks one of these ends with an exit code that says so.
 * @module
 */
import type { Row } from './report.ts';

interface Budget {
  /** Of the row. */
  readonly id: string;
  readonly keeps: (row: Row) => boolean;
  readonly says: (row: Row) => string;
}

/** Of the throughput without metrics, log, audit stream and events. */
const LEAST_RATE = 0.97;
const LONGEST_SCRAPE_MS = 50;

const BUDGETS: readonly Budget[] = [
  {
    id: 'instrument_on',
    keeps: ({ ratio = Number.NaN }) => ratio >= LEAST_RATE,
    says: ({ ratio = Number.NaN, note }) =>
      `the controller issues ${ratio.toFixed(3)} times as fast as without metrics, log, audit stream and events (median of ${note}), and ${LEAST_RATE} is the least: take out what was added to an issuance in src/observability or src/signals`,
  },
  {
    id: 'scrape_10000',
    keeps: ({ value }) => value <= LONGEST_SCRAPE_MS,
    says: ({ value, unit, note }) =>
      `a scrape with 10,000 identities takes ${value.toFixed(1)} ${unit} (${note}), and ${LONGEST_SCRAPE_MS} ms is the most: see what the sources of src/app/readings.ts compute, and which metric has new series`,
  },
];

/** A sentence for each budget that is broken; of what was not measured nothing is said. */
export function brokenBudgets(rows: readonly Row[]): string[] {
  return BUDGETS.flatMap(({ id, keeps, says }) =>
    rows.filter((row) => row.id === id && !keeps(row)).map((row) => `budget of ${id} broken: ${says(row)}`),
  );
}
