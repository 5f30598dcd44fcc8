// SPDX-License-Identifier: Apache-2.0
/**
 * Where log lines go: standard output, a few lines with one system call. One call for each line would take as long as
 * signing an SVID does.
 * @module
 */
import { destination } from 'pino';
import type { Clock } from '../controller/clock.ts';
import type { Duration } from '../time.ts';

/** Lines wait this long for others: what a process that is killed can lose. */
const GATHERING: Duration = 50;
/** More than this is written at once. */
const MAX_LENGTH = 8 * 1024;

export interface LogOutput {
  write(line: string): void;
  /** Writes what waits. */
  flush(): void;
}

/** Lines are written at the latest when `flush` is called; the process edge does so before it ends. */
export function standardOutput(clock: Pick<Clock, 'after'>): LogOutput {
  // Its own buffer stays unused: flushing that one would wait for ever for a reader that went away.
  const file = destination({ dest: 1, sync: true });
  return gathering((lines) => void file.write(lines), clock);
}

/** Lets lines wait for a moment. */
export function gathering(write: (lines: string) => void, clock: Pick<Clock, 'after'>): LogOutput {
  let waiting = '';
  let cancel: (() => void) | undefined;
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const lines = waiting;
    waiting = '';
    if (lines !== '') write(lines);
  };
  return {
    write(line) {
      waiting += line;
      if (waiting.length > MAX_LENGTH) flush();
      else cancel ??= clock.after(GATHERING, flush);
    },
    flush,
  };
}
