// SPDX-License-Identifier: Apache-2.0
/**
 * Calls of which only so many run at a time: whoever sends many reviews must not send as many reads to the API server.
 * @module
 */
import { SignetError } from '../errors.ts';

/** The same call, which rejects with ERR_KUBE_THROTTLED, without having been made, while `limit` of them are running. */
export function bounded<Args extends readonly unknown[], T>(
  limit: number,
  call: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let running = 0;
  return async (...args) => {
    if (running >= limit) throw new SignetError('ERR_KUBE_THROTTLED', `${limit} live reads are under way; try again`);
    running += 1;
    try {
      return await call(...args);
    } finally {
      running -= 1;
    }
  };
}
