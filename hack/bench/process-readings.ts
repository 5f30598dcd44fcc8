// SPDX-License-Identifier: Apache-2.0
/**
 * What a controller under test costs: its own metrics, and its memory as the kernel counts it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ControllerUnderTest } from './cluster.ts';
import type { Limit } from './report.ts';

/** In MiB, by the number of identities: 150 MB and 350 MB. */
const MOST_MEMORY: Readonly<Record<number, number>> = { 10_000: 143, 50_000: 333 };

/** What a row of the memory of a controller with so many identities has to keep to, where anything was promised. */
export function memoryLimit(identities: number): { readonly limit?: Limit } {
  const most = MOST_MEMORY[identities];
  return most === undefined ? {} : { limit: { most } };
}

export async function scrape({ url }: ControllerUnderTest): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** Of all series that match. */
export function sum(metrics: string, pattern: RegExp): number {
  const lines = metrics.split('\n').filter((line) => pattern.test(line));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** CPU of the process since it started, in seconds. */
export async function cpuSeconds(controller: ControllerUnderTest): Promise<number> {
  return sum(await scrape(controller), /^process_cpu_seconds_total/);
}

/** CPU of all threads of a process so far, its own and the kernel's for it, in seconds; counted in hundredths by Linux. */
export function processorSeconds(pid: number): number {
  // The name of the program is in parentheses and may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export async function residentMiB({ child }: ControllerUnderTest): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Highest of what is read once a second until `work` is done. */
export async function highestMiB(controller: ControllerUnderTest, work: Promise<unknown>): Promise<number> {
  let highest = 0;
  const finished = work.then(() => 'finished' as const);
  do {
    highest = Math.max(highest, await residentMiB(controller));
  } while ((await Promise.race([finished, pause(1000)])) !== 'finished');
  return Math.max(highest, await residentMiB(controller));
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
