// SPDX-License-Identifier: Apache-2.0
/**
 * One program of a test run: alone it has the terminal; beside others it is heard in whole lines, so that nothing is
 * torn apart, and may be made to yield the processor to them.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import type { Readable } from 'node:stream';

/** Where output goes. */
export interface Sink {
  write(text: string): unknown;
}

export interface PartOptions {
  /** Gets what the program says, in whole lines; without it the program has the terminal. */
  readonly sink?: Sink;
  /** Whether others come first. */
  readonly yields?: boolean;
}

/** Steps down from our own priority: who has waited for a second to pass must find a processor then. */
const YIELDS = 5;
const LOWEST = 19;

/** Runs a program to its end and gives back its exit code; 127 when it could not be started. */
export async function runPart(
  [program = '', ...args]: readonly string[],
  { sink, yields = false }: PartOptions = {},
): Promise<number> {
  const environment = sink === undefined ? process.env : colored();
  const child = spawn(program, args, { env: environment, stdio: sink === undefined ? 'inherit' : 'pipe' });
  child.stdin?.end();
  if (yields) yieldTo(child);
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      (sink ?? process.stderr).write(`${program} could not be started: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  await Promise.all(streams.map((stream) => passLines(stream, sink ?? process.stdout)));
  return ended;
}

/** Whole lines as they come, and at the end what is left. */
function passLines(stream: Readable, sink: Sink): Promise<void> {
  return new Promise((resolve) => {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const end = text.lastIndexOf('\n') + 1;
      if (end > 0) sink.write(rest + text.slice(0, end));
      rest = end > 0 ? text.slice(end) : rest + text;
    });
    stream.once('close', () => {
      if (rest !== '') sink.write(`${rest}\n`);
      resolve();
    });
  });
}

/** The program sees a pipe, but what it says ends up where we speak. */
function colored(): NodeJS.ProcessEnv {
  const { env, stdout } = process;
  return stdout.isTTY && (env['NO_COLOR'] ?? '') === '' ? { FORCE_COLOR: '1', ...env } : env;
}

function yieldTo({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.min(getPriority() + YIELDS, LOWEST));
  } catch (error) {
    // It may be over already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR')) throw error;
  }
}
