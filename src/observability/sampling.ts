// SPDX-License-Identifier: Apache-2.0
/**
 * A logger that does not let warnings flood the log: of those with one message it writes so many, and the next one says
 * how many were left out. Errors and everything below warnings pass.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Rate } from '../rates/pacing.ts';
import { SECOND } from '../time.ts';
import { lineRates, withLeftOut } from './line-rates.ts';
import type { Logger } from './logger.ts';

/** Lines of each message. */
export const WARNINGS: Rate = { burst: 20, interval: SECOND / 2 };

export interface Sampling extends Rate {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told of every line that is not written. */
  readonly onLeftOut?: () => void;
}

/** Messages are constants: each is a kind of its own. Loggers made of this one share its rates. */
export function sampled(logger: Logger, { clock, onLeftOut, ...rate }: Sampling): Logger {
  const rates = lineRates(rate, clock);
  const over = (next: Logger): Logger => ({
    debug: (message, fields) => next.debug(message, fields),
    info: (message, fields) => next.info(message, fields),
    warn: (message, fields) => {
      const leftOut = rates(message);
      if (leftOut === undefined) onLeftOut?.();
      else next.warn(message, withLeftOut(fields ?? {}, leftOut));
    },
    error: (message, fields) => next.error(message, fields),
    child: (fields) => over(next.child(fields)),
  });
  return over(logger);
}
