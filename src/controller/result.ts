// SPDX-License-Identifier: Apache-2.0
/**
 * What a reconcile function is and what it answers.
 * @module
 */
import type { Duration } from '../time.ts';

export interface Result {
  /** Work on the key again after this long, whatever happens meanwhile. Absent: only when something happens. */
  readonly requeueAfter?: Duration;
}

/**
 * Brings the world to what the object behind the key asks for. Level-based: it looks at the state, never at what
 * happened, and may be called at any time and any number of times. It rejects only for a failed effect. The signal
 * is aborted when the run takes too long or the controller stops; every call of the run must carry it.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Result>;
