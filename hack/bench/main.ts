// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench`: measures, prints a table, and with --record keeps the figures in docs/.
 * @module
 */
import { writeFigures } from '../figures/write.ts';
import { benchFailover } from './failover.ts';
import { benchImage } from './image.ts';
import { benchInstrument } from './instrument.ts';
import { benchIssue } from './issue.ts';
import { benchLimits, benchStart } from './limits.ts';
import { benchMint } from './mint.ts';
import { benchPKCS12 } from './pkcs12.ts';
import { benchReady } from './ready.ts';
import { benchReissue } from './reissue.ts';
import { benchReload } from './reload.ts';
import { brokenLimits, formatTable, machineShape, type Row, record } from './report.ts';
import { benchScale } from './scale.ts';
import { benchSteady } from './steady.ts';
import { benchWebhook, QUICK, WHOLE } from './webhook.ts';

const HELP = `Usage: npm run bench -- [name ...] [--json] [--record] [--quick] [--sizes=N,N] [--minutes=N] [--kills=N]

Benchmarks (all of them when none is named), with about how many minutes each takes on two cores:
  mint        1  one core: mints a second, with and without path check, beside raw crypto and Go
  pkcs12      1  key store and trust store of an SVID, beside their key derivations alone
  instrument 14  metrics, log and audit of one issuance, and a controller with and without them, in turns;
                 a scrape with 10 and 10,000 identities
  issue      11  500, 2,000 and 10,000 identities on a real API server, beside the raw rate of the same writes
  reissue    20  every SVID of 2,000 and 10,000 identities replaced under a new root, beside the same writes raw
  ready       1  from the create response to Ready, one at a time and at 30 % of the write ceiling
  start       1  from the start of a controller to ready, in a cluster with nothing in it
  limits      5  both roles with 10,000 identities in cgroups with the chart's memory limits; root only
  steady     15  10,000 identities at rest: writes, CPU, memory; 1,000 renewals; restart
  webhook    20  reviews at 500/s by number of policies, beside an empty handler; what admission adds to a create
  reload     10  from the written Secret to the mounted files on the local node, with PodAnnotation and without (root only)
  image       2  what the image weighs, unpacked and to pull; root only
  scale      30  1,000, 10,000 and 50,000 identities: issue, replace, memory, CPU, etcd; one signing process and two,
                 in turns
  failover   22  from the last write of a controller to the first of the next: SIGKILL, graceful stop, rolling restart

  --json     prints JSON instead of a table
  --record   keeps the rows in docs/benchmarks.json, and puts them on the pages that show them
  --quick    small sizes and one minute of rest, to see that everything works; no limit counts
  --sizes    the numbers of identities of issue, reissue and scale, such as 500,2000, and of policies of webhook
  --minutes  how long steady watches, 10 by default
  --kills    how often failover kills, stops and restarts, half of them with each Lease; 50 by default
  --help     this text

Needs what npm test needs for a Kubernetes API server, an otherwise idle machine of two cores or more, Go for mint and,
where the cache has no Helm yet, for start and limits, and for reload and image what npm run test:e2e needs. All of them
take two to three hours. Exit code 1 when a figure is beyond its limit; it is recorded all the same.`;

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const recording = args.includes('--record');
const named = option('sizes')?.split(',').map(Number);
const sizes = named ?? (quick ? [200] : [500, 2000, 10_000]);
const reissueSizes = named ?? (quick ? [200] : [2000, 10_000]);
const scaleSizes = named ?? (quick ? [100, 200] : [1000, 10_000, 50_000]);
const kills = Number(option('kills') ?? (quick ? 2 : 50));
const minutes = Number(option('minutes') ?? (quick ? 1 : 10));
const log = (line: string): void => console.error(`  ${line}`);

const BENCHMARKS: Readonly<Record<string, () => Promise<Row[]>>> = {
  mint: () => benchMint(log),
  pkcs12: () => benchPKCS12(log),
  instrument: () =>
    benchInstrument(quick ? { runs: 1, size: 2000, turn: 1000 } : { runs: 6, size: 15_000, turn: 2000 }, log),
  issue: () => benchIssue(sizes, log),
  reissue: () => benchReissue(reissueSizes, log),
  ready: () => benchReady(log),
  start: () => benchStart(log),
  limits: () => benchLimits(quick ? 200 : 10_000, log),
  steady: () => benchSteady(minutes, log),
  webhook: () => benchWebhook({ ...(quick ? QUICK : WHOLE), ...(named && { sizes: named }) }, log),
  reload: () => benchReload(quick ? 1 : 5, log),
  image: () => benchImage(log),
  scale: () => benchScale(scaleSizes, log),
  failover: () => benchFailover(kills, log),
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
  try {
    for (const [name, bench] of Object.entries(BENCHMARKS)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      console.error(`> bench: ${name}`);
      const measured = await bench();
      rows.push(...measured);
      // At once: the next one may fail.
      if (recording) await record(measured);
    }
  } finally {
    if (recording) await writeFigures();
  }
  console.log(
    args.includes('--json')
      ? JSON.stringify({ machine: machineShape(), rows }, undefined, 2)
      : `${machineShape()}\n\n${formatTable(rows)}`,
  );
  const broken = quick ? [] : brokenLimits(rows);
  if (broken.length > 0) console.error(`\nbeyond their limits:\n  ${broken.join('\n  ')}`);
  return broken.length === 0 ? 0 : 1;
}

function option(name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
