// SPDX-License-Identifier: Apache-2.0
/**
 * One command run to its end, with its output. For set-up and tests only: the program itself never shells out.
 * @module
 */
import { execFile } from 'node:child_process';
import type { Environment } from './process.ts';

const OUTPUT_LIMIT = 64 * 1024 * 1024;

export interface CommandOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Environment;
  /** Milliseconds; two minutes by default. */
  readonly timeout?: number;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command and gives back what it said, whatever its exit code; an Error only when it could not be run. */
export function tryCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const settings = {
      cwd: options.cwd,
      env: { ...(options.environment ?? process.env) },
      timeout: options.timeout ?? 120_000,
      maxBuffer: OUTPUT_LIMIT,
    };
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      const code = child.exitCode;
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (code !== null && !error.killed) resolve({ code, stdout, stderr });
      else reject(new Error(`${describe(command, args)} could not be run: ${error.message}`, { cause: error }));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs a command and gives back its stdout; an Error with its stderr when it fails. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, args, options);
  if (code !== 0) throw new Error(`${describe(command, args)} failed (exit code ${code}):\n${stderr.trim()}`);
  return stdout;
}

function describe(command: string, args: readonly string[]): string {
  const text = [command, ...args].join(' ');
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
