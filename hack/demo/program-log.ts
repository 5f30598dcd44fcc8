// SPDX-License-Identifier: Apache-2.0
/**
 * What controller and example services have logged so far: one JSON object a line.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Program } from '../controlplane/process.ts';
import { failure, type Stage, until } from './stage.ts';

export interface LogEntry {
  readonly message: string;
  readonly [field: string]: unknown;
}

const WITHIN_MS = 15_000;

/** Every entry, oldest first. */
export async function readLog(program: Program): Promise<LogEntry[]> {
  const lines = (await readFile(program.logFile, 'utf8')).split('\n');
  // The last one may be half written; what is no JSON is an error message of Node's.
  return lines.slice(0, -1).flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogEntry] : []));
}

/** The first entry that `matches`, as soon as it is there. */
export function awaitEntry(
  stage: Stage,
  program: Program,
  what: string,
  matches: (entry: LogEntry) => boolean,
): Promise<LogEntry> {
  const lost = (why: string): Error =>
    failure(
      `${program.name} ${why} before it reported: ${what}.`,
      'read its log above and mend what it names.',
      program,
    );
  return until(
    stage,
    async () => {
      const found = (await readLog(program)).find(matches);
      if (found === undefined && program.exit() !== undefined) throw lost('ended');
      return found;
    },
    WITHIN_MS,
    () => lost(`ran for ${WITHIN_MS / 1000} s`),
  );
}

/** A field of an entry as text; `?` when it is absent. */
export function field(entry: LogEntry, name: string): string {
  const value = entry[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}
