// SPDX-License-Identifier: Apache-2.0
/**
 * Programs that run in one process and end together.
 * @module
 */
import type { Stopped } from './manager.ts';

/** A program that was started. */
export interface Running {
  /** Stops it in good order; asked again, it tells the same. */
  stop(): Promise<Stopped>;
  /** Resolves when it has stopped, whoever stopped it. */
  readonly stopped: Promise<Stopped>;
}

/** All of them as one: where one ends, the others are stopped. */
export function together(programs: readonly Running[]): Running {
  const stop = async (): Promise<Stopped> => {
    const ends = await Promise.all(programs.map((program) => program.stop()));
    const failed = ends.find(({ error }) => error !== undefined);
    return { ...failed, unfinished: ends.flatMap(({ unfinished }) => unfinished) };
  };
  return { stop, stopped: Promise.race(programs.map(({ stopped }) => stopped)).then(stop) };
}
