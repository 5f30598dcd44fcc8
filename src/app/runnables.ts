// SPDX-License-Identifier: Apache-2.0
/**
 * In which order the parts of the controller start and stop.
 * @module
 */
import type { Controller } from '../controller/controller.ts';
import type { Runnable } from '../controller/manager.ts';
import type { LeaseElector } from '../kube/lease.ts';
import type { Caches } from '../reconcilers/caches/caches.ts';
import type { SigningTerm } from '../reconcilers/signing-term.ts';

/** What runs. */
interface Parts {
  readonly caches: Pick<Caches, 'start' | 'stop'>;
  /** In the order in which they start. */
  readonly parts: readonly { readonly runnables: readonly Runnable[]; readonly controller: Pick<Controller, 'stop'> }[];
  readonly term: Pick<SigningTerm, 'begin' | 'end'>;
  readonly elector: Pick<LeaseElector, 'start' | 'stop'> | undefined;
}

/** Everything that runs, in the order in which it starts; it stops in the reverse order. */
export function runnablesOf({ caches, parts, term, elector }: Parts): Runnable[] {
  return [
    { name: 'caches', start: () => caches.start(), stop: () => caches.stop() },
    ...parts.flatMap(({ runnables }) => runnables),
    {
      name: 'signing term',
      start: () => (elector === undefined ? term.begin() : elector.start()),
      // Runs for identities finish, or are cut off, while this process may still act; those of the other parts, of which
      // the next holder makes its own, are cut off at once. The elector may win meanwhile.
      stop: async () => {
        await Promise.all([term.end(), ...parts.map(({ controller }) => controller.stop(0))]);
        await elector?.stop();
        await term.end(0);
      },
    },
  ];
}
