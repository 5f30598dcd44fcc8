// SPDX-License-Identifier: Apache-2.0
/**
 * Calls of which only so many run at a time, and one for each thing: whoever sends many reviews must not send as many
 * reads to the API server, nor take the room of others.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { SignetError } from '../errors.ts';
import type { Duration } from '../time.ts';

export interface Bounds {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** How many run at a time. */
  readonly limit: number;
  /** How many wait for room. */
  readonly queue: number;
  /** How long they wait for it. */
  readonly patience: Duration;
}

/**
 * The same call, which waits for room while `limit` of them are running, and rejects with ERR_KUBE_THROTTLED, without
 * having been made, when there is none in time. Equal arguments share a call that has not begun, never one that has: what
 * it finds may be older than whoever asks. They wait for that one to end, if that takes longer than `patience` as well.
 */
export function bounded<Args extends readonly string[], T>(
  bounds: Bounds,
  call: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  const { clock } = bounds;
  const room = createRoom(bounds);
  const waiting = new Map<string, Promise<T>>();
  const running = new Map<string, Promise<void>>();
  return (...args) => {
    const key = JSON.stringify(args);
    const shared = waiting.get(key) ?? made(key, args);
    waiting.set(key, shared);
    return shared;
  };

  async function made(key: string, args: Args): Promise<T> {
    const since = clock.monotonic();
    await running.get(key);
    try {
      await room.take(since);
    } finally {
      waiting.delete(key);
    }
    const { promise, resolve: end } = Promise.withResolvers<void>();
    running.set(key, promise);
    try {
      return await call(...args);
    } finally {
      running.delete(key);
      room.leave();
      end();
    }
  }
}

interface Room {
  /** Resolves when there is room, for somebody who has waited since then. */
  take(since: Duration): Promise<void>;
  leave(): void;
}

function createRoom({ clock, limit, queue, patience }: Bounds): Room {
  let free = limit;
  // In the order in which they came.
  const waiting = new Set<() => void>();
  return {
    take: (since) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const refuse = (): void =>
        reject(new SignetError('ERR_KUBE_THROTTLED', `${limit} live reads are under way; try again`));
      const left = since + patience - clock.monotonic();
      if (free > 0) {
        free -= 1;
        resolve();
      } else if (left <= 0 || waiting.size >= queue) refuse();
      else {
        const enter = (): void => {
          cancel();
          resolve();
        };
        const cancel = clock.after(left, () => {
          waiting.delete(enter);
          refuse();
        });
        waiting.add(enter);
      }
      return promise;
    },
    leave: () => {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
