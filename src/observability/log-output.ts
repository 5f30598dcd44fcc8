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
/** Lines of more than this are written at once. */
const MAX_LENGTH = 8 * 1024;

export interface LogOutput {
  write(line: string): void;
  /** Writes what waits, before it returns. */
  flush(): void;
}

/** Lines are written at the latest when `flush` is called; the process edge does so before it ends. */
export function standardOutput(clock: Pick<Clock, 'after'>): LogOutput {
  const file = destination({ dest: 1, sync: true, minLength: MAX_LENGTH });
  return gathering({ write: (lines) => void file.write(lines), flush: () => file.flushSync() }, clock);
}

/** Lets lines wait in `sink` for a moment. */
export function gathering(sink: LogOutput, clock: Pick<Clock, 'after'>): LogOutput {
  let cancel: (() => void) | undefined;
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    sink.flush();
  };
  return {
    write(line) {
      sink.write(line);
      cancel ??= clock.after(GATHERING, flush);
    },
    flush,
  };
}
