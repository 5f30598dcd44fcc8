// SPDX-License-Identifier: Apache-2.0
/**
 * The figures of README, out of docs/benchmarks.json: what a platform team asks for first. What was not measured yet is
 * said to be so.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SECOND } from '../../src/time.ts';
import type { Report, Row } from '../bench/report.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BEGIN = '<!-- begin: figures of docs/benchmarks.json, by npm run generate -->\n';
const END = '<!-- end: figures of docs/benchmarks.json -->\n';

interface Question {
  readonly asks: string;
  /** `{id}` is the value of a row with its unit, `{id ratio}` its ratio in percent. */
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
    answer: '{failover_kill_default_p50} (p50), {failover_kill_default_p99} (p99)',
    unmeasured: 'not measured yet; what is meant: [hand-over](docs/scale.md#one-signs-the-others-are-warm)',
  },
];

/** README as it should be. */
export async function readme(): Promise<{ readonly path: string; readonly text: string }> {
  const report = JSON.parse(await readFile(path.join(ROOT, 'docs/benchmarks.json'), 'utf8')) as Report;
  const page = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  const { above, below } = besideFigures(page);
  return { path: 'README.md', text: `${above}${BEGIN}${figures(report)}${END}${below}` };
}

/** What stands before and behind the figures of a page; an Error where their markers are not there. */
export function besideFigures(page: string): { readonly above: string; readonly below: string } {
  const [above = '', rest = ''] = page.split(BEGIN);
  const [, below] = rest.split(END);
  if (below === undefined) throw new Error(`README.md lacks the line ${BEGIN}or, after it, ${END}`);
  return { above, below };
}

/** The table of a report; an Error where a row is missing that is always there. */
export function figures({ machine, rows }: Report): string {
  const known = new Map(rows.map((row) => [row.id, row]));
  const lines = QUESTIONS.map(({ asks, answer, unmeasured }) => {
    const missing = [...answer.matchAll(/\{(\w+)/gu)].map(([, id = '']) => id).filter((id) => !known.has(id));
    if (missing.length === 0) return `| ${asks} | ${filled(answer, known)} |`;
    if (unmeasured !== undefined) return `| ${asks} | ${unmeasured} |`;
    throw new Error(`docs/benchmarks.json lacks ${missing.join(', ')}: npm run bench -- --record measures them`);
  });
  const head = `Measured on ${machine}, which API server, etcd, controller and load share ([more](docs/benchmarks.md)):`;
  return `${[head, '', '| | |', '|---|---|', ...lines].join('\n')}\n`;
}

function filled(answer: string, known: ReadonlyMap<string, Row>): string {
  return answer.replaceAll(/\{(\w+)( ratio)?\}/gu, (_, id: string, ratio?: string) => {
    const row = known.get(id);
    if (ratio !== undefined) return `${rounded((row?.ratio ?? Number.NaN) * 100)} %`;
    const { value = Number.NaN, unit } = row ?? {};
    return unit === 'ms' && value >= SECOND ? `${rounded(value / SECOND)} s` : `${rounded(value)} ${unit}`;
  });
}

/** A shared machine can vouch for no more than three digits. */
function rounded(value = Number.NaN): string {
  if (Number.isNaN(value)) throw new Error('a row of docs/benchmarks.json has no value, or no ratio');
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
