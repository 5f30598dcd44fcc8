// SPDX-License-Identifier: Apache-2.0
/**
 * Watches the thread that feeds a target: how far it is, what it found, whether it hangs, ends by itself or takes more
 * memory than there is for it.
 * @module
 */
import { Worker } from 'node:worker_threads';
import type { Finding } from './fuzzer.ts';
import { type Job, SHARED, type Told } from './job.ts';

export interface Watch {
  readonly onFinding: (finding: Finding) => void;
  readonly onProgress: (totals: Totals) => void;
  readonly signal: AbortSignal;
}

export interface Totals {
  readonly executions: number;
  readonly kept: number;
  readonly milliseconds: number;
}

/** No input comes near it: a busy machine alone is no hang. */
const HANG_SECONDS = 30;
const TELL_EVERY = 10_000;
const MEMORY = { maxOldGenerationSizeMb: 512 };
/** Of the process, what is outside of the heap with it. */
const MAX_RESIDENT = 2 * 2 ** 30;

/** Feeds until the time is over, and tells what came of it. A thread that died or hangs is a finding, and the end. */
export async function watched(job: Omit<Job, 'shared'>, { onFinding, onProgress, signal }: Watch): Promise<Totals> {
  const shared = new SharedArrayBuffer(SHARED.size);
  const counters = new Int32Array(shared, 0, SHARED.counters);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ...job, shared } satisfies Job,
    resourceLimits: MEMORY,
  });
  const began = performance.now();
  const totals = (): Totals => ({
    executions: Atomics.load(counters, SHARED.executions),
    kept: Atomics.load(counters, SHARED.kept),
    milliseconds: performance.now() - began,
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const died = (message: string, stack = ''): void => {
    onFinding({ input: currentInput(shared), message, stack });
    resolve();
  };
  worker.on('message', (told: Told) => {
    if (told.kind === 'over') resolve();
    else onFinding({ ...told, input: Buffer.from(told.input) });
  });
  worker.on('error', (error: Error) => died(`the thread died: ${error.message}`, error.stack));
  worker.on('exit', () => resolve());
  signal.addEventListener('abort', () => resolve());
  const stops = [boundWatch(totals, died), every(TELL_EVERY, () => onProgress(totals()))];
  await promise;
  for (const stop of stops) stop();
  await worker.terminate();
  return totals();
}

/** Ends it where nothing moves on, or memory runs out. */
function boundWatch(totals: () => Totals, died: (message: string) => void): () => void {
  let last = -1;
  let still = 0;
  return every(1000, () => {
    const { executions } = totals();
    // Counted, not measured: a process that was stopped for a while does not hang.
    still = executions === last ? still + 1 : 0;
    last = executions;
    if (still >= HANG_SECONDS) died(`no end within ${HANG_SECONDS} s`);
    if (process.memoryUsage.rss() > MAX_RESIDENT) died(`more than ${MAX_RESIDENT / 2 ** 30} GiB of memory`);
  });
}

function every(milliseconds: number, call: () => void): () => void {
  const timer = setInterval(call, milliseconds);
  return () => clearInterval(timer);
}

function currentInput(shared: SharedArrayBuffer): Buffer {
  const counters = new Int32Array(shared, 0, SHARED.counters);
  const room = new Uint8Array(shared, SHARED.counters * Int32Array.BYTES_PER_ELEMENT);
  return Buffer.from(room.slice(0, Atomics.load(counters, SHARED.length)));
}
