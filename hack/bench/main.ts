// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench`: measures, prints a table, and with --record keeps the figures in docs/.
 * @module
 */
import { benchInstrument } from './instrument.ts';
import { benchIssue } from './issue.ts';
import { benchMint } from './mint.ts';
import { benchReady } from './ready.ts';
import { benchReissue } from './reissue.ts';
import { formatTable, machineShape, type Row, record } from './report.ts';
import { benchSteady } from './steady.ts';

const HELP = `Usage: npm run bench -- [name ...] [--json] [--record] [--quick] [--sizes=N,N] [--minutes=N]

Benchmarks (all of them when none is named):
  mint     one core: mints a second, with and without path check, beside raw crypto and Go
  instrument  metrics, log and audit of one issuance; a scrape with 10 and 10,000 identities
  issue    500, 2,000 and 10,000 identities on a real API server, beside the raw rate of the same writes
  reissue  every SVID of 2,000 and 10,000 identities replaced under a new root, beside the same writes raw
  ready    from the create response to Ready, one at a time and at 30 % of the write ceiling
  steady   10,000 identities at rest: writes, CPU, memory; 1,000 renewals; restart

  --json     prints JSON instead of a table
  --record   keeps the rows in docs/benchmarks.json and docs/benchmarks.md
  --quick    small sizes and one minute of rest, to see that everything works
  --sizes    the numbers of identities of issue and reissue, such as 500,2000
  --minutes  how long steady watches, 10 by default

Run it on an otherwise idle machine. All of them take about 60 minutes on two cores.`;

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const named = option('sizes')?.split(',').map(Number);
const sizes = named ?? (quick ? [200] : [500, 2000, 10_000]);
const reissueSizes = named ?? (quick ? [200] : [2000, 10_000]);
const minutes = Number(option('minutes') ?? (quick ? 1 : 10));
const log = (line: string): void => console.error(`  ${line}`);

const BENCHMARKS: Readonly<Record<string, () => Promise<Row[]>>> = {
  mint: () => benchMint(log),
  instrument: () => benchInstrument(log),
  issue: () => benchIssue(sizes, log),
  reissue: () => benchReissue(reissueSizes, log),
  ready: () => benchReady(log),
  steady: () => benchSteady(minutes, log),
};

if (args.includes('--help')) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const unknown = wanted.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0) {
    console.error(`unknown benchmark ${unknown.join(', ')}\n\n${HELP}`);
    return 2;
  }
  const rows: Row[] = [];
  for (const [name, bench] of Object.entries(BENCHMARKS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.error(`> bench: ${name}`);
    rows.push(...(await bench()));
  }
  console.log(
    args.includes('--json')
      ? JSON.stringify({ machine: machineShape(), rows }, undefined, 2)
      : `${machineShape()}\n\n${formatTable(rows)}`,
  );
  if (args.includes('--record')) await record(rows);
  return 0;
}

function option(name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
