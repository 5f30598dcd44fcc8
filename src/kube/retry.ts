// SPDX-License-Identifier: Apache-2.0
/**
 * Decides whether a failed call may be made again and after how long. A write is repeated only when the API
 * server can't have begun it: nothing was sent, or the answer itself says so.
 * @module
 */

import { type Duration, SECOND } from '../time.ts';

export interface FailedAttempt {
  readonly write: boolean;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** HTTP status, or undefined when there was no complete answer. */
  readonly status: number | undefined;
  /** Of the answer's Retry-After. */
  readonly retryAfter: Duration | undefined;
  /** The request may have reached the server. */
  readonly sent: boolean;
  /** The deadline passed or the caller gave up. */
  readonly stopped: boolean;
}

const MAX_ATTEMPTS = 6;
const MAX_CONNECTION_ATTEMPTS = 4;
const FIRST_WAIT: Duration = 0.1 * SECOND;
const THROTTLED_WAIT: Duration = SECOND;

/** Milliseconds to wait before the next attempt; undefined when there must be none. `random` is in [0, 1). */
export function retryDelay(failed: FailedAttempt, random: number): Duration | undefined {
  if (failed.stopped) return undefined;
  const most = failed.status === undefined ? MAX_CONNECTION_ATTEMPTS : MAX_ATTEMPTS;
  if (failed.attempt >= most || !mayRepeat(failed)) return undefined;
  if (failed.retryAfter !== undefined) return failed.retryAfter * (1 + 0.2 * random);
  const first = failed.status === 429 ? THROTTLED_WAIT : FIRST_WAIT;
  return first * 2 ** (failed.attempt - 1) * (0.5 + random);
}

function mayRepeat({ write, status, sent, retryAfter }: FailedAttempt): boolean {
  if (status === undefined) return !sent || !write;
  // Refused by flow control, before anything ran.
  if (status === 429) return true;
  // With Retry-After a 503 comes from a server that starts or stops and let nothing in. A 500 that has one is
  // an etcd timeout, after which the write may still happen.
  if (status === 503 && retryAfter !== undefined) return true;
  return !write && (status === 500 || status === 502 || status === 503 || status === 504);
}
