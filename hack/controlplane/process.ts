// SPDX-License-Identifier: Apache-2.0
/**
 * Child processes that cannot outlive us. Each runs in a process group of its own, so Ctrl-C at a terminal reaches
 * only the parent; a small shell, the reaper, holds the read end of a pipe of ours and, when that closes for whatever
 * reason (exit, crash, SIGKILL), kills the groups and removes the folders it was told about.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `watch <pid>`, `forget <pid>`, `remove <folder>` and `release`, one a line. */
const REAPER = `
pids=''; folders=''; nl='
'
while IFS= read -r line; do
  what=\${line%% *}; value=\${line#* }
  case $what in
    watch) pids="$pids $value" ;;
    forget) rest=''; for p in $pids; do [ "$p" = "$value" ] || rest="$rest $p"; done; pids=$rest ;;
    remove) folders="$folders$value$nl" ;;
    release) exit 0 ;;
  esac
done
for p in $pids; do kill -s KILL -- "-$p" 2>/dev/null; done
command -v ps >/dev/null || sleep 0.5
i=0
for p in $pids; do
  while [ $i -lt 100 ]; do
    case $(ps -o stat= -p "$p" 2>/dev/null) in ''|Z*) break ;; esac
    i=$((i + 1)); sleep 0.05
  done
done
printf '%s' "$folders" | while IFS= read -r folder; do
  case $folder in */signet-*) rm -rf -- "$folder" ;; esac
done
`;

export interface ProgramOptions {
  /** For messages and the log file, for example `etcd`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child; by default ours. */
  readonly environment?: Environment;
  /** Where stdout and stderr go, appended. */
  readonly logFile: string;
}

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the program has ended; never rejects. */
  readonly exited: Promise<Exit>;
  exit(): Exit | undefined;
  /** Signals the whole process group; does nothing when the program has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the program: with `signal`, then SIGKILL after `grace` ms. Resolves when it is gone. */
  stop(signal?: NodeJS.Signals, grace?: number): Promise<Exit>;
  /** Lets this process end while the program runs. */
  detach(): void;
}

/** Starts programs that die with this process. `close` must be called for an orderly end. */
export class Supervisor {
  readonly #reaper: ChildProcess;
  readonly #programs = new Set<Program>();
  #released = false;

  private constructor(reaper: ChildProcess) {
    this.#reaper = reaper;
  }

  static create(): Supervisor {
    const reaper = spawn('/bin/sh', ['-c', REAPER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // Writing to a reaper that somebody killed must not take the parent down: then only its service is lost.
    reaper.stdin?.on('error', () => undefined);
    reaper.on('error', () => undefined);
    reaper.unref();
    const supervisor = new Supervisor(reaper);
    supervisor.#unrefPipe();
    return supervisor;
  }

  /** Removes `folder` (its name must begin with `signet-`) when this process ends without `close`. */
  removeAtEnd(folder: string): void {
    if (!path.basename(folder).startsWith('signet-')) throw new Error(`Not a temporary folder of ours: ${folder}`);
    this.#tell(`remove ${folder}`);
  }

  /** Starts a program; an Error says which command could not be started and why. */
  async start(options: ProgramOptions): Promise<Program> {
    mkdirSync(path.dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...(options.environment ?? process.env) },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (child.pid !== undefined) this.#tell(`watch ${child.pid}`);
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new Error(`${options.name} could not be started (${options.command})`, { cause });
    });
    const program = toProgram(options, child);
    this.#programs.add(program);
    void program.exited.then(() => {
      this.#programs.delete(program);
      this.#tell(`forget ${program.pid}`);
    });
    return program;
  }

  /** Kills what still runs and ends the reaper. */
  async close(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.stop('SIGKILL')));
    await this.#endReaper();
  }

  /** Lets the programs live on after this process. */
  async release(): Promise<void> {
    for (const program of this.#programs) program.detach();
    this.#programs.clear();
    await this.#endReaper();
  }

  async #endReaper(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const { pid, exitCode, signalCode } = this.#reaper;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#reaper.ref();
    const ended = once(this.#reaper, 'exit');
    this.#reaper.stdin?.end('release\n');
    await ended;
  }

  #tell(line: string): void {
    if (!this.#released && this.#reaper.stdin?.writable === true) this.#reaper.stdin.write(`${line}\n`);
  }

  #unrefPipe(): void {
    const pipe = this.#reaper.stdin;
    if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }
}

function toProgram({ name, logFile }: ProgramOptions, child: ChildProcess): Program {
  const pid = child.pid ?? 0;
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const signal = (which: NodeJS.Signals): void => {
    if (ended === undefined) signalGroup(pid, which);
  };
  const stop = async (which: NodeJS.Signals = 'SIGTERM', grace = 5_000): Promise<Exit> => {
    signal(which);
    const timer = setTimeout(() => signal('SIGKILL'), grace);
    const exit = await exited;
    clearTimeout(timer);
    return exit;
  };
  return { name, pid, logFile, exited, exit: () => ended, signal, stop, detach: () => child.unref() };
}

/** Signals a process group; true when there was one. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** The last lines of a log, for the message of a failure. */
export function logTail(file: string, lines = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch (error) {
    return `(no log: ${error instanceof Error ? error.message : String(error)})`;
  }
}
