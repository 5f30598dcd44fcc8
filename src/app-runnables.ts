// SPDX-License-Identifier: Apache-2.0
/**
 * In which order the parts of the controller start and stop.
 * @module
 */
import type { App } from './app.ts';
import type { Runnable } from './controller/manager.ts';
import type { LeaseElector } from './kube/lease.ts';

/** What runs. */
interface Parts
  extends Pick<App, 'caches' | 'trustDomainController' | 'policies' | 'bundles' | 'reloads' | 'webhook' | 'term'> {
  readonly elector: LeaseElector | undefined;
}

/** Everything that runs, in the order in which it starts; it stops in the reverse order. */
export function runnablesOf(parts: Parts): Runnable[] {
  const { caches, trustDomainController, policies, bundles, reloads, webhook, term, elector } = parts;
  return [
    { name: 'caches', start: () => caches.start(), stop: () => caches.stop() },
    {
      name: 'trust-domain controller',
      start: () => trustDomainController.start(),
      stop: () => trustDomainController.stop(),
    },
    ...policies.runnables,
    ...bundles.runnables,
    ...reloads.runnables,
    ...(webhook?.runnables ?? []),
    {
      name: 'signing term',
      start: () => (elector === undefined ? term.begin() : elector.start()),
      // Runs in flight finish, or are cut off, while this process may still act. The elector may win meanwhile.
      stop: async () => {
        await term.end();
        await elector?.stop();
        await term.end(0);
      },
    },
  ];
}
