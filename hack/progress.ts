// SPDX-License-Identifier: Apache-2.0
/**
 * Steps of a long task on a terminal or in a CI log, each with its elapsed time. On a terminal the running step is
 * one line that is redrawn; in a log a step prints when it starts, when its detail moves (at most every ten seconds)
 * and when it ends. It writes to stderr by default, so that stdout stays clean for what a script wants to read.
 * @module
 */

const SPINNER = ['-', '\\', '|', '/'] as const;
const REDRAW_MS = 120;
const LOG_EVERY_MS = 10_000;

/** Where progress goes: a terminal (`isTTY`) or a plain log. */
interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  readonly stream?: ProgressStream;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** One step under way. Exactly one of `done` and `fail` ends it; calls after that do nothing. */
export interface Step {
  /** How far the step is, for example `312 of 1480 packages compiled`. */
  update(detail: string): void;
  done(detail?: string): void;
  fail(detail?: string): void;
}

export interface Progress {
  /** Starts a step; its title says what is being done, in -ing form. */
  step(title: string): Step;
  /** Runs `work` as one step: ends it well, or marks it failed and rethrows. */
  run<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
  /** A line between steps. */
  note(text: string): void;
}

/** `0.8 s`, `42 s` or `3 min 05 s`. */
export function formatElapsed(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Cuts a line to the width of a terminal, so that redrawing never leaves a wrapped rest behind. */
export function fitLine(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 4))}...`;
}

export function createProgress(options: ProgressOptions = {}): Progress {
  const stream = options.stream ?? process.stderr;
  const now = options.now ?? ((): number => performance.now());
  const start = stream.isTTY === true ? terminalStep : logStep;
  const step = (title: string): Step => start(stream, now, title);
  return {
    step,
    run: (title, work) => runStep(step(title), work),
    note: (text) => {
      stream.write(`${text}\n`);
    },
  };
}

/** A progress that prints nothing, for callers that report by other means. */
export function silentProgress(): Progress {
  return createProgress({ stream: { write: () => undefined } });
}

async function runStep<T>(step: Step, work: (step: Step) => Promise<T>): Promise<T> {
  try {
    const result = await work(step);
    step.done();
    return result;
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** Some terminals know no width, or say zero. */
function columnsOf({ columns = 0 }: ProgressStream): number {
  return columns > 0 ? columns : 100;
}

function line(title: string, detail: string): string {
  return detail === '' ? title : `${title}: ${detail}`;
}

function terminalStep(stream: ProgressStream, now: () => number, title: string): Step {
  const began = now();
  let detail = '';
  let frame = 0;
  let ended = false;
  const draw = (): void => {
    frame += 1;
    const text = `${SPINNER[frame % SPINNER.length]} ${line(title, detail)} (${formatElapsed(now() - began)})`;
    stream.write(`\r\x1b[2K${fitLine(text, columnsOf(stream))}`);
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  draw();
  const end = (mark: string, last: string): void => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    stream.write(`\r\x1b[2K${mark} ${line(title, last)} (${formatElapsed(now() - began)})\n`);
  };
  return {
    update: (text) => {
      detail = text;
    },
    done: (text = '') => end('✓', text),
    fail: (text = '') => end('✗', text),
  };
}

function logStep(stream: ProgressStream, now: () => number, title: string): Step {
  const began = now();
  let printed = began;
  let ended = false;
  let detail = '';
  stream.write(`${title} ...\n`);
  const beat = (): void => {
    printed = now();
    stream.write(`  ${line(title, detail)} (${formatElapsed(printed - began)})\n`);
  };
  const timer = setInterval(beat, LOG_EVERY_MS);
  timer.unref();
  const end = (mark: string, last: string): void => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    stream.write(`${mark} ${line(title, last)} (${formatElapsed(now() - began)})\n`);
  };
  return {
    update: (text) => {
      detail = text;
      if (!ended && now() - printed >= LOG_EVERY_MS) beat();
    },
    done: (text = '') => end('✓', text),
    fail: (text = '') => end('✗', text),
  };
}
