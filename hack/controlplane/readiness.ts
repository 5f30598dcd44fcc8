// SPDX-License-Identifier: Apache-2.0
/**
 * Waiting for a program: until a condition holds, until it has died, or until time is up. The last two end in an
 * error that shows what the program said last.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { logTail, type Program } from './process.ts';

const POLL_MS = 50;

/** A program that did not come up. `log` is the end of what it wrote. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly log: string;

  constructor(program: Program, what: string) {
    const log = logTail(program.logFile);
    super(
      `${program.name} ${what}. The end of its log:\n${log}\n\n` +
        'What to do: read the lines above; if they tell of memory, disk or open files, free some; ' +
        'if they tell of a flag, check KUBE_VERSION and KUBEBUILDER_ASSETS.',
    );
    this.log = log;
  }
}

/** Resolves when `condition` holds; a StartError when the program ends first or `within` ms are over. */
export async function untilReady(program: Program, condition: () => Promise<boolean>, within: number): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await condition())) {
    const exit = program.exit();
    if (exit !== undefined) throw new StartError(program, `ended at once (${exit.signal ?? `exit code ${exit.code}`})`);
    if (performance.now() > deadline) throw new StartError(program, `was not ready after ${within / 1000} s`);
    await delay(POLL_MS);
  }
}
