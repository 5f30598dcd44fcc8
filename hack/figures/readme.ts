// SPDX-License-Identifier: Apache-2.0
/**
 * The figures of README, out of docs/benchmarks.json: what a platform team asks for first. What was not measured yet is
 * said to be so.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Report, storedReport } from '../bench/report.ts';
import { besideBlock, withBlock } from './block.ts';
import { byID, filled, lacking, missingFrom } from './fill.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = 'README.md';
const OF = 'docs/benchmarks.json';

interface Question {
  readonly asks: string;
  /** With places as of fill.ts. */
  readonly answer: string;
  /** Said instead while a row of the answer is missing. */
  readonly unmeasured?: string;
}

const QUESTIONS: readonly Question[] = [
  {
    asks: '10,000 identities are created at once',
    answer: '{issue_10000}, {issue_10000 ratio} of what a bare loop of the same writes reaches',
  },
  {
    asks: 'from creation to Ready',
    answer: '{ready_one_p50} (p50), {ready_one_p99} (p99); under load {ready_load_p50} and {ready_load_p99}',
  },
  {
    asks: 'memory of a controller with 10,000 identities',
    answer: '{steady_rss}; {renewals_rss} over 1,000 renewals',
  },
  {
    asks: 'the webhook judges an identity by 50 policies',
    answer: '{webhook_50_p99} (p99); {webhook_50_cel_p99} where each has a CEL rule',
  },
  {
    asks: 'nobody signs after the signer was killed',
    answer: '{failover_kill_default_p50} (p50), {failover_kill_default_p99} (p99 of {failover_kill_default_p99 note})',
    unmeasured: 'not measured yet; what is meant: [hand-over](docs/scale.md#one-signs-the-others-are-warm)',
  },
];

/** README as it should be. */
export async function readme(): Promise<{ readonly path: string; readonly text: string }> {
  const page = await readFile(path.join(ROOT, FILE), 'utf8');
  return { path: FILE, text: withBlock(page, FILE, OF, figures(await storedReport())) };
}

/** What stands before and behind the figures of a page; an Error where their markers are not there. */
export function besideFigures(page: string): { readonly above: string; readonly below: string } {
  return besideBlock(page, FILE, OF);
}

/** The table of a report; an Error where a row is missing that is always there. */
export function figures({ machine, rows }: Report): string {
  const known = byID(rows);
  const lines = QUESTIONS.map(({ asks, answer, unmeasured }) => {
    const missing = missingFrom(answer, known);
    if (missing.length === 0) return `| ${asks} | ${filled(answer, known)} |`;
    if (unmeasured !== undefined) return `| ${asks} | ${unmeasured} |`;
    throw new Error(lacking(missing));
  });
  const head = `Measured on ${machine}, which API server, etcd, controller and load share ([more](docs/benchmarks.md)):`;
  return `${[head, '', '| | |', '|---|---|', ...lines].join('\n')}\n`;
}
