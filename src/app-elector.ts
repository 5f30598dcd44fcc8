// SPDX-License-Identifier: Apache-2.0
/**
 * The election of the controller that signs: what winning and losing the Lease means for the signing term.
 * @module
 */
import type { AppOptions } from './app.ts';
import { LeaseElector } from './kube/lease.ts';
import type { SigningTerm } from './reconcilers/signing-term.ts';

/** An elector that begins a signing term when it wins, and ends it when it loses. */
export function createElector(
  lease: NonNullable<AppOptions['lease']>,
  term: SigningTerm,
  { transport, clock, settings, observer, skew }: AppOptions,
): LeaseElector {
  return new LeaseElector({
    ...lease,
    transport,
    clock,
    namespace: settings.ownNamespace,
    eligible: () => skew.refusal() === undefined,
    onWin: () => {
      observer.leading(true);
      term.begin();
    },
    onLoss: () => {
      observer.leading(false);
      // Another may act by now: nothing in flight is waited for.
      void term.end(0);
    },
    onProblem: (error) => observer.problem('A call of the leader election failed', error),
  });
}
