// SPDX-License-Identifier: Apache-2.0
/**
 * The thread in which a target is fed. What it is fed with stands in shared memory before it is fed, so that it is known
 * when the thread hangs or runs out of memory. Started by watched.ts.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { inputsOf, seedsOf } from './corpus.ts';
import { Fuzzer } from './fuzzer.ts';
import { type Job, SHARED, type Told } from './job.ts';
import { targetNamed } from './targets.ts';

/** Inputs between two turns of the event loop, on which messages leave. */
const TURN = 256;

await run(workerData as Job);

async function run({ target: name, seed, milliseconds, files, shared }: Job): Promise<void> {
  const counters = new Int32Array(shared, 0, SHARED.counters);
  const room = new Uint8Array(shared, SHARED.counters * Int32Array.BYTES_PER_ELEMENT);
  const target = await targetNamed(name).load();
  const fuzzer = new Fuzzer({
    target,
    seed,
    seeds: files === undefined ? await seedsOf(name, target) : files.flatMap((file) => inputsOf(file, target)),
    onInput: (input) => {
      room.set(input.subarray(0, room.length));
      Atomics.store(counters, SHARED.length, input.length);
      Atomics.add(counters, SHARED.executions, 1);
    },
    onFinding: (finding) => tell({ kind: 'finding', ...finding, input: new Uint8Array(finding.input) }),
  });
  await fuzzer.begin();
  const ends = files === undefined ? performance.now() + milliseconds : 0;
  while (performance.now() < ends) {
    for (let left = TURN; left > 0; left -= 1) await fuzzer.next();
    Atomics.store(counters, SHARED.kept, fuzzer.kept);
    await new Promise((resolve) => setImmediate(resolve));
  }
  tell({ kind: 'over' });
}

function tell(told: Told): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(told);
}
