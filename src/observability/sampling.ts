// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps a failing cluster from flooding the log: of warnings with one message a number in each while are written, and the
 * next one says how many were not. Errors and everything below warnings pass.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';
import type { Fields, Logger } from './logger.ts';

const WHILE: Duration = 10 * SECOND;
const AT_MOST = 20;

interface Kind {
  readonly since: Duration;
  written: number;
  leftOut: number;
}

/** `onLeftOut` is told of every line that is not written. */
export function sampled(logger: Logger, clock: Pick<Clock, 'monotonic'>, onLeftOut: () => void): Logger {
  const kinds = new Map<string, Kind>();
  const admitted = (message: string, fields: Fields | undefined): Fields | undefined => {
    const now = clock.monotonic();
    let kind = kinds.get(message);
    let before = 0;
    if (kind === undefined || now - kind.since >= WHILE) {
      before = kind?.leftOut ?? 0;
      kind = { since: now, written: 0, leftOut: 0 };
      kinds.set(message, kind);
    }
    if (kind.written >= AT_MOST) {
      kind.leftOut += 1;
      onLeftOut();
      return undefined;
    }
    kind.written += 1;
    return before === 0 ? (fields ?? {}) : { ...fields, leftOut: before };
  };
  const over = (next: Logger): Logger => ({
    debug: (message, fields) => next.debug(message, fields),
    info: (message, fields) => next.info(message, fields),
    warn: (message, fields) => {
      const written = admitted(message, fields);
      if (written !== undefined) next.warn(message, written);
    },
    error: (message, fields) => next.error(message, fields),
    child: (fields) => over(next.child(fields)),
  });
  return over(logger);
}
