// SPDX-License-Identifier: Apache-2.0
/**
 * Gives memory back once the caches are filled. Lists of ten thousand objects leave a heap far larger than what is kept
 * of them, and V8 would take minutes of an idle process to notice.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Runnable } from '../controller/manager.ts';
import { type Duration, SECOND } from '../time.ts';

/** Long enough for a leader's first work, which must not wait for a collection of some 100 ms. */
const DELAY: Duration = 10 * SECOND;

/** Comes after the caches in the order of starts; `collect` blocks. */
export function firstCollection(clock: Clock, collect: () => void): Runnable {
  let cancel: (() => void) | undefined;
  return {
    name: 'first collection',
    start: () => {
      cancel = clock.after(DELAY, collect);
    },
    stop: () => cancel?.(),
  };
}
