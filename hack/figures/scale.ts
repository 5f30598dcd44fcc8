// SPDX-License-Identifier: Apache-2.0
/**
 * The figures of docs/scale.md: hand-overs, memory and the signer's CPU out of docs/benchmarks.json, larger fleets out of
 * docs/simulation/.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Report, storedReport } from '../bench/report.ts';
import { withBlock } from './block.ts';
import { byID, filled, type Rows, rounded, rowOf } from './fill.ts';
import {
  inputsTable,
  type PredictionRecord,
  predictionsTable,
  STORIES,
  type StoryRecord,
  storedPredictions,
  storedStory,
  storiesTable,
} from './simulated.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = 'docs/scale.md';

const HAND_OVERS = `| | Lease | fast Lease |
|---|---|---|
| \`--lease-duration\`, \`--lease-renew-deadline\`, \`--lease-retry-period\` | 10 s, 6 s, 2 s (default) | 4 s, 3 s, 1 s |
| from the last write of a controller that was killed to the first of the next (p50, p99 of {failover_kill_default_p99 note}) | {failover_kill_default_p50}, {failover_kill_default_p99} | {failover_kill_fast_p50}, {failover_kill_fast_p99} |
| limit of the latter | {failover_kill_default_p99 limit} | {failover_kill_fast_p99 limit} |
| after a graceful stop | {failover_stop_default_p50}, {failover_stop_default_p99} | {failover_stop_fast_p50}, {failover_stop_fast_p99} |
| limit of the latter | {failover_stop_default_p99 limit} | {failover_stop_fast_p99 limit} |
| in a rolling restart of everything, which has to miss nothing | {failover_roll_default_p50}, {failover_roll_default_p99} | {failover_roll_fast_p50}, {failover_roll_fast_p99} |
| answered twice, over all of them | {failover_twice} ({failover_twice note}) | |
| stored by a signer that had lost the Lease | {failover_late} ({failover_late note}) | |
`;

const MEMORY = `| identities | 1,000 | 10,000 | 50,000 |
|---|---|---|---|
| memory of each replica at rest | {scale_1000_rss} | {scale_10000_rss} | {scale_50000_rss} |
| limit | | {scale_10000_rss limit} | {scale_50000_rss limit} |
| while every SVID is replaced at once; no limit | {scale_1000_rss_highest} | {scale_10000_rss_highest} | {scale_50000_rss_highest} |
| etcd | {scale_1000_etcd} | {scale_10000_etcd} | {scale_50000_etcd} |

Slope of memory at rest: {scale_slope} (\`scale_slope\`). In another run, with 10,000: {steady_rss} at rest, {renewals_rss} over 1,000 renewals (limit {renewals_rss limit}).
`;

const SIGNER = `| | |
|---|---|
| the signer's CPU for an SVID (\`instrument_on_cpu\`) | {cpu} |
| so one core makes | {ceiling} SVIDs/s |
| for 1,000 SVIDs in a compromise, where the anchors of each Secret change once more afterwards (\`scale_10000_cpu\`) | {compromise_cpu} |
| so one core makes of these | {compromise_ceiling}/s |
| what this API server takes of the same writes from a bare loop (\`issue_10000_raw\`) | {issue_10000_raw} |
| what it takes of them from the signer, which shares its cores (\`issue_10000\`) | {issue_10000}, {issue_10000 ratio} of it |
| two signers instead of one, all on these cores (\`scale_two_signers\`) | {scale_two_signers ratio} of the rate of one ({scale_two_signers note}) |
`;

/** The page as it should be. */
export async function scalePage(): Promise<{ readonly path: string; readonly text: string }> {
  const report = await storedReport();
  const stories = await Promise.all(STORIES.map(storedStory));
  const blocks = scaleFigures(report, await storedPredictions(), stories);
  const page = await readFile(path.join(ROOT, FILE), 'utf8');
  return { path: FILE, text: blocks.reduce((text, [of, figures]) => withBlock(text, FILE, of, figures), page) };
}

/** What each block of the page is of, and its text. */
export function scaleFigures(
  { rows }: Report,
  predictions: PredictionRecord,
  stories: readonly StoryRecord[],
): readonly (readonly [of: string, text: string])[] {
  const known = byID(rows);
  return [
    ['hand-overs', filled(HAND_OVERS, known)],
    ['memory', filled(MEMORY, known)],
    ['the signer', filled(withCeilings(SIGNER, known), known)],
    ['the simulation', joined(storiesTable(stories))],
    ['its agreement', `${joined(inputsTable(predictions, known))}\n${joined(predictionsTable(predictions, known))}`],
  ];
}

function joined(table: readonly string[]): string {
  return `${table.join('\n')}\n`;
}

/** One thread does most of it, so a second of CPU is about a second. */
function withCeilings(text: string, rows: Rows): string {
  const [alone, compromise] = [rowOf(rows, 'instrument_on_cpu').value, rowOf(rows, 'scale_10000_cpu').value];
  const own: Readonly<Record<string, string>> = {
    cpu: `${Number(alone.toPrecision(3))} ms`,
    ceiling: rounded(1000 / alone),
    compromise_cpu: `${rounded(compromise)} s`,
    compromise_ceiling: rounded(1000 / compromise),
  };
  return text.replaceAll(/\{(\w+)\}/gu, (place, name: string) => own[name] ?? place);
}
