// SPDX-License-Identifier: Apache-2.0
/**
 * One read of a Secret with a password for the identities that share it: when it changes, all of them ask within moments.
 * What was read is handed out in copies for a second and then zeroed.
 * @module
 */

import type { Clock } from '../../controller/clock.ts';
import { wipe } from '../../kube/secret-data.ts';
import { type Duration, SECOND } from '../../time.ts';
import type { IdentityCalls } from './cluster.ts';
import { passwordVersion } from './keystores.ts';

type Live = NonNullable<Awaited<ReturnType<IdentityCalls['getPasswordSecret']>>>;

const HELD: Duration = SECOND;

export class SharedPasswords {
  readonly #clock: Clock;
  readonly #versionOf: (key: string) => string | undefined;
  readonly #held = new Map<string, Live>();

  /** `versionOf`: of a Secret (`namespace/name`), as the watch shows it. */
  constructor(clock: Clock, versionOf: (key: string) => string | undefined) {
    this.#clock = clock;
    this.#versionOf = versionOf;
  }

  /** The calls, of which reads of passwords are shared. Whoever reads one zeroes what it is given, as before. */
  sharing(calls: IdentityCalls): IdentityCalls {
    return {
      ...calls,
      getPasswordSecret: async (namespace, name) => {
        const key = `${namespace}/${name}`;
        const held = this.#held.get(key);
        if (held !== undefined && this.#isCurrent(key, held)) return copyOf(held);
        const live = await calls.getPasswordSecret(namespace, name);
        if (live !== undefined && this.#isCurrent(key, live)) this.#hold(key, copyOf(live));
        return live;
      },
    };
  }

  /** Not older than what asked for the read. */
  #isCurrent(key: string, { meta }: Live): boolean {
    return passwordVersion(meta) === this.#versionOf(key);
  }

  #hold(key: string, live: Live): void {
    this.#drop(key);
    this.#held.set(key, live);
    this.#clock.after(HELD, () => {
      if (this.#held.get(key) === live) this.#drop(key);
    });
  }

  #drop(key: string): void {
    const held = this.#held.get(key);
    if (held !== undefined) wipe(held.secret.data);
    this.#held.delete(key);
  }
}

function copyOf({ meta, secret }: Live): Live {
  const copies = [...secret.data].map(([name, file]) => [name, Buffer.from(file)] as const);
  return { meta, secret: { ...secret, data: new Map(copies) } };
}
