// SPDX-License-Identifier: Apache-2.0
/**
 * The Go toolchain of the machine: whether there is one, and one long `go` command with its progress read off its log.
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryCommand } from './command.ts';
import { type Environment, logTail, type Supervisor } from './process.ts';

const POLL_MS = 300;

/** `1.26.8`, or undefined when no Go is on PATH. */
export async function goVersion(environment: Environment): Promise<string | undefined> {
  try {
    // GOTOOLCHAIN=local: the version that is there, not one that would have to be fetched.
    const answer = await tryCommand('go', ['env', 'GOVERSION'], {
      environment: { ...environment, GOTOOLCHAIN: 'local' },
    });
    return answer.code === 0 ? answer.stdout.trim().replace(/^go/, '') : undefined;
  } catch {
    return undefined;
  }
}

/** True when Go `have` can build a module that asks for `want`. */
export function isAtLeast(have: string, want: string): boolean {
  const [left, right] = [numbers(have), numbers(want)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(/[.-]|rc|beta/).map((part) => Number.parseInt(part, 10) || 0);
}

/**
 * The environment of a build. The committed sums bind (`readonly`); the toolchain is the machine's own where it is new
 * enough, otherwise Go fetches the one that the module asks for and checks its sum.
 */
export function goEnvironment(
  environment: Environment,
  go: { readonly have: string; readonly want: string; readonly readonly: boolean },
): Environment {
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment;
  return {
    ...rest,
    CGO_ENABLED: '0',
    GOFLAGS: go.readonly ? '-mod=readonly' : '-mod=mod',
    GOTOOLCHAIN: isAtLeast(go.have, go.want) ? 'local' : 'auto',
    GOWORK: 'off',
  };
}

export interface GoCommand {
  readonly supervisor: Supervisor;
  readonly directory: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  /** Called a few times a second with all lines so far. */
  readonly onLines: (lines: readonly string[]) => void;
}

/** Runs `go` to its end and gives back the lines it printed; an Error with the last of them when it fails. */
export async function runGo(command: GoCommand): Promise<string[]> {
  const logFile = path.join(command.directory, `go-${command.args[0]}.log`);
  const program = await command.supervisor.start({
    name: `go ${command.args[0]}`,
    command: 'go',
    args: command.args,
    cwd: command.directory,
    environment: command.environment,
    logFile,
  });
  while (program.exit() === undefined) {
    await Promise.race([delay(POLL_MS), program.exited]);
    command.onLines(linesOf(logFile));
  }
  if (program.exit()?.code !== 0) throw new Error(`go ${command.args[0]} failed:\n${logTail(logFile, 12)}`);
  return linesOf(logFile);
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}
