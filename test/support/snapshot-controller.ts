// SPDX-License-Identifier: Apache-2.0
/**
 * The controller as it is, but for one thing: on SIGUSR2 it writes a heap snapshot to the file named by its last
 * argument. The shipped program refuses every option that would do so.
 * @module
 */
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';

const file = process.argv.pop() ?? '';
/** What a reader of the snapshot must find: proof that long strings stand in it to their end. In no source as it is. */
const canary = { text: Buffer.from(`${'-'.repeat(8000)}${['canary', 'of', 'the', 'heap'].join(' ')}`).toString() };

process.on('SIGUSR2', () => {
  // By default a snapshot cuts strings off after 1024 characters.
  setFlagsFromString('--heap-snapshot-string-limit=10000000');
  writeHeapSnapshot(file);
  process.stdout.write(
    `${JSON.stringify({ level: 'info', msg: 'Heap snapshot written', kept: canary.text.length })}\n`,
  );
});

await import('../../src/main.ts');
