// SPDX-License-Identifier: Apache-2.0
/**
 * What every part of the demo is handed: where it prints, where its files go, how its processes start, when it has to
 * end, and what must be undone then.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { logTail, type Program, Supervisor } from '../controlplane/process.ts';
import type { Step } from '../progress.ts';
import { createNarrator, type Narrator } from './narrator.ts';

/** The prefix of the demo's own folders. */
export const FOLDER_PREFIX = 'signet-demo-';

const POLL_MS = 100;

export interface Stage {
  readonly narrator: Narrator;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Private and temporary. */
  readonly directory: string;
  readonly supervisor: Supervisor;
  /** Undone in reverse order at the end. */
  readonly undo: { title: string; run: () => Promise<unknown> }[];
}

export async function createStage(signal: AbortSignal): Promise<Stage> {
  const supervisor = Supervisor.create();
  const directory = await mkdtemp(path.join(tmpdir(), FOLDER_PREFIX));
  supervisor.removeAtEnd(directory);
  return { narrator: createNarrator(), signal, directory, supervisor, undo: [] };
}

/** Undoes everything, whatever fails on the way; gives back what failed. */
export async function clear(stage: Stage): Promise<string[]> {
  const problems: string[] = [];
  for (const { title, run } of stage.undo.toReversed()) {
    try {
      await stage.narrator.progress.run(title, run);
    } catch (error) {
      problems.push(`${title}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await stage.supervisor.close();
  await rm(stage.directory, { recursive: true, force: true });
  return problems;
}

/** One step of the demo, unless it has to end. */
export async function perform<T>(stage: Stage, title: string, work: (step: Step) => Promise<T>): Promise<T> {
  stage.signal.throwIfAborted();
  return stage.narrator.progress.run(title, work);
}

/** An error that says what to do, with what the programs concerned said last. */
export function failure(what: string, advice: string, ...programs: readonly Program[]): Error {
  const logs = programs.map((program) => `\nThe end of the log of ${program.name}:\n${logTail(program.logFile)}`);
  return new Error([what, ...logs, `\nWhat to do: ${advice}`].join('\n'));
}

/** Resolves to the first answer that is not undefined; rejects with the stage's end, or with `late` after `within` ms. */
export async function until<T>(
  stage: Stage,
  ask: () => Promise<T | undefined> | T | undefined,
  within: number,
  late: () => Error,
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    stage.signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw late();
    await delay(POLL_MS, undefined, { signal: stage.signal });
  }
}
