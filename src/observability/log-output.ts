// SPDX-License-Identifier: Apache-2.0
/**
 * Where log lines go: standard output, a few lines with one system call. One call for each line would take as long as
 * signing an SVID does.
 * @module
 */
import { destination } from 'pino';
import type { Clock } from '../controller/clock.ts';
import type { Duration } from '../time.ts';
import { createBatch } from './batch.ts';
import { withUnseenEscaped } from './unseen.ts';

/** Lines wait this long for others: what a process that is killed can lose. */
const GATHERING: Duration = 50;
/** As many lines as are written at once. */
const MAX_LINES = 64;
/** As many characters, of lines or of what becomes lines: whoever can connect may have made each of them long. */
const MAX_TEXT: number = 256 * 1024;

export interface LogOutput {
  /** Adds a line to what is written next. */
  write(line: string): void;
  /** Lets something write its lines when others do, after those before it. `holds`: characters it keeps until then. */
  later(run: () => void, holds?: number): void;
  /** Has everything that waits written. */
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
  let lines = '';
  let held = 0;
  let cancel: (() => void) | undefined;
  const pass = (): void => {
    const text = lines;
    lines = '';
    if (text !== '') write(withUnseenEscaped(text));
  };
  const add = (line: string): void => {
    if (lines.length + line.length > MAX_TEXT) pass();
    lines += line;
  };
  const batch = createBatch(MAX_LINES, (error) => add(lost(error)));
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    held = 0;
    batch.run();
    pass();
  };
  return {
    write: add,
    later(run, holds = 0) {
      held += holds;
      const enough = batch.add(run);
      if (enough || held >= MAX_TEXT) flush();
      else cancel ??= clock.after(GATHERING, flush);
    },
    flush,
  };
}

/** In the place of a line that could not be made, which must cost neither those after it nor the program. */
function lost(error: unknown): string {
  const type = error instanceof Error ? error.name : typeof error;
  return `${JSON.stringify({ level: 'error', msg: 'Line could not be written', err: { type } })}\n`;
}
