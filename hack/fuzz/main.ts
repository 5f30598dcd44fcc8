// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run fuzz -- <target>`: feeds one parser with changed inputs for some minutes. What it finds is kept in a file and
 * printed with the command that repeats it.
 * @module
 */
import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatElapsed } from '../progress.ts';
import { FINDINGS, HELP, type Wanted, wantedOf } from './command-line.ts';
import type { Finding } from './fuzzer.ts';
import { type Totals, watched } from './watched.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

process.exitCode = await main();

async function main(): Promise<number> {
  const wanted = wantedOf(process.argv.slice(2));
  if (wanted === 'help') {
    console.log(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    console.error(`${wanted}\n\n${HELP}`);
    return 2;
  }
  return fuzz(wanted);
}

async function fuzz({ target, seed, minutes, files }: Wanted): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let found = 0;
  const said = (totals: Totals): string => `${target}: ${describe(totals)}, ${found} found`;
  const totals = await watched(
    { target, seed, milliseconds: minutes * 60_000, files },
    {
      signal: stop.signal,
      onProgress: (now) => console.log(said(now)),
      onFinding: (finding) => {
        found += 1;
        console.log(keep(target, finding));
      },
    },
  );
  console.log(`${said(totals)}; seed ${seed}${stop.signal.aborted ? ', stopped early' : ''}`);
  return found === 0 ? 0 : 1;
}

function describe({ executions, kept, milliseconds }: Totals): string {
  const rate = Math.round(executions / (milliseconds / 1000));
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return `${executions} inputs in ${formatElapsed(milliseconds)} (${rate}/s), ${kept} kept, ${memory} MiB`;
}

/** Writes the input to a file, and tells how to come back to it. */
function keep(target: string, { input, message, stack }: Finding): string {
  const file = `${FINDINGS}/${target}-${hash('sha256', input).slice(0, 12)}`;
  mkdirSync(path.join(ROOT, FINDINGS), { recursive: true });
  writeFileSync(path.join(ROOT, file), input);
  const places = stack.split('\n').filter((line) => /^\s+at .*(src|hack)\//u.test(line));
  return ['', `FOUND ${message}`, ...places.slice(0, 8), `  npm run fuzz -- ${target} --input ${file}`, ''].join('\n');
}
