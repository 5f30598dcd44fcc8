// SPDX-License-Identifier: Apache-2.0
/**
 * What the API server warns of, in the log: each warning once an hour, since it comes with every call that causes it.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { HOUR, type Instant } from '../time.ts';
import type { Logger } from './logger.ts';

/** Texts may hold names. */
const MAX_REMEMBERED = 100;

/** Logs a warning about a call, unless it did so within the hour. */
export function warningLog(
  logger: Pick<Logger, 'warn'>,
  clock: Pick<Clock, 'monotonic'>,
): (call: { readonly verb: string; readonly resource: string }, warning: string) => void {
  const told = new Map<string, Instant>();
  return ({ verb, resource }, warning) => {
    const key = `${verb} ${resource} ${warning}`;
    const now = clock.monotonic();
    for (const [known, at] of told) {
      // In the order in which they were told.
      if (now - at < HOUR) break;
      told.delete(known);
    }
    if (told.has(key) || told.size >= MAX_REMEMBERED) return;
    told.set(key, now);
    logger.warn('The API server warns of a call', { verb, resource, detail: warning });
  };
}
