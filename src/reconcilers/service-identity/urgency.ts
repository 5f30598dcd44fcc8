// SPDX-License-Identifier: Apache-2.0
/**
 * How soon an identity has to be worked on: by the end of its SVID, or by its namespace's share where none is valid. An
 * SVID that is about to end waits for nobody without one; one with time left takes turns with them.
 * @module
 */
import type { Urgency } from '../../controller/ready-keys.ts';
import { workDeadline } from '../../identity/renewal.ts';
import type { Instant } from '../../time.ts';
import type { Sharer, Shares } from './shares.ts';

export interface Known {
  readonly now: Instant;
  /** When the stored SVID ends; undefined: there is none. */
  readonly notAfter: Instant | undefined;
  /** Undefined: it is gone. */
  readonly identity: Sharer | undefined;
}

/** Undefined: nothing is known that would tell. */
export function urgencyOf(key: string, { now, notAfter, identity }: Known, shares: Shares): Urgency | undefined {
  // What has ended can't be saved, and whoever let thousands end must not have others wait while they are replaced.
  if (notAfter !== undefined && notAfter > now) return { deadline: workDeadline(notAfter), hard: true };
  return identity && { deadline: shares.deadlineOf(key, identity), hard: false };
}
