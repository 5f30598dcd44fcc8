// SPDX-License-Identifier: Apache-2.0
/**
 * Calls of which only so many run at a time: whoever sends many reviews must not send as many reads to the API server.
 * @module
 */
import { SignetError } from '../errors.ts';

/** The same call, which rejects with ERR_KUBE_THROTTLED, without having been made, while `limit` of them are running. */
export function bounded<T>(limit: number, call: (name: string) => Promise<T>): (name: string) => Promise<T> {
  let running = 0;
  return async (name) => {
    if (running >= limit) throw new SignetError('ERR_KUBE_THROTTLED', `${limit} live reads are under way; try again`);
    running += 1;
    try {
      return await call(name);
    } finally {
      running -= 1;
    }
  };
}
